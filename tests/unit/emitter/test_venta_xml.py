"""A POS's own XML, read back into the sale that it was made of."""

from __future__ import annotations

import pytest

from services.emitter.client.venta_xml import read_venta_xml
from shared.dte.documento import complete_venta
from shared.dte.modelo import parse_venta
from shared.errors import Invalid
from tests.dte_data import EMISOR, EMISOR_RUT, FECHA

BOLETA = f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<DTE xmlns="http://www.sii.cl/SiiDte" version="1.0">
 <Documento ID="B7">
  <Encabezado>
   <IdDoc><TipoDTE>39</TipoDTE><Folio>7</Folio><FchEmis>2026-02-03</FchEmis><FmaPago>1</FmaPago></IdDoc>
   <Emisor><RUTEmisor>{EMISOR_RUT}</RUTEmisor><RznSoc>Otra razón</RznSoc><Acteco>0</Acteco></Emisor>
   <Receptor><RUTRecep>66666666-6</RUTRecep><RznSocRecep>Cliente</RznSocRecep><GiroRecep>x</GiroRecep></Receptor>
   <Totales><MntNeto>1832</MntNeto><IVA>348</IVA><MntTotal>2180</MntTotal></Totales>
  </Encabezado>
  <Detalle><NroLinDet>1</NroLinDet><NmbItem>Té</NmbItem><QtyItem>1</QtyItem><PrcItem>1190</PrcItem><DscItem/></Detalle>
  <Detalle><NroLinDet>2</NroLinDet><NmbItem>Café</NmbItem><QtyItem>1</QtyItem><PrcItem>990</PrcItem></Detalle>
  <TED version="1.0"><DD><RE>x</RE></DD></TED><TmstFirma>2026-02-03T10:00:00</TmstFirma>
 </Documento>
</DTE>"""


def test_the_sale_is_whole_and_what_the_emitter_gives_is_left_to_it() -> None:
    venta = read_venta_xml(BOLETA)

    assert venta["Encabezado"]["IdDoc"] == {"TipoDTE": "39", "FchEmis": "2026-02-03"}
    assert venta["Encabezado"]["Emisor"] == {"RUTEmisor": EMISOR_RUT}
    assert set(venta) == {"Encabezado", "Detalle"}
    completa = complete_venta(parse_venta(venta), EMISOR, fecha=FECHA)
    assert [linea.NmbItem for linea in completa.Detalle] == ["Té", "Café"]
    assert completa.Encabezado.Totales is not None
    assert completa.Encabezado.Totales.MntTotal == 2180


def test_another_companys_document_is_refused_and_not_issued_as_ours() -> None:
    venta = parse_venta(read_venta_xml(BOLETA.replace(EMISOR_RUT, "76987654-5")))
    with pytest.raises(Invalid, match="RUTEmisor"):
        complete_venta(venta, EMISOR, fecha=FECHA)


@pytest.mark.parametrize("texto", ["", "<DTE", "<DTE/>", "<DTE><Documento/></DTE>", "<Documento>x</Documento>"])
def test_what_holds_no_document_is_told_so(texto: str) -> None:
    with pytest.raises(Invalid, match="XML"):
        read_venta_xml(texto)

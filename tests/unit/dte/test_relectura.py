"""Documents of others read back into the models: what they lack, add and confuse is told with its path."""

from __future__ import annotations

import pytest

from shared.dte.firma import extract_dtes
from shared.dte.relectura import read_venta
from shared.errors import Invalid
from tests.unit.dte.verificador.casos import FACTURA, SOBRE, swap

DOCUMENTO = FACTURA.xml
WRONG: dict[str, tuple[bytes, str, str]] = {
    "an unknown element": (swap(b"<FmaPago>", b"<Nada>1</Nada><FmaPago>"), "Encabezado.IdDoc.Nada", "02"),
    "an unknown empty element": (swap(b"<FmaPago>", b"<Nada/><FmaPago>"), "Encabezado.IdDoc.Nada", "02"),
    "an unknown part": (swap(b"<Detalle>", b"<Extra><a>1</a></Extra><Detalle>"), "Extra", "02"),
    "an element out of order": (
        swap(b"<TipoDTE>33</TipoDTE>", b"", swap(b"<FmaPago>", b"<TipoDTE>33</TipoDTE><FmaPago>")),
        "Encabezado.IdDoc.TipoDTE",
        "45",
    ),
    "an element twice": (swap(b"<FmaPago>", b"<FmaPago>1</FmaPago><FmaPago>"), "Encabezado.IdDoc.FmaPago", "03"),
    "an impossible RUT": (swap(b"<RUTRecep>76987654-5", b"<RUTRecep>76987654-6"), "Encabezado.Receptor.RUTRecep", "07"),
    "no type": (swap(b"<TipoDTE>33</TipoDTE>", b""), "Encabezado.IdDoc.TipoDTE", "01"),
    "an unknown type": (swap(b"<TipoDTE>33", b"<TipoDTE>77"), "Encabezado.IdDoc.TipoDTE", "09"),
    "no body": (b"<DTE><Nada/></DTE>", "", "44"),
    "no DTE": (b"<html><Documento/></html>", "", "44"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_what_no_model_knows_is_told_with_its_path(case: tuple[bytes, str, str]) -> None:
    xml, ruta, numero = case
    with pytest.raises(Invalid) as caught:
        read_venta(xml)
    assert (ruta, f"POSTA-DTE-{numero}") in [(falla.ruta, falla.codigo) for falla in caught.value.fallas]


def test_a_fragment_of_an_envelope_is_read_like_a_file() -> None:
    primero, segundo = (read_venta(fragmento) for fragmento in extract_dtes(SOBRE))
    assert (primero.Encabezado.IdDoc.Folio, segundo.Encabezado.IdDoc.Folio) == (1, 2)
    assert primero.Detalle == segundo.Detalle == read_venta(DOCUMENTO).Detalle


def test_comments_and_layout_do_not_matter() -> None:
    laid_out = DOCUMENTO.replace(b">\n<", b">\n\n   <!-- x -->\t<")
    assert read_venta(laid_out) == read_venta(DOCUMENTO)

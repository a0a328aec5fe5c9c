"""From the XML of any signed document to what it shows.

Read by tag names (DTE_v10.xsd, EnvioBOLETA_v11.xsd), not through the models of what Posta issues: whatever some other
program has signed is printed too, with all that it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from lxml import etree

from shared.dte.codigos import Codigo
from shared.dte.impresion.ajustes import list_ajustes
from shared.dte.impresion.cifras import format_rut, read_fecha, read_momento
from shared.dte.impresion.detalle import list_lineas
from shared.dte.impresion.encabezado import list_condiciones, list_emisor, list_receptor
from shared.dte.impresion.formato import Resolucion
from shared.dte.impresion.glosas import CEDIBLES, TITULOS
from shared.dte.impresion.montos import list_totales
from shared.dte.impresion.observaciones import list_observaciones, list_referencias
from shared.dte.impresion.rama import Rama, read_rama
from shared.dte.impresion.transporte import list_grupos
from shared.dte.impresion.vista import Vista
from shared.dte.ted import cut_ted
from shared.dte.texto import clean_texto
from shared.dte.xml import LIMITE, find_hijo, local_name, parse_xml

_CUERPOS = "Documento", "Liquidacion", "Exportaciones"
_SIN_HORA = datetime(2000, 1, 1)  # noqa: DTZ001 - local, as TmstFirma is


def read_vista(
    xml: bytes, *, resolucion: Resolucion | None = None, cedible: bool = False, oficina: str | None = None
) -> Vista:
    """What the document in these bytes (a file, or a fragment cut out of an envelope) shows; Invalid on junk.

    Without `resolucion` it is number 0 of the year of the CAF, as in certificación; `oficina` is the SII's office of
    the issuer, by default the one named like its commune. `cedible` makes the assignable copy of types that have one.
    """
    documento = read_rama(_find_cuerpo(xml))
    encabezado = documento.find("Encabezado")
    emisor = encabezado.find("Emisor")
    tipo = _read_tipo(encabezado)
    return Vista(
        tipo=tipo,
        rut=format_rut(_require(encabezado, "Emisor/RUTEmisor")),
        titulo=TITULOS[tipo],
        folio=_require(encabezado, "IdDoc/Folio"),
        oficina=_name_oficina(oficina or emisor.first("CmnaOrigen", "CiudadOrigen")),
        emisor=emisor.first("RznSoc", "RznSocEmisor"),
        emisor_datos=tuple(list_emisor(emisor)),
        receptor=tuple(list_receptor(encabezado)),
        condiciones=tuple(list_condiciones(encabezado, tipo)),
        grupos=tuple(list_grupos(encabezado, documento, tipo)),
        referencias=tuple(list_referencias(documento)),
        lineas=tuple(list_lineas(documento, tipo)),
        ajustes=tuple(list_ajustes(documento)),
        totales=tuple(list_totales(encabezado, tipo)),
        observaciones=tuple(list_observaciones(documento)),
        leyendas=_list_leyendas(resolucion or _resolucion_of(documento)),
        cedible=CEDIBLES.get(tipo, "") if cedible else "",
        ted=cut_ted(xml),
        momento=read_momento(documento.get("TmstFirma")) or _SIN_HORA,
    )


def _find_cuerpo(xml: bytes) -> etree._Element:
    raiz = parse_xml(xml, LIMITE)
    cuerpos = (find_hijo(raiz, nombre) for nombre in _CUERPOS) if local_name(raiz) == "DTE" else ()
    cuerpo = next((cuerpo for cuerpo in cuerpos if cuerpo is not None), None)
    if cuerpo is None:
        raise Codigo.DTE_ILEGIBLE.invalid(motivo="se espera <DTE> con Documento, Liquidacion o Exportaciones")
    return cuerpo


def _read_tipo(encabezado: Rama) -> int:
    dado = _require(encabezado, "IdDoc/TipoDTE")
    tipo = int(dado) if dado.isdecimal() else 0
    if tipo not in TITULOS:
        raise Codigo.DTE_ILEGIBLE.invalid(
            "Encabezado.IdDoc.TipoDTE", motivo=f"el tipo {dado[:20]} no es un documento que se imprima"
        )
    return tipo


def _require(encabezado: Rama, camino: str) -> str:
    texto = encabezado.get(camino)
    if not texto:
        raise Codigo.DTE_ILEGIBLE.invalid(f"Encabezado.{camino.replace('/', '.')}", motivo=f"falta {camino}")
    return texto


def _name_oficina(unidad: str) -> str:
    return f"S.I.I. - {clean_texto(unidad).upper()}" if unidad else ""


def _resolucion_of(documento: Rama) -> Resolucion:
    """What certificación asks for when nothing else is known."""
    fechas = map(read_fecha, (documento.get("TED/DD/CAF/DA/FA"), documento.get("Encabezado/IdDoc/FchEmis")))
    return Resolucion(0, next(filter(None, fechas), date(_SIN_HORA.year, 1, 1)))


def _list_leyendas(resolucion: Resolucion) -> Sequence[str]:
    return "Timbre Electrónico SII", f"{resolucion} - Verifique documento: www.sii.cl"

"""From signed bytes to what is printed: one document, or all those of an envelope one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lxml import etree

from shared.dte.codigos import Codigo
from shared.dte.firma import extract_dtes
from shared.dte.impresion.carta import compose_carta
from shared.dte.impresion.cifras import read_fecha
from shared.dte.impresion.formato import Formato, Resolucion
from shared.dte.impresion.html import write_html
from shared.dte.impresion.lectura import read_vista
from shared.dte.impresion.pdf import write_pdf
from shared.dte.impresion.piezas import Pagina
from shared.dte.impresion.rollo import compose_rollo
from shared.dte.impresion.vista import Vista
from shared.dte.xml import find_texto, local_name, parse_xml

_SOBRES = "EnvioDTE", "EnvioBOLETA"
_COMPONER: Mapping[Formato, Callable[[Vista], list[Pagina]]] = {
    Formato.CARTA: compose_carta,
    Formato.ROLLO: compose_rollo,
}


def render_html(
    xml: bytes,
    formato: Formato,
    *,
    resolucion: Resolucion | None = None,
    cedible: bool = False,
    oficina: str | None = None,
) -> str:
    """One HTML page that asks no other address for anything, on screen and when it is printed. As `render_pdf`."""
    return write_html(_read(xml, resolucion, oficina, cedible=cedible), formato)


def render_pdf(
    xml: bytes,
    formato: Formato,
    *,
    resolucion: Resolucion | None = None,
    cedible: bool = False,
    oficina: str | None = None,
) -> bytes:
    """The document or envelope in `xml` as a PDF; the same bytes for the same arguments.

    `resolucion` is the issuer's; without it, that of the envelope, or number 0 of the year of the CAF. `cedible` makes
    the assignable copy of the types that have one (33, 34, 43, 46, 52). `oficina` is the SII's office of the issuer, by
    default its commune's. Invalid when there is no document, or its stamp fits into no PDF417.
    """
    vistas = _read(xml, resolucion, oficina, cedible=cedible)
    paginas = [pagina for vista in vistas for pagina in _COMPONER[formato](vista)]
    return write_pdf(
        paginas, titulo=vistas[0].nombre, autor=vistas[0].emisor, momento=max(vista.momento for vista in vistas)
    )


def _read(xml: bytes, resolucion: Resolucion | None, oficina: str | None, *, cedible: bool) -> Sequence[Vista]:
    raiz = parse_xml(xml)
    dtes = [xml]
    if local_name(raiz) in _SOBRES:
        dtes = extract_dtes(xml)
        resolucion = resolucion or _find_resolucion(raiz)
        if not dtes:
            raise Codigo.SOBRE_VACIO.invalid()
    return [read_vista(dte, resolucion=resolucion, cedible=cedible, oficina=oficina) for dte in dtes]


def _find_resolucion(raiz: etree._Element) -> Resolucion | None:
    """What the envelope's header says, if it can be read."""
    numero = find_texto(raiz, "SetDTE/Caratula/NroResol") or ""
    fecha = read_fecha(find_texto(raiz, "SetDTE/Caratula/FchResol") or "")
    return Resolucion(int(numero), fecha) if fecha and numero.isdecimal() and len(numero) < 10 else None

"""From a document's XML back to the sale that it tells: the inverse of `escritura`, for anybody's documents.

Everything is read by the models: which children there are, which repeat, and in what order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree
from pydantic import BaseModel

from shared.dte.codigos import Codigo
from shared.dte.modelo import Venta, parse_venta
from shared.dte.modelo.lectura import find_modelo
from shared.dte.xml import local_name, parse_xml
from shared.errors import Falla, Invalid

CUERPOS = frozenset({"Documento", "Liquidacion", "Exportaciones"})
"""The element of a DTE that says what was sold (DTE_v10.xsd)."""
_AJENOS = frozenset({"TED", "TmstFirma"})
"""Children of it that are not the sale's."""


def read_venta(xml: bytes) -> Venta:
    """The sale in a signed document: a file, or a fragment cut out of an envelope, of whatever origin.

    Invalid lists what no model knows, what is out of the schema's order, and values that the models refuse, with their
    paths. Nothing is verified: see `verificador`.
    """
    return read_cuerpo(find_cuerpo(parse_xml(xml)))


def find_cuerpo(dte: etree._Element) -> etree._Element:
    """`Documento`, `Liquidacion` or `Exportaciones` of a DTE; Invalid when it has none."""
    cuerpo = next((hijo for hijo in dte if local_name(hijo) in CUERPOS), None)
    if local_name(dte) != "DTE" or cuerpo is None:
        raise Codigo.DTE_ILEGIBLE.invalid(motivo="se espera <DTE> con Documento, Liquidacion o Exportaciones")
    return cuerpo


def read_cuerpo(cuerpo: etree._Element) -> Venta:
    """`read_venta` of a body that has been parsed."""
    venta = parse_venta(_to_datos(cuerpo, ajenos=_AJENOS))
    fallas = tuple(_check_orden(cuerpo, type(venta), ""))
    if fallas:
        raise Invalid(*fallas)
    return venta


def _to_datos(elemento: etree._Element, ajenos: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The children as JSON would have them: by name, a list where a name repeats."""
    datos: dict[str, Any] = {}
    for hijo in elemento.iterchildren(etree.Element):
        nombre = local_name(hijo)
        if nombre in ajenos:
            continue
        valor = _to_datos(hijo) if len(hijo) else hijo.text or ""
        if nombre not in datos:
            datos[nombre] = valor
        elif isinstance(datos[nombre], list):
            datos[nombre].append(valor)
        else:
            datos[nombre] = [datos[nombre], valor]
    return datos


def _check_orden(elemento: etree._Element, modelo: type[BaseModel], ruta: str) -> Iterator[Falla]:
    """Children that come after one that the schema puts behind them, and empty ones that it does not know."""
    lugares = {campo: lugar for lugar, campo in enumerate(modelo.model_fields)}
    ultimo = ""
    for hijo in elemento.iterchildren(etree.Element):
        nombre = local_name(hijo)
        camino = f"{ruta}.{nombre}".removeprefix(".")
        if nombre not in lugares:
            if not ruta and nombre in _AJENOS:
                continue
            yield Codigo.DESCONOCIDO.falla(camino, sugerencia="quítelo")
            continue
        if ultimo and lugares[nombre] < lugares[ultimo]:
            yield Codigo.ORDEN.falla(camino, otro=ultimo)
        ultimo = nombre
        if len(hijo):
            yield from _check_orden(hijo, find_modelo(modelo.model_fields[nombre].annotation), camino)

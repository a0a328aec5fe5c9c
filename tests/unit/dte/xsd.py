"""The SII's schemas as trees of facts, so that tests can hold the models against them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

XS = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(frozen=True)
class Facets:
    """What a simple type allows; the narrowest of its chain of restrictions."""

    base: str = "string"
    enums: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Element:
    """One element: how often, and either children or facets."""

    name: str
    minimum: int
    maximum: int
    children: tuple[Element, ...]
    facets: Facets

    def leaves(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Element]]:
        """Every element below without children, with its path from here."""
        for child in self.children:
            yield from child.leaves((*path, child.name)) if child.children else [((*path, child.name), child)]


@cache
def factura() -> Element:
    """`Documento` of DTE_v10.xsd without TED and TmstFirma."""
    return _documento("DTE_v10.xsd", "DTEDefType")


@cache
def liquidacion() -> Element:
    """`Liquidacion` of DTE_v10.xsd without TED and TmstFirma."""
    return _documento("DTE_v10.xsd", "DTEDefType", "Liquidacion")


@cache
def exportacion() -> Element:
    """`Exportaciones` of DTE_v10.xsd without TED and TmstFirma."""
    return _documento("DTE_v10.xsd", "DTEDefType", "Exportaciones")


@cache
def boleta() -> Element:
    """`Documento` of EnvioBOLETA_v11.xsd without TED and TmstFirma."""
    return _documento("EnvioBOLETA_v11.xsd", "BOLETADefType")


def folder() -> Path:
    """Where the installed package keeps the schemas."""
    spec = find_spec("facturacion_electronica")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "xsd"


def _documento(archivo: str, tipo: str, nombre: str = "Documento") -> Element:
    schema = etree.parse(folder() / archivo).getroot()
    types = {st.get("name"): st for name in (archivo, "SiiTypes_v10.xsd") for st in _simple_types(name)}
    types |= {st.get("name"): st for st in schema.findall(f"{XS}simpleType")}
    definition = schema.find(f"{XS}complexType[@name='{tipo}']")
    assert definition is not None
    node = next(e for e in definition.iter(f"{XS}element") if e.get("name") == nombre)
    documento = _element(node, types)
    hijos = tuple(hijo for hijo in documento.children if hijo.name not in ("TED", "TmstFirma"))
    return Element(documento.name, 1, 1, hijos, Facets())


def _simple_types(archivo: str) -> list[etree._Element]:
    return etree.parse(folder() / archivo).getroot().findall(f"{XS}simpleType")


def _element(node: etree._Element, types: dict[str | None, etree._Element]) -> Element:
    complejo = node.find(f"{XS}complexType")
    hijos = tuple(_element(hijo, types) for hijo in _inside(complejo)) if complejo is not None else ()
    maximum = node.get("maxOccurs", "1")
    return Element(
        name=node.get("name", ""),
        minimum=int(node.get("minOccurs", "1")),
        maximum=int(maximum),
        children=hijos,
        facets=Facets() if hijos else _facets(node.get("type"), node.find(f"{XS}simpleType"), types),
    )


def _inside(node: etree._Element) -> Iterator[etree._Element]:
    for hijo in node:
        if hijo.tag == f"{XS}element":
            yield hijo
        elif hijo.tag in (f"{XS}sequence", f"{XS}choice"):
            yield from _inside(hijo)


def _facets(name: str | None, inline: etree._Element | None, types: dict[str | None, etree._Element]) -> Facets:
    local = (name or "").rpartition(":")[2]
    simple = inline if inline is not None else types.get(local)
    if simple is None:
        return Facets(base=local or "string")
    restriction = simple.find(f"{XS}restriction")
    assert restriction is not None
    parent = _facets(restriction.get("base"), restriction.find(f"{XS}simpleType"), types)
    enums = tuple(e.get("value", "").strip() for e in restriction.findall(f"{XS}enumeration"))
    own = {
        hijo.tag.removeprefix(XS): hijo.get("value", "")
        for hijo in restriction
        if isinstance(hijo.tag, str) and hijo.tag not in (f"{XS}enumeration", f"{XS}annotation", f"{XS}simpleType")
    }
    return Facets(parent.base, enums or parent.enums, parent.values | own)

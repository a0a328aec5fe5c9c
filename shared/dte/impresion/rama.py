"""A document's XML as plain branches: looked up by local name, with text that can be printed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from shared.dte.texto import clean_parrafo
from shared.dte.xml import local_name


@dataclass(frozen=True, slots=True)
class Rama:
    """An element: its own text, in printable ISO-8859-1, and its children by name in their order."""

    texto: str = ""
    hijos: Mapping[str, Sequence[Rama]] = field(default_factory=dict)

    def find(self, camino: str) -> Rama:
        """The first branch at a path (`Encabezado/IdDoc`); an empty one when it is not there."""
        rama = self
        for nombre in camino.split("/"):
            rama = rama.each(nombre)[0] if rama.each(nombre) else VACIA
        return rama

    def get(self, camino: str) -> str:
        """The text at a path; empty when it is not there."""
        return self.find(camino).texto

    def first(self, *caminos: str) -> str:
        """The text at the first of these paths that has any."""
        return next(filter(None, map(self.get, caminos)), "")

    def join(self, *nombres: str) -> str:
        """The texts of these children that are there, in one line."""
        return ", ".join(filter(None, map(self.get, nombres)))

    def each(self, nombre: str) -> Sequence[Rama]:
        """The children of that name."""
        return self.hijos.get(nombre, ())


VACIA = Rama()


def read_rama(elemento: etree._Element) -> Rama:
    """The element with all that is in it."""
    hijos: dict[str, list[Rama]] = {}
    for hijo in elemento.iterchildren(etree.Element):
        hijos.setdefault(local_name(hijo), []).append(read_rama(hijo))
    return Rama(_clean(elemento.text or ""), hijos)


_LIMPIO = re.compile("[!-~¡-ÿ]+(?: [!-~¡-ÿ]+)*")


def _clean(texto: str) -> str:
    return texto if _LIMPIO.fullmatch(texto) else clean_parrafo(texto)

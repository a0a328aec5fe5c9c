"""What a page is made of: text, rules, frames and the bar code, each at its place in points from the top left corner.

Pieces know nothing of PDF, so that a layout can be examined without reading one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from shared.dte.impresion.letra import Color, Estilo, measure
from shared.dte.impresion.pdf417 import Simbolo

MM = 72 / 25.4
"""Points."""


@dataclass(frozen=True, slots=True)
class Texto:
    """One line of text; `y` is its base line."""

    x: float
    y: float
    texto: str
    estilo: Estilo


@dataclass(frozen=True, slots=True)
class Caja:
    """A rectangle with a border, a filling, or both; without height, a rule."""

    x: float
    y: float
    ancho: float
    alto: float
    borde: float = 0
    color: Color = Color.NEGRO
    fondo: Color | None = None


@dataclass(frozen=True, slots=True)
class Barras:
    """The stamp's bar code; `modulo` and `fila` are the width of its thinnest bar and the height of its rows."""

    x: float
    y: float
    simbolo: Simbolo
    modulo: float
    fila: float

    @property
    def ancho(self) -> float:
        return self.simbolo.modulos * self.modulo

    @property
    def alto(self) -> float:
        return len(self.simbolo.filas) * self.fila


Pieza = Texto | Caja | Barras


@dataclass(frozen=True, slots=True)
class Bloque:
    """Pieces that stay together, at places counted from the block's top."""

    alto: float
    piezas: Sequence[Pieza] = ()
    titulo: Bloque | None = None
    """Said again where a page begins with this block: the head of its table."""
    pegado: bool = False
    """Not to be the last on a page: a heading."""


@dataclass(frozen=True, slots=True)
class Pagina:
    """A page and its blocks, each with the height at which it begins."""

    ancho: float
    alto: float
    bloques: list[tuple[float, Bloque]] = field(default_factory=list)


class Lado(Enum):
    """To which side text leans."""

    IZQUIERDA = 0.0
    CENTRO = 0.5
    DERECHA = 1.0


@dataclass(frozen=True, slots=True)
class Columna:
    """A strip of the page that text stays in."""

    x: float
    ancho: float
    lado: Lado = Lado.IZQUIERDA

    def write(self, lineas: Sequence[str], estilo: Estilo, y: float = 0) -> Iterator[Texto]:
        """The lines one below the other, from `y` on."""
        for numero, linea in enumerate(lineas):
            sobra = self.ancho - measure(linea, estilo) if self.lado is not Lado.IZQUIERDA else 0
            altura = y + numero * estilo.interlinea + estilo.base
            yield Texto(self.x + sobra * self.lado.value, altura, linea, estilo)

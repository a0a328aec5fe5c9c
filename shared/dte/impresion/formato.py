"""The two papers that documents are printed on, and what each asks of the stamp."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Formato(StrEnum):
    CARTA = "carta"
    """A sheet of 8½ × 11 inches."""
    ROLLO = "80mm"
    """A strip of thermal paper, as long as it takes."""


@dataclass(frozen=True, slots=True)
class Resolucion:
    """The SII's permission to issue, named under every stamp. Certificación: number 0, and the date of enabling."""

    numero: int
    fecha: date

    def __str__(self) -> str:
        return f"Res. {self.numero} de {self.fecha.year}"


@dataclass(frozen=True, slots=True)
class Trazo:
    """How a stamp is drawn. A module is the width of its thinnest bar."""

    modulo: float
    """Millimetres."""
    fila: float
    """Height of a row in modules."""
    puntos: int
    """Pixels of a module in an image."""
    columnas: int | None
    """Of data; None chooses them by the shape that comes out."""

    @property
    def puntos_de_fila(self) -> int:
        return round(self.fila * self.puntos)


TRAZOS = {
    Formato.CARTA: Trazo(modulo=0.25, fila=3, puntos=3, columnas=None),
    Formato.ROLLO: Trazo(modulo=0.25, fila=2.5, puntos=2, columnas=12),
}
"""The SII asks for a stamp of 2 × 5 to 4 × 9 cm, at more than 200 dots an inch. A thermal head has 8 dots a millimetre,
576 in all: modules of two whole dots print sharp, and twelve columns of them leave white on both sides."""
SILENCIO = 2
"""Modules of white around the symbol (ISO/IEC 15438)."""

"""What a document shows, as words and figures in their places: the same for paper, strip and screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Dato:
    """A named value. Only those with a value are made."""

    nombre: str
    valor: str


@dataclass(frozen=True, slots=True)
class Grupo:
    """Named values under a heading: transport, customs, programmed payments."""

    titulo: str
    datos: Sequence[Dato]


@dataclass(frozen=True, slots=True)
class Referencia:
    """Another document, and what this one does to it."""

    documento: str
    folio: str
    fecha: str
    motivo: str

    @property
    def resumen(self) -> str:
        """All of it in one line."""
        folio, fecha = (f"N° {self.folio}" if self.folio else ""), (f"del {self.fecha}" if self.fecha else "")
        return ", ".join(filter(None, (" ".join(filter(None, (self.documento, folio))), fecha, self.motivo)))


@dataclass(frozen=True, slots=True)
class Linea:
    """One thing sold. `ajustes` are its discount and surcharge, `notas` whatever else is said about it."""

    codigo: str
    nombre: str
    notas: Sequence[str]
    cantidad: str
    unidad: str
    precio: str
    ajustes: Sequence[str]
    monto: str

    @property
    def cuenta(self) -> str:
        """How its amount comes about, in one line: `2 KG x 1.190 -200 (10%)`."""
        cantidad = " ".join(filter(None, (self.cantidad, self.unidad)))
        return " ".join(filter(None, (" x ".join(filter(None, (cantidad, self.precio))), *self.ajustes)))


@dataclass(frozen=True, slots=True)
class Total:
    """One row of the totals; `destacado` is the one that is looked for."""

    nombre: str
    valor: str
    destacado: bool = False


@dataclass(frozen=True, slots=True)
class Vista:
    """A document, ready to be laid out. `ted` is its stamp on one line; `momento`, when it was signed."""

    tipo: int
    rut: str
    titulo: str
    folio: str
    oficina: str
    emisor: str
    emisor_datos: Sequence[str]
    receptor: Sequence[Dato]
    condiciones: Sequence[Dato]
    grupos: Sequence[Grupo]
    referencias: Sequence[Referencia]
    lineas: Sequence[Linea]
    ajustes: Sequence[Dato]
    totales: Sequence[Total]
    observaciones: Sequence[str]
    leyendas: Sequence[str]
    """Under the stamp."""
    cedible: str
    """The word on an assignable copy, which also has a box for the acknowledgement of receipt; empty on others."""
    ted: str
    momento: datetime

    @property
    def nombre(self) -> str:
        """What it is, in one line."""
        return f"{self.titulo} N° {self.folio}"

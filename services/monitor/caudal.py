"""How much was issued and accepted, minute by minute and hour by hour: the throughput as values, and as a drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import computed_field

from services.monitor.cortes import Vista
from services.monitor.formato import format_hora_minuto, format_miles
from shared.adapters.mongo.conteo_records import EMITIDOS, Paso, Punto
from shared.dte.estado import Estado

_CUANTOS = {Paso.MINUTO: 60, Paso.HORA: 24}
_LARGO = {Paso.MINUTO: timedelta(minutes=1), Paso.HORA: timedelta(hours=1)}
_ROTULOS = 5
"""Times that are written below a drawing."""
ALTO = 100
"""Height of a drawing, in units of its own; each stretch is `ANCHO` wide."""
ANCHO = 10


class Tramo(Vista):
    """One minute or one hour."""

    momento: datetime
    """Its beginning."""
    emitidos: int = 0
    aceptados: int = 0
    """By the SII, with objections or without."""
    rechazados: int = 0


class Caudal(Vista):
    """Stretches of equal length, the oldest first; the last one is not over yet."""

    paso: Paso
    tramos: tuple[Tramo, ...]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def emitidos(self) -> int:
        return sum(tramo.emitidos for tramo in self.tramos)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def aceptados(self) -> int:
        return sum(tramo.aceptados for tramo in self.tramos)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rechazados(self) -> int:
        return sum(tramo.rechazados for tramo in self.tramos)


@dataclass(frozen=True, slots=True)
class Barra:
    """One column of a drawing, from below, with what it says when it is pointed at."""

    x: float
    y: float
    ancho: float
    alto: float
    texto: str


@dataclass(frozen=True, slots=True)
class Dibujo:
    """A throughput as columns (issued) under a line (accepted), in a box `ancho` by `ALTO`."""

    ancho: int
    techo: int
    """What the top of the box stands for: a round number that no stretch exceeds."""
    barras: tuple[Barra, ...]
    linea: str
    """The points of a polyline."""
    rotulos: tuple[str, ...]
    """Times from the left to the right edge, at equal distances."""


def build_caudales(puntos: Mapping[Punto, int], ahora: datetime) -> tuple[Caudal, ...]:
    """The last hour by minutes, and the last day by hours."""
    return tuple(Caudal(paso=paso, tramos=tuple(_tramos(puntos, paso, ahora))) for paso in Paso)


def draw_caudal(caudal: Caudal) -> Dibujo:
    """How it looks. Nothing of it depends on the size at which it is shown."""
    tramos = caudal.tramos
    techo = round_up(max((max(tramo.emitidos, tramo.aceptados) for tramo in tramos), default=0))
    step = (len(tramos) - 1) / (_ROTULOS - 1)
    return Dibujo(
        ancho=ANCHO * len(tramos),
        techo=techo,
        barras=tuple(_barra(n, tramo, techo) for n, tramo in enumerate(tramos) if tramo.emitidos),
        linea=" ".join(f"{ANCHO * n + ANCHO / 2:g},{_height(t.aceptados, techo):g}" for n, t in enumerate(tramos)),
        rotulos=tuple(format_hora_minuto(tramos[round(step * n)].momento) for n in range(_ROTULOS)),
    )


def round_up(numero: int) -> int:
    """The next number of the form 1, 2 or 5 times a power of ten, 5 at least."""
    magnitude = 1
    while 10 * magnitude < numero:
        magnitude *= 10
    return max(5, next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= numero))


def _tramos(puntos: Mapping[Punto, int], paso: Paso, ahora: datetime) -> Iterator[Tramo]:
    ultimo = paso.start(ahora)
    for hace in reversed(range(_CUANTOS[paso])):
        momento = ultimo - hace * _LARGO[paso]
        yield Tramo(
            momento=momento,
            emitidos=puntos.get(Punto(paso, momento, EMITIDOS), 0),
            aceptados=sum(puntos.get(Punto(paso, momento, estado), 0) for estado in (Estado.ACEPTADO, Estado.REPARO)),
            rechazados=puntos.get(Punto(paso, momento, Estado.RECHAZADO), 0),
        )


def _barra(numero: int, tramo: Tramo, techo: int) -> Barra:
    y = _height(tramo.emitidos, techo)
    cifras = f"{format_miles(tramo.emitidos)} emitidos, {format_miles(tramo.aceptados)} aceptados"
    return Barra(ANCHO * numero + 1, y, ANCHO - 2, round(ALTO - y, 1), f"{format_hora_minuto(tramo.momento)}: {cifras}")


def _height(cuantos: int, techo: int) -> float:
    """Distance from the top."""
    return round(ALTO * (1 - cuantos / techo), 1)

"""What is counted, as values: a document's place among the counters, and one change of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from shared.adapters.mongo.client import Json
from shared.clock import chile
from shared.dte.estado import Estado


class Origen(NamedTuple):
    """What never changes about a document. `dia` is its day in Chile, as `AAAA-MM-DD`."""

    dia: str
    emisor: str
    tipo: int
    canal: str


class Lugar(NamedTuple):
    """Where it stands. `causa` is of those that are parked for a person; empty for all others."""

    estado: str
    causa: str = ""


class Casilla(NamedTuple):
    """One counter: documents of one origin in one place."""

    origen: Origen
    lugar: Lugar


class Paso(StrEnum):
    """How long one point of the throughput is, and how long it is kept."""

    MINUTO = "minuto"
    HORA = "hora"

    @property
    def kept(self) -> timedelta:
        return timedelta(hours=3) if self is Paso.MINUTO else timedelta(hours=49)

    def start(self, momento: datetime) -> datetime:
        """The beginning of the minute or hour, UTC (Chile's hours begin with UTC's)."""
        local = momento.astimezone(UTC)
        return local.replace(minute=local.minute if self is Paso.MINUTO else 0, second=0, microsecond=0)


class Punto(NamedTuple):
    """One counter of the throughput: what happened in one minute or hour."""

    paso: Paso
    momento: datetime
    suceso: str
    """`emitidos`, or the state that was entered."""


EMITIDOS = "emitidos"
SUCESOS = (EMITIDOS, Estado.ACEPTADO.value, Estado.REPARO.value, Estado.RECHAZADO.value)


@dataclass(frozen=True, slots=True)
class Cambio:
    """A document that came (`desde` None) or moved on."""

    origen: Origen
    desde: Lugar | None
    hacia: Lugar
    momento: datetime


class Deltas:
    """What a run of changes comes to."""

    def __init__(self, cambios: Sequence[Cambio] = ()) -> None:
        self.casillas: Counter[Casilla] = Counter()
        self.puntos: Counter[Punto] = Counter()
        for cambio in cambios:
            self.casillas[Casilla(cambio.origen, cambio.hacia)] += 1
            if cambio.desde is not None:
                self.casillas[Casilla(cambio.origen, cambio.desde)] -= 1
            self._note(cambio)

    def _note(self, cambio: Cambio) -> None:
        if cambio.desde is None:
            self.puntos.update(Punto(paso, paso.start(cambio.momento), EMITIDOS) for paso in Paso)
        if cambio.hacia.estado in SUCESOS:
            self.puntos.update(Punto(paso, paso.start(cambio.momento), cambio.hacia.estado) for paso in Paso)


def origen_of(record: Json) -> Origen:
    """From a record of `dtes`, or from what of it came with a change."""
    dia = chile(record["creado"]).date().isoformat()
    return Origen(dia, record["emisor"], int(record["tipo"]), record["canal"])


def lugar_of(row: Json) -> Lugar:
    """Where a row of its history put a document."""
    causa = row.get("error", {}).get("causa", "") if row.get("apartado") else ""
    return Lugar(row["estado"], causa)

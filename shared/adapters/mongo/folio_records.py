"""The records of `cafs` as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.adapters.mongo.client import Json
from shared.dte.existencias import Cuenta, Destino, Saldo
from shared.dte.tipos import TipoDte


@dataclass(frozen=True, slots=True)
class Tramo:
    """Folios in a row, both ends included."""

    desde: int
    hasta: int

    @property
    def cuantos(self) -> int:
        return self.hasta - self.desde + 1

    @property
    def folios(self) -> range:
        return range(self.desde, self.hasta + 1)


@dataclass(frozen=True, slots=True)
class Anulacion(Tramo):
    """Folios that will never be issued, and why."""

    motivo: str
    momento: datetime


@dataclass(frozen=True, slots=True)
class Reserva:
    """Folios of one CAF that this process may use until it settles them."""

    id: str
    caf: str
    folios: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CafGuardado:
    """One range as it is stored, without its file."""

    id: str
    destino: Destino
    desde: int
    hasta: int
    fecha: date
    vence: date | None
    nuevos: tuple[Tramo, ...]
    """Runs never handed out."""
    libres: tuple[int, ...]
    """Given back: the next to go."""
    reservas: tuple[Reserva, ...]
    anulados: tuple[Anulacion, ...]

    @property
    def emisor(self) -> str:
        return self.destino.emisor

    @property
    def tipo(self) -> TipoDte:
        return self.destino.tipo

    @property
    def siguiente(self) -> int:
        """The high-water mark: what is below it was handed out or voided."""
        return self.nuevos[0].desde if self.nuevos else self.hasta + 1

    @property
    def disponibles(self) -> int:
        return sum(tramo.cuantos for tramo in self.nuevos) + len(self.libres)

    @property
    def reservados(self) -> int:
        return sum(len(reserva.folios) for reserva in self.reservas)

    @property
    def usados(self) -> int:
        """Folios that stored documents have, by what the ledger says."""
        anulados = sum(tramo.cuantos for tramo in self.anulados)
        return self.hasta - self.desde + 1 - self.disponibles - self.reservados - anulados

    def count_free(self, desde: int, hasta: int) -> int:
        """How many folios of this stretch are free."""
        new = sum(max(0, min(tramo.hasta, hasta) - max(tramo.desde, desde) + 1) for tramo in self.nuevos)
        return new + sum(desde <= folio <= hasta for folio in self.libres)


@dataclass(frozen=True, slots=True)
class LibroFolios:
    """What the ledger says at one moment of the database's clock, by company and type."""

    momento: datetime
    usados: dict[tuple[str, int], int]
    """In stored documents."""
    reservados: dict[tuple[str, int], int]


def to_libro(rows: Sequence[Json], ahora: datetime) -> LibroFolios:
    """What `Folios.sums` got; `ahora` stands for the database's time when it has no range at all."""
    keys = [(row["_id"]["emisor"], row["_id"]["tipo"]) for row in rows]
    return LibroFolios(
        momento=min((row["momento"] for row in rows), default=ahora),
        usados={key: row["usados"] for key, row in zip(keys, rows, strict=True)},
        reservados={key: row["reservados"] for key, row in zip(keys, rows, strict=True)},
    )


def to_caf(record: Json) -> CafGuardado:
    return CafGuardado(
        id=record["_id"],
        destino=_to_destino(record),
        desde=record["desde"],
        hasta=record["hasta"],
        fecha=date.fromisoformat(record["fecha"]),
        vence=_to_date(record["vence"]),
        nuevos=tuple(Tramo(**tramo) for tramo in record["nuevos"]),
        libres=tuple(record["libres"]),
        reservas=tuple(Reserva(entry["id"], record["_id"], tuple(entry["folios"])) for entry in record["reservas"]),
        anulados=tuple(Anulacion(**entry) for entry in record["anulados"]),
    )


def to_cuentas(groups: Iterable[Json]) -> list[Cuenta]:
    """What `Folios.count` got from the server."""
    cuentas = []
    for group in groups:
        usos: Counter[date] = Counter()
        for entry in (entry for entries in group["usos"] for entry in entries):
            usos[date.fromisoformat(entry["dia"])] += entry["cuantos"]
        saldos = [Saldo(each["disponibles"], _to_date(each["vence"]), each["caf"]) for each in group["saldos"]]
        cuentas.append(Cuenta(_to_destino(group["_id"]), saldos, usos))
    return cuentas


def _to_destino(record: Json) -> Destino:
    return Destino(record["emisor"], TipoDte(record["tipo"]), record["tienda"], record["terminal"])


def _to_date(texto: str | None) -> date | None:
    return date.fromisoformat(texto) if texto else None

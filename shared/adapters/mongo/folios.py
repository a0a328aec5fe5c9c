"""`cafs`: ranges of folios, and the ledger that accounts for every folio of them.

A folio of a range is always one of three things: free (from `siguiente` on, or given back in `libres`), reserved by a
live process (`reservas`), or used by a stored document. Reserving is one conditional update of one record, outside any
transaction (whose retries under contention cost more than the work); a crash leaves a reservation on record, not a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from bson.binary import Binary
from pymongo import ASCENDING, IndexModel, ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.clock import Clock, chile
from shared.dte.tipos import TipoDte
from shared.errors import Conflict, FoliosExhausted

INDEXES = [IndexModel([("emisor", ASCENDING), ("tipo", ASCENDING), ("desde", ASCENDING)], unique=True)]


@dataclass(frozen=True, slots=True)
class Reserva:
    """Folios of one CAF that this process may use until it settles them."""

    id: str
    caf: str
    folios: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CafGuardado:
    """One range as it is stored; `archivo` is the CAF file, encrypted."""

    id: str
    emisor: str
    tipo: TipoDte
    desde: int
    hasta: int
    fecha: date
    vence: date | None
    archivo: bytes
    siguiente: int
    libres: tuple[int, ...]
    reservados: int

    @property
    def disponibles(self) -> int:
        return self.hasta - self.siguiente + 1 + len(self.libres)


class Folios:
    """Reserve, settle, rescue."""

    def __init__(self, mongo: Mongo, clock: Clock, dueno: str) -> None:
        """`dueno` names this process in the ledger, as in its heartbeat."""
        self._cafs = mongo.database.cafs
        self._clock = clock
        self._dueno = dueno

    async def create_indexes(self) -> None:
        with translated():
            await self._cafs.create_indexes(INDEXES)

    async def add(
        self,
        *,
        emisor: str,
        tipo: TipoDte,
        desde: int,
        hasta: int,
        fecha: date,
        archivo: bytes,
        vence: date | None = None,
    ) -> str:
        """Store a new range. `vence`: last day of its use. Conflict if it overlaps one that is already there."""
        overlapping = {"emisor": emisor, "tipo": tipo, "desde": {"$lte": hasta}, "hasta": {"$gte": desde}}
        known = Conflict(f"los folios {desde} a {hasta} del tipo {tipo:d} de {emisor} ya están importados")
        record = {
            "_id": f"{emisor}-{tipo:d}-{desde}",
            "emisor": emisor,
            "tipo": tipo,
            "desde": desde,
            "hasta": hasta,
            "fecha": fecha.isoformat(),
            "vence": vence.isoformat() if vence else None,
            "archivo": Binary(archivo),
            "siguiente": desde,
            "libres": [],
            "reservas": [],
        }
        with translated():
            if await self._cafs.find_one(overlapping):
                raise known
            try:
                await self._cafs.insert_one(record)
            except DuplicateKeyError as error:  # somebody imports the same file at this moment
                raise known from error
        return str(record["_id"])

    async def reserve(self, emisor: str, tipo: TipoDte, cuantos: int) -> Reserva:
        """Take up to `cuantos` folios of the oldest range in force that has some, in one round trip.

        Fewer come back when the range ends: reserve again for the rest. FoliosExhausted when no range has any.
        """
        reserva, momento = uuid4().hex, self._clock()
        has_some = [{"libres.0": {"$exists": True}}, {"$expr": {"$lte": ["$siguiente", "$hasta"]}}]
        in_force = [{"vence": None}, {"vence": {"$gte": chile(momento).date().isoformat()}}]
        with translated():
            record = await self._cafs.find_one_and_update(
                {"emisor": emisor, "tipo": tipo, "$and": [{"$or": has_some}, {"$or": in_force}]},
                _reservation(reserva, self._dueno, momento, cuantos),
                projection={"reservas": 1},
                sort=[("desde", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
        if record is None:
            raise FoliosExhausted(emisor, tipo)
        taken = next(entry["folios"] for entry in record["reservas"] if entry["id"] == reserva)
        return Reserva(reserva, record["_id"], tuple(taken))

    async def settle(self, settled: Sequence[tuple[Reserva, Collection[int]]]) -> None:
        """Close reservations, each with its unused folios: those are free again, stored documents have the others."""
        with translated():
            await self._cafs.bulk_write([_settlement(reserva, unused) for reserva, unused in settled], ordered=False)

    async def abandoned(self, is_alive: Callable[[str], bool], antes: datetime) -> list[tuple[CafGuardado, Reserva]]:
        """Reservations made before `antes` whose process is dead."""
        with translated():
            records = await self._cafs.find({"reservas.momento": {"$lt": antes}}).to_list(None)
        return [
            (_to_caf(record), Reserva(entry["id"], record["_id"], tuple(entry["folios"])))
            for record in records
            for entry in record["reservas"]
            if entry["momento"] < antes and not is_alive(entry["dueno"])
        ]

    async def get(self, id_: str) -> CafGuardado:
        """The range with this id; it was there when its folios were reserved, and ranges are never deleted."""
        with translated():
            record = await self._cafs.find_one({"_id": id_})
        if record is None:
            raise Conflict(f"el CAF {id_} ya no está en la base de datos")
        return _to_caf(record)

    async def list(self) -> list[CafGuardado]:
        with translated():
            records = await self._cafs.find({}, sort=[("emisor", 1), ("tipo", 1), ("desde", 1)]).to_list(None)
        return [_to_caf(record) for record in records]


def _reservation(reserva: str, dueno: str, momento: datetime, cuantos: int) -> list[Json]:
    """Folios given back come first, then new ones; all computed by the server from the record as it is then."""
    from_libres = {"$slice": ["$libres", cuantos]}
    new_count = {
        "$max": [
            0,
            {
                "$min": [
                    {"$subtract": [cuantos, {"$size": "$libres"}]},
                    {"$add": [{"$subtract": ["$hasta", "$siguiente"]}, 1]},
                ]
            },
        ]
    }
    # $range alone ends at 2**31, and a folio may have ten digits (SiiTypes_v10.xsd, FolioType).
    new: Json = {"$map": {"input": {"$range": [0, new_count]}, "in": {"$add": ["$siguiente", "$$this"]}}}
    folios: Json = {"$concatArrays": [from_libres, new]}
    entry = {"id": reserva, "dueno": dueno, "momento": momento, "folios": folios}
    rest = {"$filter": {"input": "$libres", "cond": {"$not": {"$in": ["$$this", from_libres]}}}}
    return [
        {
            "$set": {
                "reservas": {"$concatArrays": ["$reservas", [entry]]},
                "siguiente": {"$add": ["$siguiente", new_count]},
                "libres": rest,
            }
        }
    ]


def _settlement(reserva: Reserva, unused: Collection[int]) -> UpdateOne:
    """Only while the reservation is on record: settled twice, or by two processes, it gives back nothing twice."""
    return UpdateOne(
        {"_id": reserva.caf, "reservas.id": reserva.id},
        {"$pull": {"reservas": {"id": reserva.id}}, "$push": {"libres": {"$each": sorted(unused)}}},
    )


def _to_caf(record: Json) -> CafGuardado:
    return CafGuardado(
        id=record["_id"],
        emisor=record["emisor"],
        tipo=TipoDte(record["tipo"]),
        desde=record["desde"],
        hasta=record["hasta"],
        fecha=date.fromisoformat(record["fecha"]),
        vence=date.fromisoformat(record["vence"]) if record["vence"] else None,
        archivo=bytes(record["archivo"]),
        siguiente=record["siguiente"],
        libres=tuple(record["libres"]),
        reservados=sum(len(entry["folios"]) for entry in record["reservas"]),
    )

"""`cafs`: ranges of folios, and the ledger that accounts for every folio of them.

A folio of a range is always exactly one of four things: free (`nuevos`, or given back in `libres`), reserved by a live
process (`reservas`), used by a stored document, or voided (`anulados`). Reserving is one conditional update of one
record, outside any transaction (whose retries under contention cost more than the work); a crash leaves a reservation
on record, not a gap.

A range may be kept for one store or one till. A sale takes folios of its till's own range first, then of its store's,
then of those kept for nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import uuid4

from bson.binary import Binary
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.adapters.mongo.folio_records import CafGuardado, LibroFolios, Reserva, to_caf, to_cuentas, to_libro
from shared.adapters.mongo.folio_updates import (
    COUNT_LEFT,
    COUNT_RESERVED,
    COUNT_USED,
    count_free_between,
    reservation,
    settlement,
    voiding,
)
from shared.clock import Clock, chile
from shared.dte.existencias import VENTANA, Cuenta, Destino
from shared.dte.tipos import TipoDte
from shared.errors import Conflict, FoliosExhausted

INDEXES = [
    IndexModel([("emisor", ASCENDING), ("tipo", ASCENDING), ("desde", ASCENDING)], unique=True),
    IndexModel(  # in the order in which a sale wants its range: null sorts last, downwards
        [
            ("emisor", ASCENDING),
            ("tipo", ASCENDING),
            ("quedan", ASCENDING),
            ("terminal", DESCENDING),
            ("tienda", DESCENDING),
            ("desde", ASCENDING),
        ],
        name="reserva",
    ),
]
_POR_VENCER = timedelta(minutes=1)
"""Nothing is taken from a range in the last minute of its last day: the signature could fall on the next."""


class Folios:
    """Reserve, settle, rescue, void."""

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
        destino: Destino,
        *,
        desde: int,
        hasta: int,
        fecha: date,
        archivo: bytes,
        vence: date | None = None,
    ) -> CafGuardado:
        """Store a new range. `vence`: last day of its use. Conflict if it overlaps one that is already there."""
        emisor, tipo = destino.emisor, destino.tipo
        overlapping = {"emisor": emisor, "tipo": tipo, "desde": {"$lte": hasta}, "hasta": {"$gte": desde}}
        known = Conflict(f"los folios {desde} a {hasta} del tipo {tipo:d} de {emisor} ya están importados")
        record = {
            "_id": f"{emisor}-{tipo:d}-{desde}",
            "emisor": emisor,
            "tipo": tipo,
            "tienda": destino.tienda,
            "terminal": destino.terminal,
            "desde": desde,
            "hasta": hasta,
            "fecha": fecha.isoformat(),
            "vence": vence.isoformat() if vence else None,
            "archivo": Binary(archivo),
            "nuevos": [{"desde": desde, "hasta": hasta}],
            "libres": [],
            "reservas": [],
            "anulados": [],
            "usos": [],
            "quedan": True,
        }
        with translated():
            if await self._cafs.find_one(overlapping):
                raise known
            try:
                await self._cafs.insert_one(record)
            except DuplicateKeyError as error:  # somebody imports the same file at this moment
                raise known from error
        return to_caf(record)

    async def reserve(self, destino: Destino, cuantos: int) -> Reserva:
        """Take up to `cuantos` folios of the nearest, oldest range in force that has some, in one round trip.

        Fewer come back when the range ends: reserve again for the rest. FoliosExhausted when no range has any.
        """
        reserva, momento = uuid4().hex, self._clock()
        in_force = [{"vence": None}, {"vence": {"$gte": chile(momento + _POR_VENCER).date().isoformat()}}]
        with translated():
            record = await self._cafs.find_one_and_update(
                {
                    "emisor": destino.emisor,
                    "tipo": destino.tipo,
                    "quedan": True,
                    "terminal": {"$in": [destino.terminal, None]},
                    "tienda": {"$in": [destino.tienda, None]},
                    "$or": in_force,
                },
                reservation(reserva, self._dueno, momento, cuantos),
                projection={"reservas": 1},
                sort=[("terminal", DESCENDING), ("tienda", DESCENDING), ("desde", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
        if record is None:
            raise FoliosExhausted(destino.emisor, destino.tipo)
        taken = next(entry["folios"] for entry in record["reservas"] if entry["id"] == reserva)
        return Reserva(reserva, record["_id"], tuple(taken))

    async def settle(self, settled: Sequence[tuple[Reserva, Collection[int]]]) -> None:
        """Close reservations, each with its unused folios: those are free again, stored documents have the others.

        Only while the reservation is on record: settled twice, or by two processes, it gives back nothing twice.
        """
        hoy = chile(self._clock()).date()
        with translated():
            await self._cafs.bulk_write(
                [
                    UpdateOne(
                        {"_id": reserva.caf, "reservas.id": reserva.id},
                        settlement(reserva.id, reserva.folios, unused, hoy),
                    )
                    for reserva, unused in settled
                ],
                ordered=False,
            )

    async def abandoned(self, is_alive: Callable[[str], bool], antes: datetime) -> list[tuple[CafGuardado, Reserva]]:
        """Reservations made before `antes` whose process is dead."""
        with translated():
            records = await self._cafs.find({"reservas.momento": {"$lt": antes}}, {"archivo": 0}).to_list(None)
        return [
            (to_caf(record), Reserva(entry["id"], record["_id"], tuple(entry["folios"])))
            for record in records
            for entry in record["reservas"]
            if entry["momento"] < antes and not is_alive(entry["dueno"])
        ]

    async def void(self, caf: CafGuardado, desde: int, hasta: int, motivo: str) -> bool:
        """Take these folios out of use for ever; False, and nothing changed, if one of them was taken meanwhile.

        Of those free when `caf` was read all must still be free. The others must be known to be in no document and in
        no reservation: they are lost, and now there is a reason on record.
        """
        free = caf.count_free(desde, hasta)
        overlapping = {"$elemMatch": {"desde": {"$lte": hasta}, "hasta": {"$gte": desde}}}
        condition = {
            "_id": caf.id,
            "anulados": {"$not": overlapping},
            "$expr": {"$eq": [count_free_between(desde, hasta), free]},
        }
        with translated():
            result = await self._cafs.update_one(condition, voiding(desde, hasta, motivo, self._clock()))
        return result.matched_count == 1

    async def assign(self, id_: str, destino: Destino) -> CafGuardado:
        """Keep a range for another destination of the same company and type from now on; Conflict if there is none."""
        with translated():
            record = await self._cafs.find_one_and_update(
                {"_id": id_, "emisor": destino.emisor, "tipo": destino.tipo},
                {"$set": {"tienda": destino.tienda, "terminal": destino.terminal}},
                projection={"archivo": 0},
                return_document=ReturnDocument.AFTER,
            )
        if record is None:
            raise _gone(id_)
        return to_caf(record)

    async def get_archivo(self, id_: str) -> bytes:
        """The CAF file of a range, encrypted; Conflict if the range is gone, which cannot be: none is ever deleted."""
        with translated():
            record = await self._cafs.find_one({"_id": id_}, {"archivo": 1})
        if record is None:
            raise _gone(id_)
        return bytes(record["archivo"])

    async def find(self, emisor: str, tipo: TipoDte, folio: int) -> CafGuardado | None:
        """The range that authorises this folio."""
        condition = {"emisor": emisor, "tipo": tipo, "desde": {"$lte": folio}, "hasta": {"$gte": folio}}
        with translated():
            record = await self._cafs.find_one(condition, {"archivo": 0})
        return to_caf(record) if record else None

    async def count(self, emisor: str | None = None) -> list[Cuenta]:
        """What each destination has and used lately, added up by the server: as cheap for thousands of ranges.

        Of every company, or of one.
        """
        corte = (chile(self._clock()).date() - timedelta(days=VENTANA)).isoformat()
        left = {"$gt": [COUNT_LEFT, 0]}
        saldo = {"caf": "$_id", "disponibles": COUNT_LEFT, "vence": "$vence"}
        recent = {"$filter": {"input": "$usos", "cond": {"$gte": ["$$this.dia", corte]}}}
        pipeline: list[Json] = [
            {"$match": _of(emisor)},
            {"$sort": {"desde": ASCENDING}},
            {
                "$group": {
                    "_id": {nombre: f"${nombre}" for nombre in ("emisor", "tipo", "tienda", "terminal")},
                    "saldos": {"$push": {"$cond": [left, saldo, "$$REMOVE"]}},
                    "usos": {"$push": recent},
                }
            },
            {"$sort": {"_id": ASCENDING}},
        ]
        with translated():
            groups = await self._cafs.aggregate(pipeline).to_list(None)
        return await asyncio.to_thread(to_cuentas, groups)  # thousands of tills would hold up the event loop

    async def sums(self) -> LibroFolios:
        """How many folios are used and reserved, added up by the server."""
        sums = {"usados": {"$sum": COUNT_USED}, "reservados": {"$sum": COUNT_RESERVED}, "momento": {"$min": "$$NOW"}}
        pipeline: list[Json] = [{"$group": {"_id": {"emisor": "$emisor", "tipo": "$tipo"}, **sums}}]
        with translated():
            rows = await self._cafs.aggregate(pipeline).to_list(None)
        return to_libro(rows, self._clock())

    async def list(self, emisor: str | None = None) -> list[CafGuardado]:
        """Every range, or those of one company."""
        with translated():
            cursor = self._cafs.find(_of(emisor), {"archivo": 0}, sort=[("emisor", 1), ("tipo", 1), ("desde", 1)])
            return [to_caf(record) for record in await cursor.to_list(None)]


def _of(emisor: str | None) -> Json:
    return {} if emisor is None else {"emisor": emisor}


def _gone(id_: str) -> Conflict:
    return Conflict(f"el CAF {id_} ya no está en la base de datos")

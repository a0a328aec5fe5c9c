"""`intercambios`: the exchange copy of each document, with the exact bytes of its envelope, written before it leaves.

As with documents, every change is a conditional update on the old state, and its count is looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bson.binary import Binary
from pymongo import ASCENDING, IndexModel

from shared.adapters.mongo.client import Json, Mongo, build_indexes, translated
from shared.clock import Clock
from shared.errors import Conflict
from shared.messages import ErrorEnvio, EstadoIntercambio, Intercambio

INDEXES = [
    IndexModel([("estado", ASCENDING), ("proximo_intento", ASCENDING)], name="estado"),
    IndexModel([("salida", ASCENDING)], name="salida", partialFilterExpression={"salida": {"$exists": True}}),
]
_WITHOUT_BYTES = {"contenido": 0}


@dataclass(frozen=True, slots=True)
class FiltroCopias:
    """Which copies; None asks for nothing."""

    ids: Collection[str] | None = None
    estado: EstadoIntercambio | None = None
    causa: str | None = None
    emisor: str | None = None

    @property
    def condition(self) -> Json:
        fields: Json = {"estado": self.estado, "error.causa": self.causa, "emisor": self.emisor}
        condition = {name: value for name, value in fields.items() if value is not None}
        return condition if self.ids is None else {**condition, "_id": {"$in": list(self.ids)}}


class Intercambios:
    """Write the intent, claim it, record what became of it, and find what waits."""

    def __init__(self, mongo: Mongo, clock: Clock, process: str) -> None:
        """`process` holds the claims, as in its heartbeat."""
        self._intercambios = mongo.database.intercambios
        self._clock = clock
        self._process = process

    async def create_indexes(self) -> None:
        await build_indexes(self._intercambios, INDEXES)

    async def add(self, copia: Intercambio, contenido: bytes) -> Intercambio:
        """Put a new copy on record with the bytes of its envelope; gives what is on record: perhaps another's."""
        try:
            with translated():
                record = copia.model_dump(exclude={"id"}) | {"_id": copia.id, "contenido": Binary(contenido)}
                await self._intercambios.insert_one(record)
        except Conflict:
            return await self.get(copia.id) or copia
        return copia

    async def get(self, id_: str) -> Intercambio | None:
        with translated():
            record = await self._intercambios.find_one({"_id": id_}, _WITHOUT_BYTES)
        return _to_intercambio(record) if record else None

    async def get_contenido(self, id_: str) -> bytes:
        """The exact bytes of the envelope; none if there is no such copy."""
        with translated():
            record = await self._intercambios.find_one({"_id": id_}, {"contenido": 1})
        return bytes(record["contenido"]) if record else b""

    async def complete(self, copia: Intercambio, contenido: bytes) -> bool:
        """Put the envelope on record of a copy that we have claimed and that had none."""
        fields = {"sha256": copia.sha256, "message_id": copia.message_id, "contenido": Binary(contenido)}
        mine = {"_id": copia.id, "estado": EstadoIntercambio.ENVIANDO, "trabajador": self._process, "sha256": ""}
        return await self._update(mine, {"$set": fields})

    async def claim(self, id_: str, others: Collection[str]) -> bool:
        """pendiente, or enviando of a process that is not among the living `others` → enviando, ours."""
        due = {"estado": EstadoIntercambio.PENDIENTE, "proximo_intento": {"$lte": self._clock()}}
        left = {"estado": EstadoIntercambio.ENVIANDO, "trabajador": {"$nin": list(others)}}
        update: Json = {
            "$set": {
                "estado": EstadoIntercambio.ENVIANDO,
                "trabajador": self._process,
                "cambiado": self._clock(),
                "proximo_intento": None,
            }
        }
        return await self._update({"_id": id_, "$or": [due, left]}, update)

    async def mark_entregado(self, id_: str) -> bool:
        """enviando, ours → entregado."""
        return await self._move(id_, {"estado": EstadoIntercambio.ENTREGADO, "error": None}, intento=True)

    async def mark_pendiente(self, id_: str, proximo: datetime, error: ErrorEnvio, *, intento: bool) -> bool:
        """enviando, ours → pendiente until `proximo`; `intento` says whether it was a real attempt."""
        fields = {"estado": EstadoIntercambio.PENDIENTE, "proximo_intento": proximo, "error": error.model_dump()}
        return await self._move(id_, fields, intento=intento)

    async def mark_apartado(self, id_: str, error: ErrorEnvio, *, intento: bool) -> bool:
        """enviando, ours → apartado."""
        fields = {"estado": EstadoIntercambio.APARTADO, "error": error.model_dump()}
        return await self._move(id_, fields, intento=intento)

    async def park(self, id_: str, error: ErrorEnvio) -> bool:
        """pendiente → apartado: nothing was tried."""
        fields = {"estado": EstadoIntercambio.APARTADO, "proximo_intento": None, "error": error.model_dump()}
        condition = {"_id": id_, "estado": EstadoIntercambio.PENDIENTE}
        return await self._update(condition, {"$set": {**fields, "cambiado": self._clock()}})

    async def put_off(self, id_: str, proximo: datetime) -> bool:
        """pendiente, and later than planned."""
        condition = {"_id": id_, "estado": EstadoIntercambio.PENDIENTE}
        return await self._update(condition, {"$set": {"proximo_intento": proximo}})

    async def resend(self, filtro: FiltroCopias, correo: str | None = None) -> int:
        """apartado, sin_correo (with an address) → pendiente, with fresh attempts and its work in the outbox."""
        parked = [EstadoIntercambio.APARTADO] if correo is None else list(_RESENDABLE)
        momento = self._clock()
        fields: Json = {"estado": EstadoIntercambio.PENDIENTE, "proximo_intento": momento, "intentos": 0}
        fields |= {"cambiado": momento, "salida": momento} | ({} if correo is None else {"correo": correo})
        condition = {"$and": [filtro.condition, {"estado": {"$in": parked}}]}
        with translated():
            return (await self._intercambios.update_many(condition, {"$set": fields})).modified_count

    async def release_postponed(self, causa: str, *, hasta: datetime, desde: datetime, limit: int) -> int:
        """apartado for `causa` before `hasta`, of copies made since `desde` → pendiente, work in the outbox."""
        condition = {
            "estado": EstadoIntercambio.APARTADO,
            "error.causa": causa,
            "cambiado": {"$lte": hasta},
            "creado": {"$gte": desde},
        }
        ids = await self._find_ids(condition, limit)
        fields = {"estado": EstadoIntercambio.PENDIENTE, "proximo_intento": self._clock(), "salida": self._clock()}
        with translated():
            moved = await self._intercambios.update_many({**condition, "_id": {"$in": ids}}, {"$set": fields})
        return moved.modified_count

    async def call_forgotten(self, hasta: datetime, others: Collection[str], limit: int) -> int:
        """Put the work of copies that are overdue since `hasta`, or whose process died, into the outbox again."""
        due = {"estado": EstadoIntercambio.PENDIENTE, "proximo_intento": {"$lte": hasta}}
        left = {
            "estado": EstadoIntercambio.ENVIANDO,
            "cambiado": {"$lte": hasta},
            "trabajador": {"$nin": list(others)},
        }
        ids = await self._find_ids({"salida": {"$exists": False}, "$or": [due, left]}, limit)
        with translated():
            called = await self._intercambios.update_many({"_id": {"$in": ids}}, {"$set": {"salida": self._clock()}})
        return called.modified_count

    async def pending_outbox(self, limit: int) -> list[Intercambio]:
        """Copies whose work is to be published, the oldest first."""
        return await self._find({"salida": {"$exists": True}}, limit, "salida")

    async def clear_outbox(self, ids: Collection[str]) -> None:
        """Their work is published and confirmed."""
        with translated():
            await self._intercambios.update_many({"_id": {"$in": list(ids)}}, {"$unset": {"salida": ""}})

    async def still_parked(self, ids: Collection[str]) -> set[str]:
        """Which of these stand parked at this moment."""
        return set(await self._find_ids({"_id": {"$in": list(ids)}, "estado": EstadoIntercambio.APARTADO}, len(ids)))

    async def find(self, filtro: FiltroCopias, limit: int) -> list[Intercambio]:
        """Copies that match, the latest change last."""
        return await self._find(filtro.condition, limit, "cambiado")

    async def group(self, filtro: FiltroCopias) -> list[tuple[str, str, int]]:
        """State, cause (or nothing) and how many, the most first."""
        por = {"estado": "$estado", "causa": {"$ifNull": ["$error.causa", ""]}}
        pipeline: list[Json] = [{"$match": filtro.condition}, {"$group": {"_id": por, "n": {"$sum": 1}}}]
        with translated():
            rows = await self._intercambios.aggregate([*pipeline, {"$sort": {"n": -1, "_id": 1}}]).to_list(None)
        return [(row["_id"]["estado"], row["_id"]["causa"], row["n"]) for row in rows]

    async def _move(self, id_: str, fields: Json, *, intento: bool) -> bool:
        update: Json = {"$set": {**fields, "cambiado": self._clock(), "trabajador": None}}
        if intento:
            update["$inc"] = {"intentos": 1}
        mine = {"_id": id_, "estado": EstadoIntercambio.ENVIANDO, "trabajador": self._process}
        return await self._update(mine, update)

    async def _update(self, condition: Json, update: Json) -> bool:
        with translated():
            return (await self._intercambios.update_one(condition, update)).modified_count == 1

    async def _find_ids(self, condition: Json, limit: int) -> list[str]:
        with translated():
            return [record["_id"] async for record in self._intercambios.find(condition, {"_id": 1}).limit(limit)]

    async def _find(self, condition: Json, limit: int, orden: str) -> list[Intercambio]:
        with translated():
            found = self._intercambios.find(condition, _WITHOUT_BYTES, sort=[(orden, ASCENDING)]).limit(limit)
            return [_to_intercambio(record) async for record in found]


_RESENDABLE = (EstadoIntercambio.APARTADO, EstadoIntercambio.SIN_CORREO)


def _to_intercambio(record: Json) -> Intercambio:
    return Intercambio(**record, id=record["_id"])

"""`operaciones`: replays on record, and in `operacion_documentos` what became of each document of theirs.

The set is frozen before the record of the operation exists. Whoever carries an operation on holds a lease on it, by the
database's clock; what it has done so far is all on record, so that another goes on where it died.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument, UpdateOne

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.clock import Clock
from shared.messages import Record

_LEASE_MS = 8_000
_BATCH = 1_000


class EstadoOperacion(StrEnum):
    EN_CURSO = "en_curso"
    DETENIENDO = "deteniendo"
    """Nothing more is sent; what was sent is followed to its end."""
    TERMINADA = "terminada"
    """Every document was sent, or had no need of it, and has its outcome."""
    DETENIDA = "detenida"
    """Some documents stay parked: a cause came back, or somebody stopped it."""


_OPEN = (EstadoOperacion.EN_CURSO, EstadoOperacion.DETENIENDO)


class Suerte(StrEnum):
    """What became of one document of an operation."""

    ESPERA = "espera"
    """Its turn has not come."""
    EN_CAMINO = "en_camino"
    ACEPTADO = "aceptado"
    REPARO = "reparo"
    RECHAZADO = "rechazado"
    ESTACIONADO = "estacionado"
    """Parked again."""
    OMITIDO = "omitido"
    """It was not parked any more when its turn came: somebody else had moved it."""
    RETENIDO = "retenido"
    """Not sent, still parked: its cause came back with others, or the operation was stopped."""


class Operacion(Record):
    """One replay. `filtro` is what was asked for, in words."""

    id: str
    quien: str
    motivo: str
    filtro: dict[str, str]
    causas: tuple[str, ...]
    """All causes of the frozen set."""
    total: int
    ritmo: float
    """Documents in a second."""
    canario: bool
    estado: EstadoOperacion = EstadoOperacion.EN_CURSO
    creado: datetime
    terminado: datetime | None = None
    proximo: datetime | None = None
    """No document is sent before."""
    devueltas: tuple[str, ...] = ()
    """Causes that came back: documents that waited with them are not sent."""
    detenida_por: str | None = None
    ejecutor: str | None = None
    """The process that carries it on."""

    @property
    def abierta(self) -> bool:
        return self.estado in _OPEN


class Reenviado(Record):
    """One document of an operation. `causa` it was parked with when the set was frozen, `causa_nueva` came since."""

    documento: str
    causa: str
    suerte: Suerte
    causa_nueva: str = ""
    glosa: str = ""
    enviado: datetime | None = None


class Operaciones:
    def __init__(self, mongo: Mongo, clock: Clock, process: str) -> None:
        """`process` holds the leases."""
        self._operaciones = mongo.database.operaciones
        self._documentos = mongo.database.operacion_documentos
        self._clock = clock
        self._process = process

    async def create_indexes(self) -> None:
        orden, suerte = [("operacion", ASCENDING), ("n", ASCENDING)], [("operacion", ASCENDING), ("suerte", ASCENDING)]
        with translated():
            await self._operaciones.create_indexes([IndexModel([("estado", 1)]), IndexModel([("creado", -1)])])
            await self._documentos.create_indexes([IndexModel(orden), IndexModel([*suerte, ("visto", ASCENDING)])])

    async def create(self, operacion: Operacion, documentos: Sequence[Reenviado]) -> None:
        """Put a replay on record, its frozen set first: an operation that exists is complete."""
        records = [{"operacion": operacion.id, "n": n, **d.model_dump()} for n, d in enumerate(documentos)]
        with translated():
            for start in range(0, len(records), _BATCH):
                await self._documentos.insert_many(records[start : start + _BATCH])
            await self._operaciones.insert_one({**operacion.model_dump(exclude={"id"}), "_id": operacion.id})

    async def get(self, id_: str) -> Operacion | None:
        with translated():
            record = await self._operaciones.find_one({"_id": id_})
        return _to_operacion(record) if record else None

    async def latest(self, limite: int = 50) -> list[Operacion]:
        """The newest first."""
        with translated():
            records = await self._operaciones.find({}, sort=[("creado", DESCENDING)]).limit(limite).to_list(limite)
        return [_to_operacion(record) for record in records]

    async def last_by_causa(self) -> dict[str, datetime]:
        """When a replay of each cause was last begun."""
        pipeline: list[Json] = [
            {"$unwind": "$causas"},
            {"$group": {"_id": "$causas", "ultima": {"$max": "$creado"}}},
        ]
        with translated():
            return {row["_id"]: row["ultima"] async for row in self._operaciones.aggregate(pipeline)}

    async def lease_open(self) -> list[Operacion]:
        """The operations that this process carries on for now: its own, and those whose holder has gone quiet."""
        free = {"$or": [{"$eq": ["$ejecutor", self._process]}, {"$lt": ["$ejecutor_hasta", "$$NOW"]}]}
        mine = [{"$set": {"ejecutor": self._process, "ejecutor_hasta": {"$add": ["$$NOW", _LEASE_MS]}}}]
        leased = []
        with translated():
            ids = [r["_id"] async for r in self._operaciones.find({"estado": {"$in": _OPEN}}, {"_id": 1})]
            for id_ in ids:
                condition = {"_id": id_, "estado": {"$in": _OPEN}, "$expr": free}
                record = await self._operaciones.find_one_and_update(
                    condition, mine, return_document=ReturnDocument.AFTER
                )
                leased += [_to_operacion(record)] if record else []
        return leased

    async def release(self) -> None:
        """End in order: others need not wait for our leases to run out."""
        with translated():
            await self._operaciones.update_many(
                {"ejecutor": self._process}, {"$unset": {"ejecutor": "", "ejecutor_hasta": ""}}
            )

    async def stop(self, id_: str, quien: str) -> bool:
        """en_curso → deteniendo; False if it is not under way."""
        return await self._move(id_, EstadoOperacion.EN_CURSO, estado=EstadoOperacion.DETENIENDO, detenida_por=quien)

    async def pace(self, id_: str, proximo: datetime) -> None:
        """No document of it is sent before `proximo`."""
        await self._move(id_, EstadoOperacion.EN_CURSO, proximo=proximo)

    async def conclude(self, operacion: Operacion, estado: EstadoOperacion) -> bool:
        """Its last word; False if it has moved since `operacion` was read."""
        return await self._move(operacion.id, operacion.estado, estado=estado, terminado=self._clock())

    async def hold(self, id_: str, causas: Collection[str]) -> None:
        """espera → retenido for these causes, which came back."""
        with translated():
            await self._operaciones.update_one({"_id": id_}, {"$addToSet": {"devueltas": {"$each": list(causas)}}})
        await self._retain({"operacion": id_, "causa": {"$in": list(causas)}})

    async def hold_all(self, id_: str) -> None:
        """espera → retenido for everything that has not been sent."""
        await self._retain({"operacion": id_})

    async def waiting(self, id_: str, limite: int) -> list[str]:
        """The next documents whose turn it is, in the order of the set."""
        query = {"operacion": id_, "suerte": Suerte.ESPERA}
        with translated():
            found = self._documentos.find(query, {"documento": 1}, sort=[("n", ASCENDING)]).limit(limite)
            return [record["documento"] async for record in found]

    async def note_sent(self, id_: str, documentos: Collection[str], enviados: Collection[str]) -> None:
        """espera → en_camino for those that were sent, omitido for the others."""
        sent = {"suerte": Suerte.EN_CAMINO, "enviado": self._clock(), "visto": self._clock()}
        omitted = set(documentos).difference(enviados)
        with translated():
            await self._documentos.update_many(_of(id_, enviados), {"$set": sent})
            await self._documentos.update_many(_of(id_, omitted), {"$set": {"suerte": Suerte.OMITIDO}})

    async def under_way(self, id_: str, limite: int = _BATCH) -> list[Reenviado]:
        """Documents that were sent and have no outcome, those first that were looked at the longest ago."""
        query = {"operacion": id_, "suerte": Suerte.EN_CAMINO}
        with translated():
            records = await self._documentos.find(query, sort=[("visto", ASCENDING)]).limit(limite).to_list(limite)
        return [Reenviado(**record) for record in records]

    async def note_outcomes(self, id_: str, documentos: Sequence[Reenviado]) -> None:
        """Write down how these stand now."""
        fields = {"suerte", "causa_nueva", "glosa"}
        updates = [
            UpdateOne(
                {"operacion": id_, "documento": documento.documento, "suerte": Suerte.EN_CAMINO},
                {"$set": {**documento.model_dump(include=fields), "visto": self._clock()}},
            )
            for documento in documentos
        ]
        if updates:
            with translated():
                await self._documentos.bulk_write(updates, ordered=False)

    async def count(self, id_: str) -> dict[Suerte, int]:
        """How many documents have come to what; only what occurs."""
        pipeline: list[Json] = [{"$match": {"operacion": id_}}, {"$group": {"_id": "$suerte", "n": {"$sum": 1}}}]
        with translated():
            return {Suerte(row["_id"]): row["n"] async for row in self._documentos.aggregate(pipeline)}

    async def returned(self, id_: str, causas: Collection[str]) -> set[str]:
        """Those of `causas` that a document of this operation has come to since it was sent."""
        query = {"operacion": id_, "suerte": {"$in": [Suerte.ESTACIONADO, Suerte.RECHAZADO]}}
        with translated():
            found = await self._documentos.distinct("causa_nueva", {**query, "causa_nueva": {"$in": list(causas)}})
        return set(found)

    async def documentos(self, id_: str, *, limite: int) -> list[Reenviado]:
        """What became of each document, in the order of the set."""
        with translated():
            found = self._documentos.find({"operacion": id_}, sort=[("n", ASCENDING)]).limit(limite)
            return [Reenviado(**record) async for record in found]

    async def _retain(self, condition: Json) -> None:
        with translated():
            await self._documentos.update_many(
                {**condition, "suerte": Suerte.ESPERA}, {"$set": {"suerte": Suerte.RETENIDO}}
            )

    async def _move(self, id_: str, desde: EstadoOperacion, **fields: Any) -> bool:
        with translated():
            moved = await self._operaciones.update_one({"_id": id_, "estado": desde}, {"$set": fields})
        return moved.modified_count == 1


def _of(id_: str, documentos: Collection[str]) -> Json:
    waiting = [Suerte.ESPERA, Suerte.RETENIDO]  # held meanwhile, but it had gone already
    return {"operacion": id_, "documento": {"$in": list(documentos)}, "suerte": {"$in": waiting}}


def _to_operacion(record: Json) -> Operacion:
    return Operacion(**record, id=record["_id"])

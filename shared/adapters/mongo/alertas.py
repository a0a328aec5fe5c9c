"""Alerts on record, and the tellings of them: kept here and not at the broker, which may be what the alert is about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument, UpdateOne

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.clock import Clock
from shared.dte.estado import Estado
from shared.messages import Alerta, AlertaVigente, Aviso, EstadoAviso

_KEPT = timedelta(days=30)
"""How long delivered tellings, and what has been resolved, stay on record."""


class Alertas:
    def __init__(self, mongo: Mongo, clock: Clock) -> None:
        self._alertas = mongo.database.alertas
        self._avisos = mongo.database.avisos
        self._dtes = mongo.database.dtes
        self._clock = clock

    async def create_indexes(self) -> None:
        forget = {"expireAfterSeconds": int(_KEPT.total_seconds())}
        with translated():
            await self._alertas.create_indexes([IndexModel([("resuelta", ASCENDING)], **forget)])
            await self._avisos.create_indexes(
                [
                    IndexModel([("estado", ASCENDING), ("proximo", ASCENDING)]),
                    IndexModel([("creado", DESCENDING)]),
                    IndexModel([("entregado", ASCENDING)], **forget),
                ]
            )

    async def note(self, alertas: Sequence[Alerta]) -> list[AlertaVigente]:
        """Put on record what is wrong now; gives all of it as it stands, since when, and what was told of it.

        What was resolved and is back begins anew.
        """
        ahora = self._clock()
        with translated():
            for alerta in alertas:
                fields = alerta.model_dump(exclude={"clave"})
                begin: Json = {"desde": ahora, "avisada": None, "avisos": 0, "resuelta": None}
                back = {"_id": alerta.clave, "resuelta": {"$ne": None}}
                await self._alertas.update_one(back, {"$set": {**fields, **begin}})
                change = {"$set": fields, "$setOnInsert": begin}
                await self._alertas.update_one({"_id": alerta.clave}, change, upsert=True)
            return await self.vigentes()

    async def vigentes(self) -> list[AlertaVigente]:
        """What is wrong now, the oldest first."""
        with translated():
            found = self._alertas.find({"resuelta": None}, sort=[("desde", ASCENDING)])
            return [_to_vigente(record) async for record in found]

    async def resueltas(self, limite: int) -> list[AlertaVigente]:
        """What is over, the last first, for as long as it is kept."""
        with translated():
            over = {"resuelta": {"$ne": None}}
            found = self._alertas.find(over, sort=[("resuelta", DESCENDING)], limit=limite)
            return [_to_vigente(record) async for record in found]

    async def resolve(self, clave: str) -> bool:
        """It is over; False if that is known already."""
        with translated():
            ended = await self._alertas.update_one(
                {"_id": clave, "resuelta": None}, {"$set": {"resuelta": self._clock()}}
            )
        return ended.modified_count == 1

    async def last_told(self, clave: str) -> datetime | None:
        """When this was last told, resolved meanwhile or not."""
        with translated():
            record = await self._alertas.find_one({"_id": clave}, {"contada": 1})
        return record.get("contada") if record else None

    async def tell(self, alerta: AlertaVigente, avisos: Sequence[Aviso], hasta: datetime) -> bool:
        """Put the tellings in the way out, and on record that all until `hasta` was told; False if others did.

        In this order: a process that dies in between makes the same tellings again, under the same names.
        """
        await self.put(avisos)
        told = {"avisada": self._clock(), "contada": hasta, "avisos": alerta.avisos + 1}
        with translated():
            moved = await self._alertas.update_one({"_id": alerta.clave, "avisos": alerta.avisos}, {"$set": told})
        return moved.modified_count == 1

    async def put(self, avisos: Sequence[Aviso]) -> None:
        """Put tellings in the way out; one that is there already stays as it is."""
        writes = [UpdateOne({"_id": a.id}, {"$setOnInsert": a.model_dump(exclude={"id"})}, upsert=True) for a in avisos]
        if writes:
            with translated():
                await self._avisos.bulk_write(writes, ordered=False)

    async def take_due(self, lease: timedelta) -> Aviso | None:
        """One telling whose time has come, for this process alone until the lease runs out."""
        ahora = self._clock()
        due: Json = {"estado": EstadoAviso.PENDIENTE, "proximo": {"$lte": ahora}}
        with translated():
            record = await self._avisos.find_one_and_update(
                due,
                {"$set": {"proximo": ahora + lease}},
                sort=[("proximo", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
        return _to_aviso(record) if record else None

    async def mark_entregado(self, aviso: Aviso) -> bool:
        """pendiente → entregado; False if it has moved since it was taken."""
        return await self._move(aviso, estado=EstadoAviso.ENTREGADO, entregado=self._clock(), error="")

    async def mark_fallido(self, aviso: Aviso, error: str, proximo: datetime | None) -> bool:
        """One more attempt that failed: again at `proximo`, or apartado if there is none."""
        ended: Json = {"estado": EstadoAviso.APARTADO} if proximo is None else {"proximo": proximo}
        return await self._move(aviso, intentos=aviso.intentos + 1, error=error, **ended)

    async def latest(self, estado: EstadoAviso | None, limite: int) -> list[Aviso]:
        """The newest tellings first."""
        query = {} if estado is None else {"estado": estado}
        with translated():
            found = self._avisos.find(query, sort=[("creado", DESCENDING)], limit=limite)
            return [_to_aviso(record) async for record in found]

    async def replay(self, ids: Collection[str] | None) -> int:
        """apartado → pendiente for these, or for all; gives how many."""
        named = {} if ids is None else {"_id": {"$in": list(ids)}}
        again = {"estado": EstadoAviso.PENDIENTE, "intentos": 0, "proximo": self._clock()}
        with translated():
            moved = await self._avisos.update_many({**named, "estado": EstadoAviso.APARTADO}, {"$set": again})
        return moved.modified_count

    async def count_rejected(self, desde: datetime) -> Mapping[str, int]:
        """Documents that became `rechazado` after `desde`, by cause."""
        pipeline: list[Json] = [
            {"$match": {"estado": Estado.RECHAZADO, "proximo_intento": None, "cambiado": {"$gt": desde}}},
            {"$group": {"_id": {"$ifNull": ["$error_envio.causa", ""]}, "n": {"$sum": 1}}},
            {"$sort": {"n": -1, "_id": 1}},
        ]
        with translated():
            return {row["_id"]: row["n"] async for row in self._dtes.aggregate(pipeline, hint="estado")}

    async def _move(self, aviso: Aviso, **fields: Any) -> bool:
        condition = {"_id": aviso.id, "estado": EstadoAviso.PENDIENTE, "proximo": aviso.proximo}
        with translated():
            moved = await self._avisos.update_one(condition, {"$set": fields})
        return moved.modified_count == 1


def _to_vigente(record: Json) -> AlertaVigente:
    return AlertaVigente(**record, clave=record["_id"])


def _to_aviso(record: Json) -> Aviso:
    return Aviso(**record, id=record["_id"])

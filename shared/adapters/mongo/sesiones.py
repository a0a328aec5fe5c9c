"""`sesiones` and `accesos`: browsers that are logged in, and attempts to guess a password."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from shared.adapters.mongo.client import Mongo, translated
from shared.cuentas import Sesion
from shared.errors import Conflict

_PRIMERA_ESPERA = timedelta(seconds=30)
_ESPERA_MAX = timedelta(minutes=15)
OLVIDO = timedelta(minutes=30)
"""Attempts so long ago do not count any more."""


class Sesiones:
    """Sessions by the hash of their token; MongoDB removes those that are over."""

    def __init__(self, mongo: Mongo) -> None:
        self._sesiones = mongo.database.sesiones
        self._accesos = mongo.database.accesos

    async def create_indexes(self) -> None:
        with translated():
            await self._sesiones.create_index("vence", expireAfterSeconds=0)
            await self._sesiones.create_index("usuario")
            await self._accesos.create_index("momento", expireAfterSeconds=int(OLVIDO.total_seconds()))

    async def add(self, sesion: Sesion) -> None:
        with translated():
            await self._sesiones.insert_one({"_id": sesion.hash, **sesion.model_dump(exclude={"hash"})})

    async def find_all(self, hashes: Collection[str]) -> dict[str, Sesion]:
        """Those of these sessions that there are, by hash."""
        with translated():
            found = self._sesiones.find({"_id": {"$in": list(hashes)}})
            return {record["_id"]: Sesion(**record, hash=record["_id"]) async for record in found}

    async def touch(self, hash_: str, momento: datetime) -> None:
        """A person did something with it."""
        with translated():
            await self._sesiones.update_one({"_id": hash_}, {"$max": {"vista": momento}})

    async def remove(self, hash_: str) -> None:
        with translated():
            await self._sesiones.delete_one({"_id": hash_})

    async def remove_of(self, usuario: str) -> None:
        with translated():
            await self._sesiones.delete_many({"usuario": usuario})

    async def count_attempt(self, clave: str, limite: int, ahora: datetime) -> datetime | None:
        """Count one attempt, before it is made: so a hundred at once are a hundred. None: it may be made.

        Otherwise it may not until the moment given. From the `limite`-th on each attempt doubles the wait for the next.
        """
        free = {"_id": clave, "$or": [{"hasta": None}, {"hasta": {"$lte": ahora}}]}
        past = {"$lt": [{"$ifNull": ["$momento", ahora]}, ahora - OLVIDO]}
        wait = {
            "$min": [
                _milliseconds(_ESPERA_MAX),
                {"$multiply": [_milliseconds(_PRIMERA_ESPERA), {"$pow": [2, {"$subtract": ["$fallos", limite]}]}]},
            ]
        }
        count: list[dict[str, Any]] = [
            {"$set": {"fallos": {"$add": [{"$cond": [past, 0, {"$ifNull": ["$fallos", 0]}]}, 1]}, "momento": ahora}},
            {"$set": {"hasta": {"$cond": [{"$gte": ["$fallos", limite]}, {"$add": [ahora, wait]}, None]}}},
        ]
        try:
            with translated():
                await self._accesos.find_one_and_update(free, count, upsert=True, return_document=ReturnDocument.AFTER)
        except Conflict:  # it is there and not free: the upsert could not put another beside it
            return await self._locked_until(clave, ahora)
        return None

    async def forgive(self, clave: str) -> None:
        """Forget the attempts."""
        with translated():
            await self._accesos.delete_one({"_id": clave})

    async def take_back(self, clave: str) -> None:
        """Do not count the last attempt: it was right."""
        with translated():
            await self._accesos.update_one({"_id": clave}, {"$inc": {"fallos": -1}, "$set": {"hasta": None}})

    async def _locked_until(self, clave: str, ahora: datetime) -> datetime:
        with translated():
            record = await self._accesos.find_one({"_id": clave})
        hasta = record.get("hasta") if record else None
        return hasta if isinstance(hasta, datetime) else ahora + timedelta(seconds=1)


def _milliseconds(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)

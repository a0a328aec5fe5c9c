"""`latidos`: which processes are alive. A process whose heartbeat stopped is dead, and others settle what it left."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime

from pydantic import ValidationError

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.errors import Unavailable
from shared.messages import Latido

_KEPT_SECONDS = 3600


class Latidos:
    def __init__(self, mongo: Mongo) -> None:
        self._latidos = mongo.database.latidos

    async def create_indexes(self) -> None:
        with translated():
            await self._latidos.create_index("momento", expireAfterSeconds=_KEPT_SECONDS)

    async def beat(self, latido: Latido) -> None:
        """Say that a process is alive, and how busy."""
        with translated():
            await self._latidos.replace_one({"_id": latido.id}, latido.model_dump(exclude={"id"}), upsert=True)

    async def stop(self, id_: str) -> None:
        """Take a process that ends in order off the list, so that nobody waits for its heartbeat to grow old."""
        with translated():
            await self._latidos.delete_one({"_id": id_})

    async def alive(self, desde: datetime) -> list[Latido]:
        """The processes with a heartbeat since `desde`, each as far as this version understands what it says."""
        with translated():
            records = await self._latidos.find({"momento": {"$gte": desde}}, sort=[("_id", 1)]).to_list(None)
        return [_to_latido(record) for record in records]

    async def alive_ids(self, desde: datetime) -> set[str]:
        """Which processes have a heartbeat since `desde`, of whatever version they are."""
        with translated():
            return {record["_id"] async for record in self._latidos.find({"momento": {"$gte": desde}}, {"_id": 1})}


def _to_latido(record: Json) -> Latido:
    try:
        return Latido(**record, id=record["_id"])
    except ValidationError:  # of another version: it lives, and while both run no more is known of it
        return Latido(id=record["_id"], servicio=record["servicio"], momento=record["momento"])


class Heartbeat:
    """Says that this process lives, and how busy it is. While it beats, nobody else touches what it has under way."""

    def __init__(self, latidos: Latidos, process: str, measure: Callable[[], Latido]) -> None:
        """`measure`: how `process` stands at this moment."""
        self._latidos = latidos
        self._process = process
        self._measure = measure

    async def beat(self) -> bool:
        """One beat; gives False, for there is no more to do until the next."""
        await self._latidos.beat(self._measure())
        return False

    async def stop(self) -> None:
        """Leave in order: what this process leaves may be settled at once."""
        with contextlib.suppress(Unavailable):
            await self._latidos.stop(self._process)

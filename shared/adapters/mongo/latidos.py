"""`latidos`: which processes are alive. A process whose heartbeat stopped is dead, and others settle what it left."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime

from shared.adapters.mongo.client import Mongo, translated
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
        """The processes with a heartbeat since `desde`."""
        with translated():
            records = await self._latidos.find({"momento": {"$gte": desde}}, sort=[("_id", 1)]).to_list(None)
        return [Latido(**record, id=record["_id"]) for record in records]


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

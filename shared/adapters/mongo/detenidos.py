"""Documents of `dtes` that were taken off their queue: their company is paused, or its DTEBox is away.

Such a document has `pausado`: since when. It is in no queue, and comes back through its outbox: the update that takes
`pausado` away is the one that puts the work in, so that whoever dies between two steps loses nothing. A claim takes it
away too, for a document whose work is in the broker twice.
"""

from __future__ import annotations

from collections.abc import Collection

from pymongo import ASCENDING, IndexModel

from shared.adapters.mongo.client import Json, Mongo, build_indexes, translated
from shared.adapters.mongo.moves import appended_reenvio
from shared.clock import Clock
from shared.dte.estado import ENVIABLES, Estado

_INDEX = "pausado"
INDEXES = [
    IndexModel(
        [("emisor", ASCENDING), ("pausado", ASCENDING)],
        name=_INDEX,
        partialFilterExpression={"pausado": {"$exists": True}},
    )
]
_HELD: Json = {"pausado": {"$exists": True}}
_WAITING: Json = {
    "$or": [
        {"estado": {"$in": sorted(ENVIABLES - {Estado.PENDIENTE})}},
        {"estado": Estado.PENDIENTE, "proximo_intento": {"$ne": None}},
    ]
}
"""To be sent, and not parked for a person."""


class Detenidos:
    def __init__(self, mongo: Mongo, clock: Clock) -> None:
        self._dtes = mongo.database.dtes
        self._clock = clock

    async def create_indexes(self) -> None:
        await build_indexes(self._dtes, INDEXES)

    async def hold(self, ids: Collection[str]) -> set[str]:
        """Take note that these documents are off their queue; gives those that are on record as held, now or before.

        Not those that have moved on or wait for a person: their deliveries are dealt with as always.
        """
        mine = {"_id": {"$in": list(ids)}}
        with translated():
            free: Json = {**mine, "pausado": {"$exists": False}, **_WAITING}
            await self._dtes.update_many(free, {"$set": {"pausado": self._clock()}})
            return {record["_id"] async for record in self._dtes.find({**mine, **_HELD}, {"_id": 1})}

    async def release(self, en_pausa: Collection[str], limit: int) -> int:
        """Bring back about `limit` documents of companies that are not in `en_pausa`, the longest held first.

        Through the outbox; nobody's attempt is used up, and who waits for a later time goes on waiting. Gives how many.
        """
        emisores = [emisor for emisor in await self.emisores() if emisor not in en_pausa]
        return sum([await self.release_of(emisor, -(-limit // len(emisores))) for emisor in emisores])

    async def emisores(self) -> list[str]:
        """The companies of which documents are held. One look into the index for each, however many documents."""
        found: list[str] = []
        with translated():
            while record := await self._dtes.find_one(
                {**_HELD, "emisor": {"$gt": found[-1] if found else ""}},
                {"emisor": 1},
                sort=[("emisor", ASCENDING), ("pausado", ASCENDING)],
                hint=_INDEX,
            ):
                found.append(record["emisor"])
        return found

    async def count(self, limit: int) -> dict[str, int]:
        """How many documents of each company are held; counts no further than `limit`."""
        counted = {}
        for emisor in await self.emisores():
            with translated():
                counted[emisor] = await self._dtes.count_documents(
                    {"emisor": emisor, **_HELD}, limit=limit, hint=_INDEX
                )
        return counted

    async def release_of(self, emisor: str, limit: int) -> int:
        """Bring back the `limit` documents of a company that were held the longest; gives how many."""
        momento = self._clock()
        oldest = [("emisor", ASCENDING), ("pausado", ASCENDING)]
        update: list[Json] = [
            {"$unset": "pausado"},
            {
                "$set": {"cambiado": momento, "salida": appended_reenvio(momento)}
            },  # late from now on, if nobody sends it
        ]
        with translated():
            found = self._dtes.find({"emisor": emisor, **_HELD}, {"_id": 1}, sort=oldest, hint=_INDEX).limit(limit)
            ids = [record["_id"] async for record in found]
            return (await self._dtes.update_many({"_id": {"$in": ids}, **_HELD}, update)).modified_count

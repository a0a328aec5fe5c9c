"""Companies whose signed documents wait for the sender, found without reading the queue that they wait in."""

from __future__ import annotations

from pymongo import ASCENDING, IndexModel

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad

_LEASE_MS = 8_000
_INDEX = "rezago"
_WAITING: Json = {"estado": Estado.GENERADO, "enviar_desde": None, "espera_a": None, "pausado": None}
"""Signed, in its queue and taken by nobody; word for word the index's own condition, or it would not serve."""
_ORDER = [("emisor", ASCENDING), ("prioridad", ASCENDING), ("creado", ASCENDING)]
"""`alta` sorts before `normal`: of each company what is urgent comes first."""

INDEXES = [IndexModel([("canal", ASCENDING), *_ORDER], name=_INDEX, partialFilterExpression=_WAITING)]


class Rezagos:
    """One sender at a time looks, by a lease of the database's clock for each channel."""

    def __init__(self, mongo: Mongo, process: str) -> None:
        """`process` holds the leases."""
        self._dtes = mongo.database.dtes
        self._leases = mongo.database.reparto
        self._process = process

    async def create_indexes(self) -> None:
        with translated():
            await self._dtes.create_indexes(INDEXES)
            for canal in Canal:
                await self._leases.update_one({"_id": canal}, {"$setOnInsert": {"dueno": None}}, upsert=True)

    async def hold(self, canal: Canal) -> bool:
        """Take the lease of a channel, or keep it; False while another process has it."""
        free = {"$or": [{"$eq": ["$dueno", self._process]}, {"$lt": [{"$ifNull": ["$libre", None]}, "$$NOW"]}]}
        mine = {"dueno": self._process, "libre": {"$add": ["$$NOW", _LEASE_MS]}}
        with translated():
            held = await self._leases.update_one({"_id": canal, "$expr": free}, [{"$set": mine}])
        return held.matched_count == 1

    async def next_emisor(self, canal: Canal, after: str) -> str | None:
        """The company after this one, by RUT, that has documents waiting; None behind the last one.

        One seek in the index, however many documents wait: with 200,000 of one company, two companies are two seeks.
        """
        query = {"canal": canal, "emisor": {"$gt": after}, **_WAITING}
        with translated():
            found = await self._dtes.find_one(query, {"emisor": 1}, sort=_ORDER, hint=_INDEX)
        return None if found is None else str(found["emisor"])

    async def find_ordinary(self, canal: Canal, emisor: str, limit: int) -> list[str]:
        """The oldest documents of a company whose work waits in the ordinary queue; none while others go as urgent.

        Those that are still in the outbox are left out: their work has not reached the queue.
        """
        query = {"canal": canal, "emisor": emisor, **_WAITING}
        fields = {"prioridad": 1, "salida.id": 1}
        with translated():
            records = await self._dtes.find(query, fields, sort=_ORDER, hint=_INDEX).limit(limit).to_list(limit)
        if any(record["prioridad"] == Prioridad.ALTA for record in records):
            return []
        return [record["_id"] for record in records if "salida" not in record]

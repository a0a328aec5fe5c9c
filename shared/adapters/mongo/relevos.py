"""`relevos`: which relays live, and so which share of the outbox is whose. All by the database's clock, which is one.

Each relay says every second that it lives, and learns who else does. The outbox is dealt out by folio among all of
them: in quiet times no event has two publishers. While somebody comes or goes, two may take one share for a second, and
an event may be published twice; none is left out, because the share of a relay that has gone quiet is dealt out again.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.adapters.mongo.client import Json, Mongo, translated

_CALLADO_MS = 5_000
"""A relay that has said nothing for so long is dead."""
_NUEVO_MS = 2_500
"""A relay that has just come gets its share only when all the others must have heard of it."""
_KEPT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Turno:
    """One relay's share of the outbox: the documents whose folio leaves `resto` when divided by `relevos`."""

    relevos: int = 1
    resto: int = 0

    def includes(self, folio: int) -> bool:
        return folio % self.relevos == self.resto

    @property
    def condition(self) -> Json:
        """The query for this share."""
        return {"folio": {"$mod": [self.relevos, self.resto]}} if self.relevos > 1 else {}


class Relevos:
    """This process's place among the relays."""

    def __init__(self, mongo: Mongo, process: str) -> None:
        self._relevos = mongo.database.relevos
        self._process = process

    async def create_indexes(self) -> None:
        with translated():
            await self._relevos.create_index("visto", expireAfterSeconds=_KEPT_SECONDS)

    async def take_turn(self) -> Turno | None:
        """Say that this relay lives, and get its share; None while it is too new to have one."""
        seen = [{"$set": {"visto": "$$NOW", "desde": {"$ifNull": ["$desde", "$$NOW"]}}}]
        age = {"callado": {"$subtract": ["$$NOW", "$visto"]}, "vivo": {"$subtract": ["$$NOW", "$desde"]}}
        pipeline: list[Json] = [{"$project": age}, {"$match": {"callado": {"$lt": _CALLADO_MS}}}, {"$sort": {"_id": 1}}]
        with translated():
            await self._relevos.update_one({"_id": self._process}, seen, upsert=True)
            living = await self._relevos.aggregate(pipeline).to_list(None)
        known = [relay["_id"] for relay in living if relay["vivo"] >= _NUEVO_MS]
        names = known or [relay["_id"] for relay in living]  # all have just come: nobody is there to be disturbed
        return Turno(len(names), names.index(self._process)) if self._process in names else None

    async def leave(self) -> None:
        """End in order: the others need not wait for our silence to grow long."""
        with translated():
            await self._relevos.delete_one({"_id": self._process})

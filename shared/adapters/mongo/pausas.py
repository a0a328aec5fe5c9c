"""`pausas`: the channels and companies of which nothing goes to the SII for now, one record for each."""

from __future__ import annotations

from shared.adapters.mongo.client import Mongo, translated
from shared.messages import ClasePausa, Pausa
from shared.messages.pausa import pausa_id


class Pausas:
    def __init__(self, mongo: Mongo) -> None:
        self._pausas = mongo.database.pausas

    async def all(self) -> list[Pausa]:
        """The pauses in force, the oldest first."""
        with translated():
            records = await self._pausas.find({}, sort=[("desde", 1), ("_id", 1)]).to_list(None)
        return [Pausa(**record) for record in records]

    async def get(self, clase: ClasePausa, objeto: str) -> Pausa | None:
        """The pause of this channel or company, if it has one."""
        with translated():
            record = await self._pausas.find_one({"_id": pausa_id(clase, objeto)})
        return Pausa(**record) if record else None

    async def add(self, pausa: Pausa) -> None:
        """Put it in force. Conflict if there is one of the same channel or company."""
        with translated():
            await self._pausas.insert_one({"_id": pausa.id, **pausa.model_dump()})

    async def remove(self, clase: ClasePausa, objeto: str) -> bool:
        """End it; False if there was none."""
        with translated():
            return (await self._pausas.delete_one({"_id": pausa_id(clase, objeto)})).deleted_count == 1

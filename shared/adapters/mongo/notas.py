"""What the operators know about a cause of parked documents, one note for each."""

from __future__ import annotations

from datetime import datetime

from shared.adapters.mongo.client import Mongo, translated
from shared.clock import Clock
from shared.messages import Record


class Nota(Record):
    """One note. `quien` wrote it last."""

    texto: str
    quien: str
    momento: datetime


class Notas:
    def __init__(self, mongo: Mongo, clock: Clock) -> None:
        self._notas = mongo.database.notas
        self._clock = clock

    async def all(self) -> dict[str, Nota]:
        """Every note by its cause."""
        with translated():
            return {record["_id"]: Nota(**record) async for record in self._notas.find({})}

    async def write(self, causa: str, texto: str, quien: str) -> None:
        """Put the note in the place of the one before; an empty text leaves none."""
        nota = Nota(texto=texto, quien=quien, momento=self._clock())
        with translated():
            if texto:
                await self._notas.replace_one({"_id": causa}, nota.model_dump(), upsert=True)
            else:
                await self._notas.delete_one({"_id": causa})

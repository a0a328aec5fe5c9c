"""`vistas`: the searches that people have given a name to. Each account has its own."""

from __future__ import annotations

from datetime import datetime

from pymongo import ASCENDING, IndexModel

from shared.adapters.mongo.client import Mongo, translated
from shared.messages import Record


class VistaPropia(Record):
    """One search by its name."""

    nombre: str
    q: str
    creada: datetime


class Vistas:
    def __init__(self, mongo: Mongo) -> None:
        self._vistas = mongo.database.vistas

    async def create_indexes(self) -> None:
        with translated():
            await self._vistas.create_indexes([IndexModel([("cuenta", ASCENDING), ("nombre", ASCENDING)], unique=True)])

    async def of(self, cuenta: str) -> list[VistaPropia]:
        """Those of an account, by name."""
        with translated():
            found = self._vistas.find({"cuenta": cuenta}, {"_id": 0, "cuenta": 0}, sort=[("nombre", ASCENDING)])
            return [VistaPropia(**record) async for record in found]

    async def save(self, cuenta: str, vista: VistaPropia) -> None:
        """Keep it; what had the name before is gone."""
        with translated():
            await self._vistas.update_one(
                {"cuenta": cuenta, "nombre": vista.nombre}, {"$set": vista.model_dump()}, upsert=True
            )

    async def remove(self, cuenta: str, nombre: str) -> bool:
        """False if there was none of this name."""
        with translated():
            return (await self._vistas.delete_one({"cuenta": cuenta, "nombre": nombre})).deleted_count == 1

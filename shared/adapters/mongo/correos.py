"""`correos`: how each company sends mail. Apart from `emisores`, whose record is replaced from a file without it."""

from __future__ import annotations

from shared.adapters.mongo.client import Mongo, translated
from shared.messages import CorreoEmisor


class Correos:
    """By the company's RUT. The password is stored encrypted."""

    def __init__(self, mongo: Mongo) -> None:
        self._correos = mongo.database.correos

    async def save(self, correo: CorreoEmisor) -> None:
        record = correo.model_dump(exclude={"rut"})
        with translated():
            await self._correos.replace_one({"_id": correo.rut}, record, upsert=True)

    async def get(self, rut: str) -> CorreoEmisor | None:
        with translated():
            record = await self._correos.find_one({"_id": rut})
        return CorreoEmisor(**record, rut=record["_id"]) if record else None

    async def all(self) -> list[CorreoEmisor]:
        with translated():
            records = await self._correos.find({}, sort=[("_id", 1)]).to_list(None)
        return [CorreoEmisor(**record, rut=record["_id"]) for record in records]

"""`umbrales`: the thresholds of alerts that an administrator has set; of the others the settings count."""

from __future__ import annotations

from pydantic import ValidationError

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.messages.umbral import Umbral, UmbralFijado


class UmbralesFijados:
    def __init__(self, mongo: Mongo) -> None:
        self._umbrales = mongo.database.umbrales

    async def all(self) -> dict[Umbral, UmbralFijado]:
        """Those that are set, as far as this version knows them."""
        with translated():
            records = await self._umbrales.find({}).to_list(None)
        return {fijado.umbral: fijado for record in records if (fijado := _to_fijado(record)) is not None}

    async def valores(self) -> dict[Umbral, int]:
        """The same without who and when."""
        return {umbral: fijado.valor for umbral, fijado in (await self.all()).items()}

    async def save(self, fijado: UmbralFijado) -> None:
        """Set it, in the place of what was set before."""
        record = fijado.model_dump(exclude={"umbral"})
        with translated():
            await self._umbrales.replace_one({"_id": fijado.umbral}, record, upsert=True)

    async def remove(self, umbral: Umbral) -> bool:
        """Back to the default; False if it was not set."""
        with translated():
            return (await self._umbrales.delete_one({"_id": umbral})).deleted_count == 1


def _to_fijado(record: Json) -> UmbralFijado | None:
    try:
        return UmbralFijado(umbral=record["_id"], **record)
    except ValidationError:  # of another version
        return None

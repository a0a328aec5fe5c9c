"""`instalacion`: which of the SII's environments this database belongs to, for good."""

from __future__ import annotations

from pymongo import ReturnDocument

from shared.adapters.mongo.client import Mongo, translated
from shared.dte.tipos import Ambiente
from shared.errors import Conflict, Misconfigured


class Instalacion:
    def __init__(self, mongo: Mongo, ambiente: Ambiente) -> None:
        self._base = mongo.database.name
        self._instalacion = mongo.database.instalacion
        self._ambiente = ambiente

    async def claim(self) -> None:
        """Return if the database is of this process's environment; the first who asks decides.

        Misconfigured if it is of the other one: folios, certificates and documents of both must never meet.
        """
        try:
            ambiente = await self._claim()
        except Conflict:  # two were the first: one of them was
            ambiente = await self._claim()
        if ambiente != self._ambiente:
            raise Misconfigured(
                f"POSTA_AMBIENTE es «{self._ambiente}», pero la base de datos «{self._base}» es de «{ambiente}»: "
                "corrija POSTA_AMBIENTE, o indique otra base en POSTA_MONGO_DATABASE"
            )

    async def _claim(self) -> str:
        with translated():
            record = await self._instalacion.find_one_and_update(
                {"_id": "ambiente"},
                {"$setOnInsert": {"valor": self._ambiente.value}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        return str(record["valor"])

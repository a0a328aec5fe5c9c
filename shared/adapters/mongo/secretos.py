"""Every encrypted field of the database, for the day when the master key is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from shared.adapters.mongo.client import Mongo, translated

_SECRETOS: Final = (
    ("emisores", "certificado"),
    ("emisores", "certificado_password"),
    ("emisores", "dtebox_llave"),
    ("cafs", "archivo"),
    ("correos", "clave"),
)


class Secretos:
    def __init__(self, mongo: Mongo) -> None:
        self._database = mongo.database

    async def replace(self, renew: Callable[[bytes], bytes | None]) -> int:
        """Replace each secret by what `renew` makes of it (None: it stays); gives how many were replaced.

        One that somebody else replaces at the same moment is left as they made it.
        """
        replaced = 0
        for coleccion, campo in _SECRETOS:
            with translated():
                async for record in self._database[coleccion].find({campo: {"$type": "binData"}}, {campo: 1}):
                    nuevo = renew(record[campo])
                    if nuevo is not None:
                        same = {"_id": record["_id"], campo: record[campo]}
                        result = await self._database[coleccion].update_one(same, {"$set": {campo: nuevo}})
                        replaced += result.modified_count
        return replaced

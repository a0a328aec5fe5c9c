"""Which documents of `dtes` refer to a document: notes that annul or correct it, the invoice of a delivery note."""

from __future__ import annotations

from pymongo import ASCENDING, DESCENDING, IndexModel

from shared.adapters.mongo.client import Mongo, build_indexes, translated
from shared.adapters.mongo.documents import WITHOUT_BYTES, to_resumen
from shared.messages import Dte

INDEXES = [
    IndexModel(
        [("refiere_a.dte", ASCENDING), ("creado", ASCENDING), ("_id", ASCENDING)],
        name="refiere_a",
        partialFilterExpression={"refiere_a.dte": {"$exists": True}},
    )
]


class Referencias:
    """Reads only: what a document refers to is in its record from the first."""

    def __init__(self, mongo: Mongo) -> None:
        self._dtes = mongo.database.dtes

    async def create_indexes(self) -> None:
        await build_indexes(self._dtes, INDEXES)

    async def find(self, id_: str, limit: int) -> list[Dte]:
        """The documents that refer to `id_`, the latest first. It need not be ours."""
        order = [("creado", DESCENDING), ("_id", DESCENDING)]
        with translated():
            found = self._dtes.find({"refiere_a.dte": id_}, WITHOUT_BYTES, sort=order)
            return [to_resumen(record) for record in await found.limit(limit).to_list(limit)]

    async def count(self, id_: str) -> int:
        """How many there are."""
        with translated():
            return await self._dtes.count_documents({"refiere_a.dte": id_})

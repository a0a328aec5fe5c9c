"""Which folios stored documents have: the other side of the ledger."""

from __future__ import annotations

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte

_PASO = 20_000


class Usados:
    """Read after the ledger, it has a document for whatever the ledger called used: documents are stored first."""

    def __init__(self, mongo: Mongo) -> None:
        self._dtes = mongo.database.dtes

    async def between(self, emisor: str, tipo: TipoDte, desde: int, hasta: int) -> set[int]:
        """The used folios of a stretch, from the index alone, in steps that keep within the bound of an operation."""
        used: set[int] = set()
        for primero in range(desde, hasta + 1, _PASO):
            stretch = {"$gte": primero, "$lte": min(hasta, primero + _PASO - 1)}
            used |= await self._folios({"emisor": emisor, "tipo": tipo, "folio": stretch}, "folio")
        return used

    async def rejected(self, emisor: str, tipo: TipoDte) -> set[int]:
        """The folios of documents that the SII rejected."""
        return await self._folios({"estado": Estado.RECHAZADO, "emisor": emisor, "tipo": tipo}, "estado")

    async def _folios(self, condition: Json, index: str) -> set[int]:
        with translated():
            rows = await self._dtes.find(condition, {"_id": 0, "folio": 1}).hint(index).to_list(None)
        return {row["folio"] for row in rows}

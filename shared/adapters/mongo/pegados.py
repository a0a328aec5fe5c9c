"""From what an operator pastes (folio, key, track id, envelope) to the documents that it names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from shared.adapters.mongo.busqueda import translated_search
from shared.adapters.mongo.client import Json, Mongo

HALLADOS_MAX = 5_000
"""Documents that one pasted list leads to at most: one envelope of the SII holds 2,000 of them."""
_MS = 3_000


@dataclass(frozen=True, slots=True)
class Pistas:
    """Values by what they may be; whatever one of them names is found."""

    ids: Collection[str] = ()
    folios: Collection[int] = ()
    claves: Collection[str] = ()
    track_ids: Collection[str] = ()
    sobres: Collection[str] = ()
    referencias: Collection[str] = ()
    """Ids of documents, for those that refer to one of them."""


class Pegados:
    """Each look-up is served by an index of that value."""

    def __init__(self, mongo: Mongo) -> None:
        self._dtes = mongo.database.dtes
        self._envios = mongo.database.envios

    async def find_ids(self, pistas: Pistas) -> tuple[str, ...]:
        """The documents that at least one of them names, without order, no more than HALLADOS_MAX."""
        found = dict.fromkeys(pistas.ids)
        if pistas.folios:
            found |= dict.fromkeys(await self._ids({"folio": {"$in": list(pistas.folios)}}, "por_folio"))
        if pistas.claves:
            terminals = await self._terminals()
            keys = {"terminal": {"$in": terminals}, "clave": {"$in": list(pistas.claves)}}
            found |= dict.fromkeys(await self._ids(keys, "clave"))
        if pistas.track_ids:
            found |= dict.fromkeys(await self._in_envelopes({"track_id": {"$in": list(pistas.track_ids)}}, "track_id"))
        if pistas.sobres:
            found |= dict.fromkeys(await self._in_envelopes({"_id": {"$in": list(pistas.sobres)}}, "_id_"))
        if pistas.referencias:
            referring = {"refiere_a.dte": {"$in": list(pistas.referencias)}}
            found |= dict.fromkeys(await self._ids(referring, "refiere_a"))
        return tuple(found)[:HALLADOS_MAX]

    async def _terminals(self) -> list[str]:
        """All tills that have sold anything: the index of keys begins with them."""
        with translated_search():
            return list(await self._dtes.distinct("terminal", maxTimeMS=_MS))

    async def _ids(self, condition: Json, indice: str) -> list[str]:
        with translated_search():
            found = self._dtes.find(condition, {"_id": 1}, hint=indice, max_time_ms=_MS).limit(HALLADOS_MAX)
            return [record["_id"] async for record in found]

    async def _in_envelopes(self, condition: Json, indice: str) -> list[str]:
        with translated_search():
            found = self._envios.find(condition, {"documentos": 1}, hint=indice, max_time_ms=_MS).limit(100)
            return [id_ async for record in found for id_ in record["documentos"]]

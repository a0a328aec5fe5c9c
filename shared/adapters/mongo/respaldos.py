"""What backs the documents that are called received or accepted: the envelope in which the SII took them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import pymongo

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.dte.estado import Estado
from shared.messages import EstadoEnvio

_ACEPTADOS = (Estado.ACEPTADO, Estado.REPARO)
_RECIBIDOS = (Estado.ENVIADO, *_ACEPTADOS)
_BOUND = 30.0
"""Seconds."""
_SOBRES = 200
"""Envelopes that are looked at again; with more of them wrong the first ones say enough."""


@dataclass(frozen=True, slots=True)
class Respaldo:
    """The documents of a time that are called received, against what is on record of their envelopes."""

    recibidos: int
    """Called received, whatever the verdict."""
    aceptados: int
    """Of these, called accepted, with objections or without."""
    faltan: int
    """Documents that no envelope backs: none that the SII took, or one that has ended without their verdict."""
    ids: tuple[str, ...]
    """The first of them."""


class Respaldos:
    """For a person who asks and for a look every few minutes, never for every page: it reads a time's documents."""

    def __init__(self, mongo: Mongo) -> None:
        self._dtes = mongo.database.dtes

    async def compare(self, desde: datetime, nombrados: int) -> Respaldo:
        """The documents issued since `desde`; `nombrados` of those that are wrong by their ids."""
        rows = await self._by_envelope({"creado": {"$gte": desde}}, "orden")
        wrong = [row["_id"]["envio"] for row in rows if not row["respaldado"]][:_SOBRES]
        ids = await self._still_wrong(wrong, desde, nombrados) if wrong else []
        return Respaldo(
            recibidos=sum(row["n"] for row in rows),
            aceptados=sum(row["n"] for row in rows if row["_id"]["aceptado"]),
            faltan=len(ids) if len(ids) < nombrados else sum(row["n"] for row in rows if not row["respaldado"]),
            ids=tuple(ids),
        )

    async def _still_wrong(self, envios: Collection[str | None], desde: datetime, limit: int) -> list[str]:
        """Looked at once more: between a document and its envelope, the first look may have met a change."""
        condition: Json = {"creado": {"$gte": desde}, "envio": {"$in": list(envios)}}
        rows = await self._by_envelope(condition, "orden")
        wrong = [row["_id"] for row in rows if not row["respaldado"]]
        which: Json = {"$or": [_documents_of(place) for place in wrong]}
        if not wrong:
            return []
        with translated(), pymongo.timeout(_BOUND):
            found = self._dtes.find({**condition, **which}, {"_id": 1}, sort=[("creado", 1)]).limit(limit)
            return [record["_id"] async for record in found]

    async def _by_envelope(self, condition: Json, indice: str) -> list[Json]:
        """How many documents of each envelope are called received or accepted, and whether the envelope says so too."""
        taken = {"$in": [{"$first": "$sobre.estado"}, [EstadoEnvio.RECIBIDO, EstadoEnvio.TERMINADO]]}
        under_way = {"$eq": [{"$first": "$sobre.estado"}, EstadoEnvio.RECIBIDO]}
        pipeline: list[Json] = [
            {"$match": {**condition, "estado": {"$in": list(_RECIBIDOS)}}},
            {"$project": {"envio": {"$ifNull": ["$envio", None]}, "aceptado": {"$in": ["$estado", list(_ACEPTADOS)]}}},
            {"$group": {"_id": {"envio": "$envio", "aceptado": "$aceptado"}, "n": {"$sum": 1}}},
            {
                "$lookup": {
                    "from": "envios",
                    "localField": "_id.envio",
                    "foreignField": "_id",
                    "pipeline": [{"$project": {"estado": 1}}],
                    "as": "sobre",
                }
            },
            {"$project": {"n": 1, "respaldado": {"$cond": ["$_id.aceptado", taken, under_way]}}},
        ]
        with translated(), pymongo.timeout(_BOUND):
            return await self._dtes.aggregate(pipeline, hint=indice, allowDiskUse=True).to_list(None)


def _documents_of(place: Json) -> Json:
    estados = _ACEPTADOS if place["aceptado"] else (Estado.ENVIADO,)
    return {"envio": place["envio"], "estado": {"$in": list(estados)}}

"""Documents of `dtes` that are not at the SII yet although their deadline is near or has passed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from pymongo import ASCENDING, IndexModel

from shared.adapters.mongo.client import Json, Mongo, build_indexes, translated
from shared.dte.estado import Estado
from shared.dte.tipos import BOLETAS, Canal, CanalSii, Prioridad

_UNSENT = [Estado.GENERADO, Estado.ENVIANDO, Estado.INCIERTO, Estado.PENDIENTE]

INDEXES = [
    IndexModel(
        [("canal", ASCENDING), ("aviso_plazo", ASCENDING), ("creado", ASCENDING)],
        name="plazo",
        partialFilterExpression={"estado": {"$in": _UNSENT}},
    )
]


class Aviso(StrEnum):
    """What has been told about a document's deadline: kept in its record, so that it is told once by all together."""

    POR_VENCER = "por_vencer"
    VENCIDO = "vencido"


class AvisosPlazo:
    """Held documents are left out: they are not to be at the SII yet."""

    def __init__(self, mongo: Mongo) -> None:
        self._dtes = mongo.database.dtes

    async def create_indexes(self) -> None:
        await build_indexes(self._dtes, INDEXES)

    async def mark_por_vencer(self, canal: Canal, clase: CanalSii, hasta: datetime, limit: int) -> int:
        """Take note that the deadline is near of documents issued until `hasta`; gives of how many it is news."""
        condition: Json = {"tipo": types_of(clase), "aviso_plazo": None, "creado": {"$lte": hasta}}
        return await self._mark(canal, condition, Aviso.POR_VENCER, limit)

    async def mark_vencidos(self, canal: Canal, clase: CanalSii, antes: datetime, limit: int) -> int:
        """Take note that the deadline has passed of documents issued before `antes`; gives of how many it is news."""
        condition: Json = {
            "tipo": types_of(clase),
            "aviso_plazo": {"$in": [None, Aviso.POR_VENCER]},
            "creado": {"$lt": antes},
        }
        return await self._mark(canal, condition, Aviso.VENCIDO, limit)

    async def count(self, emisores: Collection[str] | None = None) -> dict[tuple[Canal, Aviso], int]:
        """Documents in time trouble that are still not at the SII, by channel and by what was told of them.

        Of these companies, or of all.
        """
        late: Json = {"estado": {"$in": _UNSENT}, "canal": {"$in": list(Canal)}, "aviso_plazo": {"$in": list(Aviso)}}
        if emisores is not None:
            late["emisor"] = {"$in": list(emisores)}
        group = {"_id": {"canal": "$canal", "aviso": "$aviso_plazo"}, "n": {"$sum": 1}}
        with translated():
            rows = await self._dtes.aggregate([{"$match": late}, {"$group": group}], hint="plazo").to_list(None)
        return {(Canal(row["_id"]["canal"]), Aviso(row["_id"]["aviso"])): row["n"] for row in rows}

    async def find_not_urgent(self, canal: Canal, limit: int) -> list[str]:
        """Documents in time trouble whose work still waits with that of all others."""
        return await self._find(
            canal,
            {
                "aviso_plazo": {"$in": list(Aviso)},
                "prioridad": Prioridad.NORMAL,
                "salida": {"$exists": False},
                "pausado": {"$exists": False},
                "$or": [
                    {"estado": Estado.GENERADO},
                    {"estado": Estado.PENDIENTE, "proximo_intento": {"$ne": None}},
                ],
            },
            limit,
        )

    async def _mark(self, canal: Canal, condition: Json, aviso: Aviso, limit: int) -> int:
        ids = await self._find(canal, condition, limit)
        late = {**condition, "_id": {"$in": ids}, "estado": {"$in": _UNSENT}}  # some may have gone, or been told of
        with translated():
            return (await self._dtes.update_many(late, {"$set": {"aviso_plazo": aviso}})).modified_count

    async def _find(self, canal: Canal, condition: Json, limit: int) -> list[str]:
        query: Json = {
            "estado": {"$in": _UNSENT},
            "canal": canal,
            "enviar_desde": {"$exists": False},
            "espera_a": {"$exists": False},
            **condition,
        }
        with translated():
            found = self._dtes.find(query, {"_id": 1}, sort=[("creado", ASCENDING)]).limit(limit)
            return [record["_id"] async for record in found]


def types_of(clase: CanalSii) -> Json:
    """The types of boletas, or all others."""
    return {"$in" if clase is Canal.BOLETA else "$nin": sorted(BOLETAS)}

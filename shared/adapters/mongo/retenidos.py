"""Documents of `dtes` that are signed and answered but must not go to the SII yet.

A document is held while it has `enviar_desde` or `espera_a`. Its signed bytes enter the outbox, as work for the sender
and as news for whoever archives, in the same update that takes the last of the two away: once, however many look.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING, IndexModel

from shared.adapters.mongo.client import Json, Mongo, build_indexes, translated
from shared.adapters.mongo.documents import new_event
from shared.clock import Clock
from shared.dte.estado import Estado
from shared.messages import ClaseEvento

INDEXES = [
    IndexModel(
        [("enviar_desde", ASCENDING)], name="enviar_desde", partialFilterExpression={"enviar_desde": {"$exists": True}}
    ),
    IndexModel(
        [("estado", ASCENDING), ("_id", ASCENDING)],
        name="espera_a",
        partialFilterExpression={"espera_a": {"$exists": True}},
    ),
]


@dataclass(frozen=True, slots=True)
class Espera:
    """A document, and where those that it waits for stand."""

    id: str
    estados: dict[str, Estado]


class Retenidos:
    """What is held, and letting it go."""

    def __init__(self, mongo: Mongo, clock: Clock) -> None:
        self._dtes = mongo.database.dtes
        self._clock = clock

    async def create_indexes(self) -> None:
        await build_indexes(self._dtes, INDEXES)

    async def release_due(self, limit: int) -> int:
        """Take `enviar_desde` from documents whose time has come, the longest due first; gives how many."""
        due = {"enviar_desde": {"$lte": self._clock()}}
        with translated():
            found = await self._dtes.find(due, {"_id": 1}, sort=[("enviar_desde", ASCENDING)]).to_list(limit)
        ids = [record["_id"] for record in found]
        return await self._release(due, ids, "enviar_desde", other="espera_a") if ids else 0

    async def release_waiting(self, ids: Collection[str]) -> int:
        """Take `espera_a` from these documents; gives how many still had it."""
        return await self._release({"espera_a": {"$exists": True}}, ids, "espera_a", other="enviar_desde")

    async def waiting(self, limit: int, *, after: str = "") -> list[Espera]:
        """Documents that wait for others, in the order of their ids, beginning behind `after`."""
        pipeline: list[Json] = [
            {"$match": {"espera_a": {"$exists": True}, "estado": Estado.GENERADO, "_id": {"$gt": after}}},
            {"$sort": {"_id": ASCENDING}},
            {"$limit": limit},
            {"$project": {"espera_a": 1}},
            {
                "$lookup": {
                    "from": self._dtes.name,
                    "localField": "espera_a",
                    "foreignField": "_id",
                    "pipeline": [{"$project": {"estado": 1}}],
                    "as": "otros",
                }
            },
        ]
        with translated():
            records = await self._dtes.aggregate(pipeline).to_list(limit)
        return [
            Espera(record["_id"], {otro["_id"]: Estado(otro["estado"]) for otro in record["otros"]})
            for record in records
        ]

    async def _release(self, condition: Json, ids: Collection[str], field: str, *, other: str) -> int:
        with translated():
            moved = await self._dtes.update_many(
                {**condition, "_id": {"$in": list(ids)}, "estado": Estado.GENERADO},
                _released(field, other, self._clock()),
            )
        return moved.modified_count


def _released(field: str, other: str, momento: datetime) -> list[Json]:
    evento = new_event(ClaseEvento.FIRMADO, Estado.GENERADO, momento)
    with_event = {"$concatArrays": [{"$ifNull": ["$salida", []]}, [evento]]}
    held_still = {"$ne": [{"$type": f"${other}"}, "missing"]}
    return [
        {"$unset": field},
        {
            "$set": {
                "cambiado": momento,  # from now on it is late if nobody sends it
                "salida": {"$cond": [held_still, {"$ifNull": ["$salida", "$$REMOVE"]}, with_event]},
            }
        },
    ]

"""Companies whose signed documents wait for the sender, found without reading the queue that they wait in."""

from __future__ import annotations

from dataclasses import dataclass

from pymongo import ASCENDING, IndexModel

from shared.adapters.mongo.client import Json, Mongo, build_indexes, translated
from shared.clock import Clock
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad

_LEASE_MS = 8_000


@dataclass(frozen=True, slots=True)
class _Clase:
    """One kind of waiting documents. The index has its condition word for word, or it would not serve the query."""

    index: str
    condition: Json
    since: str
    """The field by which the one that has waited the longest comes first."""

    @property
    def order(self) -> list[tuple[str, int]]:
        """`alta` sorts before `normal`: of each company what is urgent comes first."""
        return [("emisor", ASCENDING), ("prioridad", ASCENDING), (self.since, ASCENDING)]

    @property
    def model(self) -> IndexModel:
        return IndexModel([("canal", ASCENDING), *self.order], name=self.index, partialFilterExpression=self.condition)


_NUEVOS = _Clase(
    "rezago", {"estado": Estado.GENERADO, "enviar_desde": None, "espera_a": None, "pausado": None}, "creado"
)
"""Signed, in the queue and taken by nobody yet."""
_REPETIDOS = _Clase(
    "rezago_pendiente",
    {"estado": Estado.PENDIENTE, "proximo_intento": {"$type": "date"}, "pausado": None},
    "proximo_intento",
)
"""Tried before and not parked: once their time has come they are back in the queue, at its end."""


class Rezagos:
    """One sender at a time looks, by a lease of the database's clock for each channel."""

    def __init__(self, mongo: Mongo, clock: Clock, process: str) -> None:
        """`process` holds the leases."""
        self._dtes = mongo.database.dtes
        self._leases = mongo.database.reparto
        self._clock = clock
        self._process = process

    async def create_indexes(self) -> None:
        await build_indexes(self._dtes, [_NUEVOS.model, _REPETIDOS.model])
        with translated():
            for canal in Canal:
                await self._leases.update_one({"_id": canal}, {"$setOnInsert": {"dueno": None}}, upsert=True)

    async def hold(self, canal: Canal) -> bool:
        """Take the lease of a channel, or keep it; False while another process has it."""
        free = {"$or": [{"$eq": ["$dueno", self._process]}, {"$lt": [{"$ifNull": ["$libre", None]}, "$$NOW"]}]}
        mine = {"dueno": self._process, "libre": {"$add": ["$$NOW", _LEASE_MS]}}
        with translated():
            held = await self._leases.update_one({"_id": canal, "$expr": free}, [{"$set": mine}])
        return held.matched_count == 1

    async def next_emisor(self, canal: Canal, after: str) -> str | None:
        """The company after this one, by RUT, that has documents waiting; None behind the last one.

        Two seeks in indexes, however many documents wait: 200,000 of one company cost what one costs.
        """
        found = [emisor for clase in (_NUEVOS, _REPETIDOS) if (emisor := await self._next(clase, canal, after))]
        return min(found, default=None)

    async def find_ordinary(self, canal: Canal, emisor: str, limit: int) -> list[str]:
        """Documents of a company whose work waits in the ordinary queue; none while others of it go as urgent.

        Those that were tried before come first, then the oldest. What is still in the outbox is left out: its work has
        not reached the queue.
        """
        due = {"proximo_intento": {"$type": "date", "$lte": self._clock()}}
        repeated = await self._waiting(_REPETIDOS, canal, emisor, limit, **due)
        waiting = [*repeated, *await self._waiting(_NUEVOS, canal, emisor, limit)]
        if any(record["prioridad"] == Prioridad.ALTA for record in waiting):
            return []
        return [record["_id"] for record in waiting if "salida" not in record][:limit]

    async def _next(self, clase: _Clase, canal: Canal, after: str) -> str | None:
        query = {"canal": canal, "emisor": {"$gt": after}, **clase.condition}
        with translated():
            found = await self._dtes.find_one(query, {"emisor": 1}, sort=clase.order, hint=clase.index)
        return None if found is None else str(found["emisor"])

    async def _waiting(self, clase: _Clase, canal: Canal, emisor: str, limit: int, **more: Json) -> list[Json]:
        query = {"canal": canal, "emisor": emisor, **clase.condition, **more}
        fields = {"prioridad": 1, "salida.id": 1}
        with translated():
            found = self._dtes.find(query, fields, sort=clase.order, hint=clase.index)
            return list(await found.limit(limit).to_list(limit))

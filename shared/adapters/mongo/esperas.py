"""What waits since when, of `dtes` and `intercambios`: the broker counts messages and does not know their age."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from pymongo import ASCENDING, IndexModel

from shared.adapters.mongo.client import Json, Mongo, build_indexes, translated
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad
from shared.messages import EstadoIntercambio

INDEXES = [
    # Those that are held back stand apart in it, so that the oldest of the others is its first entry however many.
    IndexModel(
        [(name, ASCENDING) for name in ("canal", "prioridad", "pausado", "enviar_desde", "creado")],
        name="por_enviar",
        partialFilterExpression={"estado": Estado.GENERADO},
    )
]
_RETENIDOS = ("enviar_desde", "espera_a", "pausado")
"""Each has a partial index by its own name, of the documents that have it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Espera:
    """Since when the oldest of each kind has waited; what nobody waits for is not in it."""

    por_enviar: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """By channel and priority: when the oldest document that no sender has taken yet was issued."""
    apartado: datetime | None = None
    """Since when the document that has been parked for the longest time is."""
    proximo: datetime | None = None
    """When the next attempt of a document in a wait queue is due."""
    copias: int = 0
    """Exchange copies that wait, in the same wait queues as documents."""


class Esperas:
    """One look at an index for each."""

    def __init__(self, mongo: Mongo) -> None:
        self._dtes = mongo.database.dtes
        self._intercambios = mongo.database.intercambios

    async def create_indexes(self) -> None:
        await build_indexes(self._dtes, INDEXES)

    async def read(self) -> Espera:
        """All of it in two questions."""
        looks = [
            *(_oldest(canal, prioridad) for canal in Canal for prioridad in Prioridad),
            _first("apartado", {"estado": Estado.PENDIENTE, "proximo_intento": None}, "cambiado"),
            _first("proximo", {"estado": Estado.PENDIENTE, "proximo_intento": {"$gt": _EPOCH}}, "proximo_intento"),
        ]
        union = [*looks[0], *({"$unionWith": {"coll": "dtes", "pipeline": look}} for look in looks[1:])]
        with translated():
            rows = await self._dtes.aggregate(union).to_list(None)
            copias = await self._intercambios.count_documents({"estado": EstadoIntercambio.PENDIENTE})
        found: dict[str, datetime] = {row["cual"]: row["momento"] for row in rows}
        places = {f"{c}.{p}": (c.value, p.value) for c in Canal for p in Prioridad}
        return Espera(
            por_enviar={place: found[name] for name, place in places.items() if name in found},
            apartado=found.get("apartado"),
            proximo=found.get("proximo"),
            copias=copias,
        )

    async def count_retenidos(self) -> int:
        """At least as many documents as are held back: until a time, for another document, or by a pause."""
        with translated():
            held = [await self._dtes.count_documents({name: {"$exists": True}}, hint=name) for name in _RETENIDOS]
        return sum(held)


def _oldest(canal: Canal, prioridad: Prioridad) -> list[Json]:
    free: Json = {"pausado": None, "enviar_desde": None, "espera_a": {"$exists": False}}
    condition = {"estado": Estado.GENERADO, "canal": canal, "prioridad": prioridad, **free}
    return _first(f"{canal}.{prioridad}", condition, "creado")


def _first(cual: str, condition: Json, campo: str) -> list[Json]:
    return [
        {"$match": condition},
        {"$sort": {campo: ASCENDING}},
        {"$limit": 1},
        {"$project": {"_id": 0, "cual": {"$literal": cual}, "momento": f"${campo}"}},
    ]

"""What is parked for a person: grouped by cause, and by whatever else somebody may want to ask for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, TipoDte


@dataclass(frozen=True, slots=True)
class FiltroParados:
    """Which parked documents; None asks for nothing. Moments are those at which they were parked."""

    ids: Collection[str] | None = None
    causa: str | None = None
    emisor: str | None = None
    tipo: TipoDte | None = None
    canal: Canal | None = None
    desde: datetime | None = None
    hasta: datetime | None = None
    """Parked before this moment."""

    @property
    def asks_nothing(self) -> bool:
        """Whether it would take everything that is parked."""
        return self == FiltroParados()

    @property
    def condition(self) -> Json:
        fields: Json = {"emisor": self.emisor, "tipo": self.tipo, "canal": self.canal, "error_envio.causa": self.causa}
        condition: Json = {"estado": Estado.PENDIENTE, "proximo_intento": None}
        condition |= {name: value for name, value in fields.items() if value is not None}
        if self.ids is not None:
            condition["_id"] = {"$in": list(self.ids)}
        bounds = {op: value for op, value in {"$gte": self.desde, "$lt": self.hasta}.items() if value is not None}
        return condition | ({"cambiado": bounds} if bounds else {})

    @property
    def described(self) -> dict[str, str]:
        """What it asks for, in words for the audit; of named documents their number."""
        words = {name: getattr(self, name) for name in ("causa", "emisor", "tipo", "canal", "desde", "hasta")}
        given = {name: str(value) for name, value in words.items() if value is not None}
        return given if self.ids is None else {**given, "documentos": str(len(self.ids))}


@dataclass(frozen=True, slots=True)
class GrupoCausa:
    """Documents that are parked for one cause. `remedio` is what a person has to do."""

    causa: str
    cuantos: int
    primero: datetime
    ultimo: datetime
    remedio: str
    glosa: str
    """The SII's words about the last of them."""
    ejemplo: str
    """The one that has waited for the longest."""


class Parados:
    def __init__(self, mongo: Mongo) -> None:
        self._dtes = mongo.database.dtes

    async def group(self, filtro: FiltroParados) -> list[GrupoCausa]:
        """The groups by cause, the largest first."""
        pipeline: list[Json] = [
            {"$match": filtro.condition},
            {"$sort": {"cambiado": ASCENDING}},
            {
                "$group": {
                    "_id": {"$ifNull": ["$error_envio.causa", ""]},
                    "cuantos": {"$sum": 1},
                    "primero": {"$first": "$cambiado"},
                    "ultimo": {"$last": "$cambiado"},
                    "remedio": {"$last": "$error_envio.remedio"},
                    "glosa": {"$last": "$error_envio.glosa"},
                    "ejemplo": {"$first": "$_id"},
                }
            },
            {"$sort": {"cuantos": -1, "_id": 1}},
        ]
        with translated():
            rows = await self._dtes.aggregate(pipeline).to_list(None)
        return [_to_grupo(row) for row in rows]

    async def count_waiting(self, filtro: FiltroParados) -> dict[str, int]:
        """By cause, how many notes are held for the acceptance of a document that is parked for it and matches."""
        condition = filtro.condition
        cause = {"$ifNull": ["$error_envio.causa", ""]}
        pipeline: list[Json] = [
            {"$match": {"espera_a": {"$exists": True}, "estado": Estado.GENERADO}},
            {"$project": {"espera_a": 1}},
            {
                "$lookup": {
                    "from": self._dtes.name,
                    "localField": "espera_a",
                    "foreignField": "_id",
                    "pipeline": [{"$match": condition}, {"$project": {"causa": cause}}],
                    "as": "parados",
                }
            },
            {"$unwind": "$parados"},
            {"$group": {"_id": {"nota": "$_id", "causa": "$parados.causa"}}},
            {"$group": {"_id": "$_id.causa", "n": {"$sum": 1}}},
        ]
        with translated():
            return {row["_id"]: row["n"] async for row in self._dtes.aggregate(pipeline, hint="espera_a")}

    async def freeze(self, filtro: FiltroParados, *, limite: int = 0) -> list[tuple[str, str]]:
        """Id and cause of each one that matches at this moment, the longest parked first; `limite` 0 for all."""
        fields, orden = {"error_envio.causa": 1}, [("cambiado", ASCENDING), ("_id", ASCENDING)]
        with translated():
            found = self._dtes.find(filtro.condition, fields, sort=orden, limit=limite)
            return [(record["_id"], record.get("error_envio", {}).get("causa", "")) async for record in found]


def _to_grupo(row: Json) -> GrupoCausa:
    fields: Json = {name: "" if value is None else value for name, value in row.items() if name != "_id"}
    return GrupoCausa(causa=row["_id"], **fields)

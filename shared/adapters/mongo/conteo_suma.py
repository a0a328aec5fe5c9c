"""The same counters, added up from the documents themselves as they stood at one moment."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import pymongo
from bson.timestamp import Timestamp

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.adapters.mongo.conteo_records import EMITIDOS, SUCESOS, Casilla, Lugar, Origen, Paso, Punto
from shared.dte.estado import Estado
from shared.dte.hora import CHILE

_BOUND = 280.0
"""Seconds: MongoDB keeps the past for five minutes (`minSnapshotHistoryWindowInSeconds`)."""
_RECENT = 60
_PARKED = {"$and": [{"$eq": ["$estado", Estado.PENDIENTE]}, {"$eq": [{"$ifNull": ["$proximo_intento", None]}, None]}]}
_CASILLAS: list[Json] = [
    {
        "$group": {
            "_id": {
                "dia": {"$dateToString": {"date": "$creado", "format": "%Y-%m-%d", "timezone": CHILE.key}},
                "emisor": "$emisor",
                "tipo": "$tipo",
                "canal": "$canal",
                "estado": "$estado",
                "causa": {"$cond": [_PARKED, {"$ifNull": ["$error_envio.causa", ""]}, ""]},
            },
            "n": {"$sum": 1},
        }
    }
]


class Suma:
    """Reads every document: for a rebuild and for a comparison, never for a page."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def now(self) -> Timestamp:
        """The present moment of the database."""
        with translated():
            answer = await self._mongo.database.command("ping")
        moment: Timestamp = answer["operationTime"]
        return moment

    async def readable(self, momento: Timestamp) -> Timestamp:
        """`momento`, or the present one if that is so long ago that it may not be kept: nothing has changed since."""
        ahora = await self.now()
        return momento if ahora.time - momento.time < _RECENT else ahora

    async def casillas(self, momento: Timestamp) -> Counter[Casilla]:
        """Every counter as it was at `momento`, of the last minutes. Unavailable if that is too long ago."""
        rows = await self._aggregate(_CASILLAS, momento)
        return Counter({_to_casilla(row["_id"]): row["n"] for row in rows})

    async def puntos(self, momento: Timestamp, ahora: datetime) -> Counter[Punto]:
        """The throughput of what was issued in the last hours."""
        puntos: Counter[Punto] = Counter()
        for paso in Paso:
            rows = await self._aggregate(_puntos_of(paso, ahora), momento)
            for row in rows:
                puntos[Punto(paso, row["_id"]["momento"], row["_id"]["suceso"])] += row["n"]
        return puntos

    async def folios(self, casilla: Casilla, limit: int) -> tuple[int, ...]:
        """The first folios of the documents that stand in one place now."""
        origen, lugar = casilla
        inicio = datetime.combine(date.fromisoformat(origen.dia), time(), CHILE)
        query: Json = {
            "emisor": origen.emisor,
            "tipo": origen.tipo,
            "canal": origen.canal,
            "estado": lugar.estado,
            "creado": {"$gte": inicio, "$lt": inicio + timedelta(days=1)},
        }
        if lugar.causa:
            query |= {"proximo_intento": None, "error_envio.causa": lugar.causa}
        with translated():
            found = self._mongo.database.dtes.find(query, {"folio": 1}, sort=[("creado", 1)]).limit(limit)
            return tuple([record["folio"] async for record in found])

    async def _aggregate(self, pipeline: list[Json], momento: Timestamp) -> list[Json]:
        command: dict[str, Any] = {
            "aggregate": "dtes",
            "pipeline": pipeline,
            "cursor": {"batchSize": 10_000},
            "allowDiskUse": True,
            "readConcern": {"level": "snapshot", "atClusterTime": momento},
        }
        with translated(), pymongo.timeout(_BOUND):
            cursor = await self._mongo.database.cursor_command(command)
            rows: list[Json] = await cursor.to_list(None)
        return rows


def _puntos_of(paso: Paso, ahora: datetime) -> list[Json]:
    rows = {"$concatArrays": [[{"estado": EMITIDOS, "momento": "$creado"}], "$historia"]}
    start = {"$dateTrunc": {"date": "$filas.momento", "unit": "minute" if paso is Paso.MINUTO else "hour"}}
    return [
        {"$match": {"creado": {"$gte": ahora - paso.kept}}},
        {"$project": {"filas": {"$filter": {"input": rows, "cond": {"$in": ["$$this.estado", list(SUCESOS)]}}}}},
        {"$unwind": "$filas"},
        {"$group": {"_id": {"momento": start, "suceso": "$filas.estado"}, "n": {"$sum": 1}}},
    ]


def _to_casilla(row: Json) -> Casilla:
    return Casilla(Origen(row["dia"], row["emisor"], row["tipo"], row["canal"]), Lugar(row["estado"], row["causa"]))

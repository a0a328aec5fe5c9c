"""`conteos`: how many documents stand where, kept up to date from the change stream.

The counters and the place in the stream up to which they count change together, in one transaction: a crash neither
loses nor doubles a change. One process counts at a time, by a lease of the database's clock; one that has lost it finds
`lote` moved on when it writes, and writes nothing. A rebuild writes a new generation (`g`) beside the one that is
read, and becomes visible with one update.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from bson.timestamp import Timestamp
from pymongo import ASCENDING, IndexModel, ReturnDocument, UpdateOne, WriteConcern
from pymongo.read_concern import ReadConcern

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.adapters.mongo.conteo_flujo import Flujo, Tanda
from shared.adapters.mongo.conteo_lectura import Conteo, to_conteo, totals_of
from shared.adapters.mongo.conteo_records import Casilla, Deltas, Lugar, Origen, Punto
from shared.adapters.mongo.conteo_suma import Suma
from shared.errors import Conflict

_LEASE_MS = 8_000
_CURSOR = "cursor"
_BATCH = 5_000
_AWAIT_MS = 250


@dataclass(frozen=True, slots=True)
class Posicion:
    """Up to where is counted. `g` is None until it has been counted for the first time."""

    lote: int
    g: str | None
    token: Json | None
    contado: Timestamp
    """Cluster time of the last change that is counted, or of the rebuild."""


class Conteos:
    def __init__(self, mongo: Mongo, process: str) -> None:
        """`process` holds the lease."""
        self._mongo = mongo
        self._conteos = mongo.database.conteos
        self._process = process
        self.suma = Suma(mongo)

    async def create_indexes(self) -> None:
        with translated():
            await self._conteos.create_indexes(
                [
                    IndexModel([("g", ASCENDING), ("nivel", ASCENDING), ("dia", ASCENDING)], name="nivel"),
                    IndexModel([("vence", ASCENDING)], name="vence", expireAfterSeconds=0),
                ]
            )
            await self._conteos.update_one({"_id": _CURSOR}, {"$setOnInsert": {"lote": 0}}, upsert=True)

    async def hold(self) -> datetime | None:
        """Take the lease, or keep it; gives the database's time then, None while another process counts."""
        free = {"$or": [{"$eq": ["$dueno", self._process]}, {"$lt": [{"$ifNull": ["$libre", None]}, "$$NOW"]}]}
        mine = {"dueno": self._process, "libre": {"$add": ["$$NOW", _LEASE_MS]}, "visto": "$$NOW"}
        with translated():
            record = await self._conteos.find_one_and_update(
                {"_id": _CURSOR, "$expr": free}, [{"$set": mine}], return_document=ReturnDocument.AFTER
            )
        return record["visto"] if record else None

    async def release(self) -> None:
        """End in order: another one need not wait for the lease to run out."""
        with translated():
            await self._conteos.update_one(
                {"_id": _CURSOR, "dueno": self._process}, {"$unset": {"dueno": "", "libre": ""}}
            )

    async def position(self) -> Posicion:
        with translated():
            return _to_posicion(await self._conteos.find_one({"_id": _CURSOR}) or {})

    def follow(self, posicion: Posicion) -> AsyncGenerator[Tanda]:
        """What has changed since `posicion` and changes from now on. HistoryLostError: rebuild."""
        seconds, increment = posicion.contado.time, posicion.contado.inc
        return Flujo(self._mongo).follow(posicion.token, Timestamp(seconds, increment + 1))

    async def add(self, posicion: Posicion, tanda: Tanda, hasta: datetime | None = None) -> Posicion:
        """Count these changes; gives the new position. Conflict, with nothing counted, if `posicion` is not the last.

        `hasta`: moment up to which nothing is left to count, when it was quiet.
        """
        contado = tanda.hasta or posicion.contado
        al_dia = datetime.fromtimestamp(tanda.hasta.time, UTC) if tanda.hasta else hasta
        changed: Json = {"token": tanda.token, "contado": contado}
        deltas = Deltas(tanda.cambios)
        updates = _updates(posicion.g or "", deltas)
        with translated():
            async with (
                await self._mongo.database.client.start_session() as session,
                session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority", j=True)),
            ):
                await self._advance(posicion, changed, al_dia, session)
                if updates:
                    await self._conteos.bulk_write(updates, ordered=False, session=session)
        return Posicion(posicion.lote + 1, posicion.g, tanda.token, contado)

    async def rebuild(self, posicion: Posicion, ahora: datetime) -> Posicion:
        """Count all documents anew. Conflict if somebody else has counted meanwhile."""
        momento, g = await self.suma.now(), uuid4().hex[:8]
        deltas = Deltas()
        deltas.casillas, deltas.puntos = await self.suma.casillas(momento), await self.suma.puntos(momento, ahora)
        updates = _updates(g, deltas)
        with translated():
            for start in range(0, len(updates), _BATCH):
                await self._conteos.bulk_write(updates[start : start + _BATCH], ordered=False)
            al_dia = datetime.fromtimestamp(momento.time, UTC)
            await self._advance(posicion, {"g": g, "token": None, "contado": momento}, al_dia, None)
            await self._conteos.delete_many({"g": {"$exists": True, "$nin": [g, posicion.g]}})
        return Posicion(posicion.lote + 1, g, None, momento)

    async def forget(self) -> None:
        """Have everything counted anew by whoever counts."""
        with translated():
            await self._conteos.update_one({"_id": _CURSOR}, {"$unset": {"g": "", "token": ""}, "$inc": {"lote": 1}})

    async def read(self, dia: str) -> Conteo | None:
        """The sums over all days and those of `dia`; None as long as nobody has counted."""
        with translated():
            cursor = await self._conteos.find_one({"_id": _CURSOR})
            if cursor is None or cursor.get("g") is None:
                return None
            levels = [{"nivel": "total"}, {"nivel": "dia", "dia": dia}]
            rows = await self._conteos.aggregate(totals_of({"g": cursor["g"], "$or": levels})).to_list(None)
            puntos = await self._conteos.find({"g": cursor["g"], "nivel": "ritmo"}).to_list(None)
        return to_conteo(cursor, rows, puntos)

    async def casillas(self) -> tuple[Posicion, Counter[Casilla]]:
        """Every counter that is not zero, and the position that they belong to, of one moment."""
        with translated():
            async with await self._mongo.database.client.start_session(snapshot=True) as session:
                cursor = await self._conteos.find_one({"_id": _CURSOR}, session=session) or {}
                query = {"g": cursor.get("g"), "nivel": "dia", "n": {"$ne": 0}}
                rows = await self._conteos.find(query, session=session).to_list(None)
        counted = Counter({_to_casilla(row): row["n"] for row in rows})
        return _to_posicion(cursor), counted

    async def changes(self) -> AsyncIterator[None]:
        """A nudge whenever something has been counted. Unavailable when the stream breaks."""
        pipeline: list[Json] = [
            {"$match": {"documentKey._id": _CURSOR, "updateDescription.updatedFields.lote": {"$exists": True}}},
            {"$project": {"_id": 1}},
        ]
        with translated():
            async with self._conteos.watch(pipeline, max_await_time_ms=_AWAIT_MS) as stream:
                yield None
                while stream.alive:
                    if await stream.try_next() is not None:
                        yield None

    async def _advance(self, posicion: Posicion, changed: Json, al_dia: datetime | None, session: Any) -> None:
        mine = {"_id": _CURSOR, "dueno": self._process, "lote": posicion.lote}
        update: Json = {"$set": changed, "$inc": {"lote": 1}}
        if al_dia is not None:
            update["$max"] = {"al_dia": al_dia}
        moved = await self._conteos.update_one(mine, update, session=session)
        if moved.matched_count != 1:
            raise Conflict("otro proceso lleva los conteos")


def _to_posicion(cursor: Json) -> Posicion:
    return Posicion(cursor.get("lote", 0), cursor.get("g"), cursor.get("token"), cursor.get("contado", Timestamp(0, 0)))


def _updates(g: str, deltas: Deltas) -> list[UpdateOne]:
    totals: Counter[tuple[str, int, str, Lugar]] = Counter()
    for (origen, lugar), n in deltas.casillas.items():
        totals[origen.emisor, origen.tipo, origen.canal, lugar] += n
    return [
        *(_increment(_of_day(g, casilla), n) for casilla, n in deltas.casillas.items() if n),
        *(_increment(_of_all(g, *place), n) for place, n in totals.items() if n),
        *(_increment(_of_time(g, punto), n) for punto, n in deltas.puntos.items() if n),
    ]


def _increment(record: Json, n: int) -> UpdateOne:
    fields = {name: value for name, value in record.items() if name != "_id"}
    return UpdateOne({"_id": record["_id"]}, {"$inc": {"n": n}, "$setOnInsert": fields}, upsert=True)


def _of_day(g: str, casilla: Casilla) -> Json:
    fields = {**casilla.origen._asdict(), **casilla.lugar._asdict()}
    return {"_id": _key(g, *fields.values()), "g": g, "nivel": "dia", **fields}


def _of_all(g: str, emisor: str, tipo: int, canal: str, lugar: Lugar) -> Json:
    fields = {"emisor": emisor, "tipo": tipo, "canal": canal, **lugar._asdict()}
    return {"_id": _key(g, "", *fields.values()), "g": g, "nivel": "total", **fields}


def _of_time(g: str, punto: Punto) -> Json:
    fields = {"paso": punto.paso, "momento": punto.momento, "suceso": punto.suceso}
    key = _key(g, *(punto.paso, punto.momento.isoformat(), punto.suceso))
    return {"_id": key, "g": g, "nivel": "ritmo", **fields, "vence": punto.momento + punto.paso.kept}


def _key(*parts: object) -> str:
    return "|".join(map(str, parts))


def _to_casilla(row: Json) -> Casilla:
    return Casilla(Origen(row["dia"], row["emisor"], row["tipo"], row["canal"]), Lugar(row["estado"], row["causa"]))

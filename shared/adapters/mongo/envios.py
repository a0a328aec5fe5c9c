"""`envios`: every envelope with the exact bytes that were, or were about to be, uploaded, and what the SII answered.

The record is written before the upload begins (the intent), so whoever finds it later knows that these bytes, and no
others, may have left.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bson.binary import Binary
from pymongo import ASCENDING, IndexModel, ReturnDocument

from shared.adapters.mongo.client import Json, Mongo, build_indexes, translated
from shared.clock import Clock
from shared.dte.tipos import Canal
from shared.errors import Conflict
from shared.messages import Envio, EstadoEnvio, Respuesta

INDEXES = [
    IndexModel([("estado", ASCENDING), ("proxima_consulta", ASCENDING)], name="consulta"),
    IndexModel([("consulta_de", ASCENDING)], name="lease", partialFilterExpression={"consulta_de": {"$exists": True}}),
    IndexModel(
        [("desconocido", ASCENDING)],
        name="desconocido",
        partialFilterExpression={"desconocido": {"$exists": True}},
    ),
    IndexModel([("track_id", ASCENDING)], name="track_id", partialFilterExpression={"track_id": {"$type": "string"}}),
]
_RESPUESTA_MAX = 4_000
_RESPUESTAS_MAX = 50  # the latest ones: an envelope may be asked about for days


@dataclass(frozen=True, slots=True)
class Desconocido:
    """Envelopes whose last answer had one and the same unknown code, and the documents in them."""

    sobres: int
    documentos: int


class Envios:
    """Write the intent, record what became of it, and find what is due."""

    def __init__(self, mongo: Mongo, clock: Clock, process: str) -> None:
        """`process` names the holder of leases, as in its heartbeat."""
        self._envios = mongo.database.envios
        self._clock = clock
        self._process = process

    async def create_indexes(self) -> None:
        await build_indexes(self._envios, INDEXES)

    async def add_intent(
        self,
        *,
        id_: str,
        emisor: str,
        canal: Canal,
        documentos: Sequence[str],
        archivo: str,
        contenido: bytes,
        sha256: str,
        trabajador: str,
    ) -> None:
        """Put on record what is about to be uploaded. Only after this may a byte leave.

        Conflict if the envelope was given up meanwhile (`give_up`): then nothing may be uploaded.
        """
        momento = self._clock()
        record = {
            "_id": id_,
            "emisor": emisor,
            "canal": canal,
            "documentos": list(documentos),
            "archivo": archivo,
            "contenido": Binary(contenido),
            "sha256": sha256,
            "trabajador": trabajador,
            "estado": EstadoEnvio.SUBIENDO,
            "creado": momento,
            "cambiado": momento,
            "subidas": 1,
            "consultas": 0,
            "respuestas": [],
        }
        try:
            with translated():
                await self._envios.insert_one(record)
        except Conflict:
            written = await self.get(id_)  # perhaps by this very call, when the answer to its first try was lost
            if written is None or (written.trabajador, written.sha256) != (trabajador, sha256):
                raise

    async def give_up(self, id_: str, documentos: Sequence[str], *, emisor: str, canal: Canal) -> bool:
        """Take the place of an intent that never came, so that it cannot come any more; False if it did come.

        The record's unique id decides between whoever claimed the documents and whoever thinks them abandoned.
        """
        momento = self._clock()
        record = {"_id": id_, "emisor": emisor, "canal": canal, "documentos": list(documentos), "creado": momento}
        empty = {"archivo": "", "sha256": "", "trabajador": "", "subidas": 0, "consultas": 0, "respuestas": []}
        try:
            with translated():
                await self._envios.insert_one(
                    {**record, **empty, "estado": EstadoEnvio.NO_RECIBIDO, "cambiado": momento}
                )
        except Conflict:
            return False
        return True

    async def take_over(self, id_: str, proxima_consulta: datetime) -> bool:
        """subiendo → incierto: the worker that uploaded is gone; False if it has recorded its outcome after all."""
        changed = {"estado": EstadoEnvio.INCIERTO, "cambiado": self._clock(), "proxima_consulta": proxima_consulta}
        with translated():
            moved = await self._envios.update_one({"_id": id_, "estado": EstadoEnvio.SUBIENDO}, {"$set": changed})
        return moved.modified_count == 1

    async def record(
        self,
        id_: str,
        estado: EstadoEnvio,
        respuesta: Respuesta,
        *,
        desde: Sequence[EstadoEnvio],
        track_id: str | None = None,
        proxima_consulta: datetime | None = None,
    ) -> bool:
        """Where the envelope stands after an answer (or its absence), and the answer itself.

        Only from the states in `desde`, those that the answer is about; False if somebody else moved first.
        """
        changed: Json = {"estado": estado, "cambiado": self._clock(), "proxima_consulta": proxima_consulta}
        if track_id is not None:
            changed["track_id"] = track_id
        if estado is EstadoEnvio.RECIBIDO and estado not in desde:
            changed["consultas"] = 0  # what was asked in doubt says nothing about the patience that a verdict deserves
        past = {"consulta_de": ""}
        if respuesta.desconocido:
            changed["desconocido"] = respuesta.desconocido
        else:
            past["desconocido"] = ""
        condition = {"_id": id_, "estado": {"$in": list(desde)}}
        with translated():
            moved = await self._envios.update_one(
                condition, {"$set": changed, "$unset": past, "$push": _pushed(respuesta)}
            )
        return moved.modified_count == 1

    async def lease_due(self, estado: EstadoEnvio, canales: Sequence[Canal], *, until: datetime) -> Envio | None:
        """One envelope whose `proxima_consulta` has come, put off to `until` so that no other process takes it too.

        The lease ends with the next `record`, or when its holder is found dead (`release_leases`), or at `until`.
        """
        due = {"estado": estado, "canal": {"$in": list(canales)}, "proxima_consulta": {"$lte": self._clock()}}
        with translated():
            record = await self._envios.find_one_and_update(
                due,
                {"$set": {"proxima_consulta": until, "consulta_de": self._process}, "$inc": {"consultas": 1}},
                projection={"contenido": 0},
                sort=[("proxima_consulta", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
        return _to_envio(record) if record else None

    async def put_off(self, id_: str, until: datetime) -> None:
        """End a lease of this process without having asked: not before `until`, and the question does not count."""
        held = {"_id": id_, "consulta_de": self._process}
        update = {"$set": {"proxima_consulta": until}, "$unset": {"consulta_de": ""}, "$inc": {"consultas": -1}}
        with translated():
            await self._envios.update_one(held, update)

    async def release_leases(self, alive: Collection[str]) -> int:
        """Make envelopes due at once that are leased to processes which are not among the living."""
        held = {"consulta_de": {"$exists": True, "$nin": list(alive)}}
        released = {"$set": {"proxima_consulta": self._clock()}, "$unset": {"consulta_de": ""}}
        with translated():
            return (await self._envios.update_many(held, released)).modified_count

    async def hurry(self, hasta: datetime, ids: Collection[str] | None = None) -> int:
        """Have the SII asked by `hasta` about envelopes (of `ids`, or all) whose question would come later.

        Not about one that somebody is asking about at this moment.
        """
        condition: Json = {
            "estado": {"$in": [EstadoEnvio.RECIBIDO, EstadoEnvio.INCIERTO]},
            "consulta_de": {"$exists": False},
            "proxima_consulta": {"$gt": hasta},
        }
        if ids is not None:
            condition["_id"] = {"$in": list(ids)}
        with translated():
            return (await self._envios.update_many(condition, {"$set": {"proxima_consulta": hasta}})).modified_count

    async def count_upload(self, id_: str, intencion: Respuesta) -> None:
        """Put on record, among the answers, that the same bytes are about to be uploaded once more."""
        update = {"$inc": {"subidas": 1}, "$set": {"cambiado": self._clock()}, "$push": _pushed(intencion)}
        with translated():
            await self._envios.update_one({"_id": id_}, update)

    async def forgive_upload(self, id_: str) -> None:
        """Take the last upload out of the count: it ran into an outage, which says nothing about these bytes."""
        with translated():
            await self._envios.update_one({"_id": id_}, {"$inc": {"subidas": -1}})

    async def get(self, id_: str) -> Envio | None:
        with translated():
            record = await self._envios.find_one({"_id": id_}, {"contenido": 0})
        return _to_envio(record) if record else None

    async def get_contenido(self, id_: str) -> bytes | None:
        """The exact bytes of the envelope."""
        with translated():
            record = await self._envios.find_one({"_id": id_}, {"contenido": 1})
        return bytes(record["contenido"]) if record else None

    async def find_by_estado(self, *estados: EstadoEnvio) -> list[Envio]:
        """Envelopes that stand in one of `estados`, the oldest first."""
        query = {"estado": {"$in": estados}}
        with translated():
            records = await self._envios.find(query, {"contenido": 0}, sort=[("creado", 1)]).to_list(None)
        return [_to_envio(record) for record in records]

    async def count(self) -> dict[EstadoEnvio, int]:
        """How many envelopes stand in each state."""
        pipeline = [{"$group": {"_id": "$estado", "cuantos": {"$sum": 1}}}]
        with translated():
            counted = {row["_id"]: row["cuantos"] async for row in self._envios.aggregate(pipeline)}
        return {estado: counted.get(estado, 0) for estado in EstadoEnvio}

    async def count_desconocidos(self) -> dict[tuple[Canal, str], Desconocido]:
        """What hangs on a code that the SII has never published, by channel and code: the last answer had it."""
        pipeline: list[Json] = [
            {"$match": {"desconocido": {"$exists": True}}},
            {
                "$group": {
                    "_id": {"canal": "$canal", "codigo": "$desconocido"},
                    "sobres": {"$sum": 1},
                    "documentos": {"$sum": {"$size": "$documentos"}},
                }
            },
        ]
        with translated():
            rows = await self._envios.aggregate(pipeline, hint="desconocido").to_list(None)
        return {
            (Canal(row["_id"]["canal"]), row["_id"]["codigo"]): Desconocido(row["sobres"], row["documentos"])
            for row in rows
        }


def _pushed(respuesta: Respuesta) -> Json:
    row = respuesta.model_dump() | {"cuerpo": respuesta.cuerpo[:_RESPUESTA_MAX]}
    return {"respuestas": {"$each": [row], "$slice": -_RESPUESTAS_MAX}}


def _to_envio(record: Json) -> Envio:
    return Envio(**record, id=record["_id"])

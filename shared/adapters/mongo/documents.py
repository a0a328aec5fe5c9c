"""`dtes`: every document with its signed bytes, its state, its history and its outbox, in one record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import uuid4

from bson.binary import Binary
from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateMany
from pymongo.errors import BulkWriteError

from shared.adapters.mongo.client import Json, Mongo, build_indexes, translated
from shared.adapters.mongo.relevos import Turno
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, TipoDte
from shared.errors import Unavailable
from shared.messages import ClaseEvento, Dte, DteConXml, Evento, dte_id, first_events

INDEXES = [
    IndexModel([("emisor", ASCENDING), ("tipo", ASCENDING), ("folio", ASCENDING)], unique=True, name="folio"),
    IndexModel([("terminal", ASCENDING), ("clave", ASCENDING)], unique=True, name="clave"),
    IndexModel([("estado", ASCENDING), ("proximo_intento", ASCENDING), ("cambiado", ASCENDING)], name="estado"),
    IndexModel([("envio", ASCENDING)], name="envio", partialFilterExpression={"envio": {"$exists": True}}),
    IndexModel(
        [("salida.momento", ASCENDING), ("folio", ASCENDING)],
        name="salida_folio",
        partialFilterExpression={"salida": {"$exists": True}},
    ),
]

WITHOUT_BYTES = {"xml": 0, "salida": 0}
_NOT_HELD = {"enviar_desde": {"$exists": False}, "espera_a": {"$exists": False}}
_DUPLICATE_KEY = 11000
_WHOLE = Turno()
_AWAIT_MS = 250
"""A change stream's wait must end well within the bound of an operation, or silence looks like a failure."""


class Choque(StrEnum):
    """Which unique index an insert ran into."""

    CLAVE = "clave"
    """The terminal has used this key before: the other document is the answer."""
    FOLIO = "folio"
    """Somebody else's document has this folio: take another one."""

    @property
    def repeats_clave(self) -> bool:
        return self is Choque.CLAVE


class Documents:
    """Reads and first writes of documents; changes of state are in `moves.py`."""

    def __init__(self, mongo: Mongo) -> None:
        self._dtes = mongo.database.dtes

    async def create_indexes(self) -> None:
        await build_indexes(self._dtes, INDEXES)

    async def insert(self, nuevos: Sequence[DteConXml]) -> dict[str, Choque]:
        """Store new documents, each with its first events in its outbox; gives those refused, by id.

        Unavailable means that it is not known which were stored: ask `find_by_claves`.
        """
        with translated():
            try:
                await self._dtes.insert_many([_first_record(nuevo) for nuevo in nuevos], ordered=False)
            except BulkWriteError as error:
                return _choques(nuevos, error)
        return {}

    async def find_by_claves(self, claves: Collection[tuple[str, str]]) -> dict[tuple[str, str], Dte]:
        """The documents that these `(terminal, clave)` pairs already have."""
        by_terminal: dict[str, list[str]] = {}  # one branch of the query for each till, not for each sale
        for terminal, clave in claves:
            by_terminal.setdefault(terminal, []).append(clave)
        condition = {
            "$or": [{"terminal": terminal, "clave": {"$in": suyas}} for terminal, suyas in by_terminal.items()]
        }
        return {(dte.terminal, dte.clave): dte for dte in await self._find(condition, limit=len(claves))}

    async def get(self, id_: str) -> Dte | None:
        found = await self._find({"_id": id_}, limit=1)
        return found[0] if found else None

    async def get_by_folio(self, emisor: str, tipo: TipoDte, folio: int) -> Dte | None:
        return await self.get(dte_id(emisor, tipo, folio))

    async def get_xml(self, id_: str) -> bytes | None:
        """The signed bytes, exactly as they were stored."""
        with translated():
            record = await self._dtes.find_one({"_id": id_}, {"xml": 1})
        return bytes(record["xml"]) if record else None

    async def latest(self, limit: int) -> list[Dte]:
        """The newest documents first."""
        return await self._find({}, limit=limit, sort=[("creado", DESCENDING)])

    async def find_by_estado(self, estado: Estado, *, hasta: datetime, limit: int) -> list[Dte]:
        """Documents that have stood in `estado` since before `hasta`, the oldest first."""
        return await self._find(
            {"estado": estado, "cambiado": {"$lte": hasta}}, limit=limit, sort=[("cambiado", ASCENDING)]
        )

    async def find_by_ids(self, ids: Collection[str]) -> list[Dte]:
        return await self._find({"_id": {"$in": list(ids)}}, limit=len(ids)) if ids else []

    async def estados_of(self, ids: Collection[str]) -> dict[str, Estado]:
        """The states of those of `ids` that are ours."""
        if not ids:
            return {}
        with translated():
            found = self._dtes.find({"_id": {"$in": list(ids)}}, {"estado": 1})
            return {record["_id"]: Estado(record["estado"]) async for record in found}

    async def find_by_envio(self, envio: str) -> list[Dte]:
        """The documents whose latest envelope is `envio`, by folio."""
        return await self._find({"envio": envio}, limit=0, sort=[("tipo", ASCENDING), ("folio", ASCENDING)])

    async def find_forgotten(self, canal: Canal, *, hasta: datetime, limit: int) -> list[Dte]:
        """Documents that should have been taken up before `hasta`, although their work was published."""
        condition = {
            "canal": canal,
            "salida": {"$exists": False},
            "pausado": {"$exists": False},
            "$or": [
                {"estado": Estado.GENERADO, "cambiado": {"$lte": hasta}, **_NOT_HELD},
                {"estado": Estado.PENDIENTE, "proximo_intento": {"$lte": hasta}},
            ],
        }
        return await self._find(condition, limit=limit)

    async def find_parked(self, canal: Canal, causas: Collection[str], *, hasta: datetime, limit: int) -> list[Dte]:
        """Documents parked before `hasta` for one of these causes, the oldest first."""
        condition = {
            "estado": Estado.PENDIENTE,
            "proximo_intento": None,
            "cambiado": {"$lte": hasta},
            "canal": canal,
            "error_envio.causa": {"$in": list(causas)},
        }
        return await self._find(condition, limit=limit, sort=[("cambiado", ASCENDING)])

    async def all_parked(self, ids: Collection[str] | None = None, *, limit: int = 0) -> list[Dte]:
        """The documents (of `ids`, or of all) that stand parked for a person, the longest first."""
        condition: Json = {"estado": Estado.PENDIENTE, "proximo_intento": None}
        if ids is not None:
            condition["_id"] = {"$in": list(ids)}
        return await self._find(condition, limit=limit, sort=[("cambiado", ASCENDING)])

    async def still_parked(self, ids: Collection[str]) -> set[str]:
        """Which of these documents stand parked at this moment."""
        return {dte.id for dte in await self.all_parked(ids)}

    async def count_by_estado(self) -> dict[Estado, int]:
        """How many documents stand in each state; all states are keys."""
        pipeline = [{"$group": {"_id": "$estado", "cuantos": {"$sum": 1}}}]
        with translated():
            counted = {row["_id"]: row["cuantos"] async for row in self._dtes.aggregate(pipeline)}
        return {estado: counted.get(estado, 0) for estado in Estado}

    async def existing_folios(self, emisor: str, tipo: TipoDte, folios: Collection[int]) -> set[int]:
        """Which of these folios a stored document uses."""
        condition = {"emisor": emisor, "tipo": tipo, "folio": {"$in": list(folios)}}
        with translated():
            return {row["folio"] async for row in self._dtes.find(condition, {"folio": 1})}

    async def pending_outbox(self, limit: int, turno: Turno = _WHOLE) -> list[tuple[DteConXml, tuple[Evento, ...]]]:
        """Documents with events not yet confirmed, the oldest first; with bytes only where an event needs them.

        Those of one relay's share, if there are several relays.
        """
        pipeline: list[Json] = [
            {"$match": {"salida": {"$exists": True}, **turno.condition}},
            {"$sort": {"salida.momento": ASCENDING}},
            {"$limit": limit},
            {"$set": {"xml": {"$cond": [{"$eq": ["$salida.clase", [ClaseEvento.ESTADO]]}, Binary(b""), "$xml"]}}},
        ]
        with translated():
            records = await self._dtes.aggregate(pipeline).to_list(limit)
        return [
            (DteConXml.model_validate(_fields(record)), tuple(Evento(**evento) for evento in record["salida"]))
            for record in records
        ]

    async def clear_outbox(self, published: Mapping[str, Collection[str]]) -> None:
        """Take confirmed events (by document id) out of the outbox; events that came meanwhile stay."""
        # The first events of all documents are called alike, so that one update empties many outboxes.
        alike: defaultdict[frozenset[str], list[str]] = defaultdict(list)
        for id_, eventos in published.items():
            alike[frozenset(eventos)].append(id_)
        with translated():
            await self._dtes.bulk_write(
                [
                    UpdateMany({"_id": {"$in": ids}, "salida": {"$exists": True}}, _without_events(eventos))
                    for eventos, ids in alike.items()
                ],
                ordered=False,
            )

    async def count_outbox(self) -> int:
        with translated():
            return await self._dtes.count_documents({"salida": {"$exists": True}})

    async def changes(self) -> AsyncIterator[None]:
        """A nudge whenever some document may have changed, not the truth. Unavailable when the stream breaks."""
        async for _ in self._watch({}):
            yield None

    async def outbox_news(self) -> AsyncIterator[None]:
        """A nudge when somebody moved a document whose outbox was empty; otherwise as `changes`.

        Not for new documents, of which whoever inserts them knows, nor for outboxes that are being emptied.
        """
        filled = {"operationType": "update", "updateDescription.updatedFields.salida": {"$exists": True}}
        async for _ in self._watch(filled):
            yield None

    async def _watch(self, condition: Json) -> AsyncIterator[None]:
        pipeline: list[Json] = [{"$match": condition}, {"$project": {"_id": 1}}]
        with translated():
            async with self._dtes.watch(pipeline, max_await_time_ms=_AWAIT_MS) as stream:
                yield None
                while stream.alive:
                    if await stream.try_next() is not None:
                        yield None

    async def _find(self, condition: Json, *, limit: int, sort: list[tuple[str, int]] | None = None) -> list[Dte]:
        with translated():
            records = await self._dtes.find(condition, WITHOUT_BYTES, sort=sort).limit(limit).to_list(limit or None)
        return [to_resumen(record) for record in records]


def new_event(clase: ClaseEvento, estado: Estado, momento: datetime) -> Json:
    return {"id": uuid4().hex, "clase": clase, "estado": estado, "momento": momento}


def to_resumen(record: Json) -> Dte:
    """The record of `dtes` as a value without its bytes."""
    return Dte.model_validate(_fields(record))


def to_dte(record: Json) -> DteConXml:
    """The record of `dtes` as a value, bytes included."""
    return DteConXml.model_validate(_fields(record))


def _fields(record: Json) -> Json:
    return {**record, "id": record["_id"], "fecha": record["fecha"].date()}


def _first_record(nuevo: DteConXml) -> Json:
    record: dict[str, Any] = nuevo.model_dump(exclude={"id"}, exclude_none=True)
    for campo in ("espera_a", "refiere_a"):
        if not record[campo]:
            del record[campo]  # whoever has none costs its index nothing
    return record | {
        "_id": nuevo.id,
        "fecha": _midnight(nuevo.fecha),
        "xml": Binary(nuevo.xml),
        "historia": [{"estado": nuevo.estado, "momento": nuevo.creado}],
        "salida": [evento.model_dump() for evento in first_events(nuevo)],
    }


def _midnight(fecha: date) -> datetime:
    return datetime.combine(fecha, time(), UTC)


def _choques(nuevos: Sequence[DteConXml], error: BulkWriteError) -> dict[str, Choque]:
    """Which of the documents were refused by a unique index; any other trouble leaves the outcome unknown."""
    details = error.details or {}
    problems: list[Json] = details.get("writeErrors", [])
    if details.get("writeConcernErrors") or any(problem["code"] != _DUPLICATE_KEY for problem in problems):
        raise Unavailable("MongoDB", "una escritura no quedó confirmada") from error
    return {
        nuevos[problem["index"]].id: Choque.CLAVE if "clave" in problem["keyPattern"] else Choque.FOLIO
        for problem in problems
    }


def _without_events(eventos: Collection[str]) -> list[Json]:
    rest = {"$filter": {"input": "$salida", "cond": {"$not": {"$in": ["$$this.id", list(eventos)]}}}}
    return [
        {"$set": {"salida": rest}},
        {"$set": {"salida": {"$cond": [{"$eq": [{"$size": "$salida"}, 0]}, "$$REMOVE", "$salida"]}}},
    ]

"""The change stream of `dtes` as counted changes.

An update tells where a document went, not where it came from. Its history does: it only grows, so that row `n` says
where change `n` led and row `n - 1` where it began, however far the document has moved on since.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bson.timestamp import Timestamp
from pymongo.errors import OperationFailure

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.adapters.mongo.conteo_records import Cambio, Lugar, Origen, lugar_of, origen_of

_RECENT = 20_000
"""Documents whose last place is remembered, so that the next change needs no look at the database."""
_BATCH = 1_000
_GATHER = timedelta(milliseconds=20)
_AWAIT_MS = 250
_LOST = frozenset({136, 260, 280, 286})
"""CappedPositionLost, InvalidResumeToken, ChangeStreamFatalError, ChangeStreamHistoryLost."""
_ORIGEN = ("emisor", "tipo", "canal", "creado")
_PIPELINE: list[Json] = [
    {
        "$match": {
            "$or": [
                {"operationType": {"$ne": "update"}},
                # One of the two changes with every row of the history; a time does not, within one millisecond.
                {"updateDescription.updatedFields.estado": {"$exists": True}},
                {"updateDescription.updatedFields.proximo_intento": {"$exists": True}},
            ]
        }
    },
    {
        "$project": {
            "operationType": 1,
            "clusterTime": 1,
            "documentKey": 1,
            "updateDescription.updatedFields": 1,
            **{f"fullDocument.{name}": 1 for name in (*_ORIGEN, "historia")},
        }
    },
]


class HistoryLostError(Exception):
    """The changes since the last count cannot be told any more: count everything anew."""


@dataclass(frozen=True, slots=True)
class Tanda:
    """Changes in the order in which they happened, and the place in the stream behind the last of them."""

    cambios: tuple[Cambio, ...]
    token: Json
    hasta: Timestamp | None
    """Cluster time of the last; None when nothing was left to tell."""


@dataclass(slots=True)
class _Visto:
    origen: Origen
    filas: int
    lugar: Lugar


class Flujo:
    """Follows the stream from one place on. One for each count: what it remembers is of that place."""

    def __init__(self, mongo: Mongo) -> None:
        self._dtes = mongo.database.dtes
        self._recent: OrderedDict[str, _Visto] = OrderedDict()

    async def follow(self, token: Json | None, desde: Timestamp) -> AsyncGenerator[Tanda]:
        """All changes after `token`, or from `desde` on when there is none; an empty one whenever it is quiet.

        HistoryLostError when they cannot be had; Unavailable when the stream breaks.
        """
        start: dict[str, Any] = {"resume_after": token} if token else {"start_at_operation_time": desde}
        with translated(), _lost_translated():
            async with self._dtes.watch(_PIPELINE, max_await_time_ms=_AWAIT_MS, **start) as stream:
                cosecha = _Cosecha(stream)
                try:
                    while True:
                        events, behind = await cosecha.gather()
                        cambios = await self._read(events)
                        yield Tanda(cambios, behind, events[-1]["clusterTime"] if events else None)
                finally:
                    await cosecha.close()

    async def _read(self, events: Sequence[Json]) -> tuple[Cambio, ...]:
        unknown = {e["documentKey"]["_id"] for e in events if e["operationType"] == "update"}.difference(self._recent)
        known: dict[str, Json] = {}
        if unknown:
            found = self._dtes.find({"_id": {"$in": list(unknown)}}, dict.fromkeys((*_ORIGEN, "historia"), 1))
            known = {record["_id"]: record async for record in found}
        return tuple(cambio for event in events if (cambio := self._to_cambio(event, known)) is not None)

    def _to_cambio(self, event: Json, known: Mapping[str, Json]) -> Cambio | None:
        match event["operationType"]:
            case "insert":
                return self._come(event["documentKey"]["_id"], event["fullDocument"])
            case "update":
                return self._moved(event["documentKey"]["_id"], event["updateDescription"]["updatedFields"], known)
            case _:  # no document of Posta's is ever deleted or replaced
                raise HistoryLostError(event["operationType"])

    def _come(self, id_: str, record: Json) -> Cambio:
        historia = record["historia"]
        seen = _Visto(origen_of(record), len(historia), lugar_of(historia[-1]))
        self._remember(id_, seen)
        return Cambio(seen.origen, None, seen.lugar, record["creado"])

    def _moved(self, id_: str, fields: Json, known: Mapping[str, Json]) -> Cambio | None:
        rows = [int(name.partition(".")[2]) for name in fields if name.startswith("historia.")]
        if not rows:
            return None
        [row] = rows
        seen = self._recent.get(id_) or _seen_before(known.get(id_), row)
        if seen is None or seen.filas != row:
            raise HistoryLostError(f"{id_}: row {row}, known {seen}")
        fila = fields[f"historia.{row}"]
        hacia = lugar_of(fila)
        self._remember(id_, _Visto(seen.origen, row + 1, hacia))
        return Cambio(seen.origen, seen.lugar, hacia, fila["momento"])

    def _remember(self, id_: str, seen: _Visto) -> None:
        self._recent[id_] = seen
        self._recent.move_to_end(id_)
        if len(self._recent) > _RECENT:
            self._recent.popitem(last=False)


def _seen_before(record: Json | None, row: int) -> _Visto | None:
    """How a document stood before row `row` of its history was written."""
    if record is None or not 0 < row < len(record["historia"]):
        return None
    return _Visto(origen_of(record), row, lugar_of(record["historia"][row - 1]))


class _Cosecha:
    """Takes what the stream has, in runs. A question that is under way is never cut short: its answer would be lost."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._pending: asyncio.Future[Json | None] = asyncio.ensure_future(stream.try_next())

    async def gather(self) -> tuple[list[Json], Json]:
        """The next events, none when it is quiet, and the place behind them."""
        events: list[Json] = []
        while len(events) < _BATCH and await self._answered(_GATHER if events else None):
            event, behind = self._pending.result(), self._stream.resume_token
            self._pending = asyncio.ensure_future(self._stream.try_next())
            if event is None:
                return (events, events[-1]["_id"]) if events else (events, dict(behind))
            events.append(dict(event))
        return events, events[-1]["_id"]

    async def close(self) -> None:
        await asyncio.wait({self._pending})
        self._pending.exception()  # whatever it was, nobody waits for it any more

    async def _answered(self, within: timedelta | None) -> bool:
        done, _ = await asyncio.wait({self._pending}, timeout=None if within is None else within.total_seconds())
        return bool(done)


@contextmanager
def _lost_translated() -> Iterator[None]:
    try:
        yield
    except OperationFailure as error:
        if error.code in _LOST:
            raise HistoryLostError from error
        raise

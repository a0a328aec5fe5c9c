"""Pages of documents for the screens: any criterion, at a cost that does not grow with the collection.

One index is chosen for each criterion, by what narrows most, and is read in the order of the list; what it does not
know is checked on the documents that it leads to. Of those no more than `REVISADOS_MAX` are looked at for one page: a
page may be short, and then says from where to go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import ExecutionTimeout

from shared.adapters.mongo.client import Json, Mongo, build_indexes, translated
from shared.adapters.mongo.criterio import Criterio
from shared.adapters.mongo.documents import WITHOUT_BYTES, to_resumen
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte
from shared.errors import Invalid
from shared.messages import Dte

INDEXES = [
    IndexModel([("creado", DESCENDING), ("_id", DESCENDING)], name="orden"),
    IndexModel([("folio", ASCENDING), ("_id", ASCENDING)], name="por_folio"),
    IndexModel(
        [("emisor", ASCENDING), ("error_envio.causa", ASCENDING), ("creado", ASCENDING), ("_id", ASCENDING)],
        name="lista_causa",
        partialFilterExpression={"error_envio.causa": {"$exists": True}},
    ),
]
"""Beside those of `listado.py`, which serve lists here too."""

REVISADOS_MAX = 5_000
CUENTA_MAX = 1_000
RAMAS_MAX = 200
"""An index is read in order for so many issuers and values at once: beyond, MongoDB (6.0) sorts in memory."""
_PAGINA_MS = 3_000
_CUENTA_MS = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMMON = frozenset({Estado.ACEPTADO, TipoDte.BOLETA, TipoDte.FACTURA})
"""What so many documents have in common that an index of it narrows little."""


@dataclass(frozen=True, slots=True)
class Lugar:
    """A place in the order of a list: the value that it is ordered by, and the document's id."""

    valor: int
    id: str


@dataclass(frozen=True, slots=True)
class Pagina:
    """Part of a list. A place is None when nothing is on that side of it."""

    dtes: tuple[Dte, ...]
    siguiente: Lugar | None
    anterior: Lugar | None
    completa: bool = True
    """False if it is shorter than it might be, because enough was looked at for one page."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a criterion is served."""

    indice: str
    orden: str
    """The field that the list is ordered by, the largest first; ids decide between equals."""
    guia: Json
    """The condition that the index answers by itself."""
    resto: Json
    """What is checked on the documents that it leads to."""


class Busqueda:
    """Reads only, each query with its index named and its time bounded."""

    def __init__(self, mongo: Mongo) -> None:
        self._dtes = mongo.database.dtes

    async def create_indexes(self) -> None:
        await build_indexes(self._dtes, INDEXES)

    async def emisores(self) -> list[str]:
        """The companies that have documents; costs one look at an index for each of them."""
        with translated():
            return sorted(await self._dtes.distinct("emisor"))

    async def tiendas(self, emisor: str) -> list[str]:
        """The stores of one company that have documents; the same cost."""
        with translated():
            return sorted(await self._dtes.distinct("tienda", {"emisor": emisor}))

    async def page(
        self, plan: Plan, limite: int, *, despues: Lugar | None = None, antes: Lugar | None = None
    ) -> Pagina:
        """The documents behind `despues`, or the last ones before `antes`; the first ones without either.

        Invalid when MongoDB could not find them in time.
        """
        if antes is None:
            return await self._walk(plan, limite, despues, DESCENDING)
        page = await self._walk(plan, limite, antes, ASCENDING)
        if page.anterior is None:  # the beginning of the list, which may have grown meanwhile
            return await self._walk(plan, limite, None, DESCENDING)
        return page

    async def count(self, plan: Plan) -> int | None:
        """How many documents match, up to one more than CUENTA_MAX; None when an index alone cannot tell."""
        if plan.resto:
            return None
        pipeline: list[Json] = [{"$match": plan.guia}, {"$limit": CUENTA_MAX + 1}, {"$count": "cuantos"}]
        try:
            with translated_search():
                rows = await self._dtes.aggregate(pipeline, hint=plan.indice, maxTimeMS=_CUENTA_MS).to_list(1)
        except Invalid:
            return None
        return rows[0]["cuantos"] if rows else 0

    async def _walk(self, plan: Plan, limite: int, desde: Lugar | None, direction: int) -> Pagina:
        pipeline = page_pipeline(plan, limite + 1, desde, direction)
        with translated_search():
            records = await self._dtes.aggregate(pipeline, hint=plan.indice, maxTimeMS=_PAGINA_MS).to_list(None)
        dtes = [to_resumen(record) for record in records[:limite]]
        ahead = _place(plan, dtes[-1]) if len(records) > limite else None
        completa = True
        if ahead is None and plan.resto:
            ahead = await self._end_of_look(plan, desde, direction)
            completa = ahead is None
        back = desde and (_place(plan, dtes[0]) if dtes else desde)
        if direction == DESCENDING:
            return Pagina(tuple(dtes), siguiente=ahead, anterior=back, completa=completa)
        return Pagina(tuple(reversed(dtes)), siguiente=back, anterior=ahead, completa=completa)

    async def _end_of_look(self, plan: Plan, desde: Lugar | None, direction: int) -> Lugar | None:
        """The place of the last document that was looked at for a page; None if that was all there is."""
        pipeline: list[Json] = [
            {"$match": _from(plan, desde, direction)},
            {"$sort": {plan.orden: direction, "_id": direction}},
            {"$skip": REVISADOS_MAX - 1},
            {"$limit": 1},
            {"$project": {plan.orden: 1}},
        ]
        with translated_search():
            rows = await self._dtes.aggregate(pipeline, hint=plan.indice, maxTimeMS=_PAGINA_MS).to_list(1)
        return Lugar(_to_number(rows[0][plan.orden]), rows[0]["_id"]) if rows else None


def plan_for(criterio: Criterio, emisores: list[str]) -> Plan:
    """The index that narrows most; `emisores` are all companies that have documents.

    Invalid when the criterion names too many things at once to be served in order.
    """
    parts = criterio.residual
    if criterio.ids is not None:
        rest = {"$and": [*parts.values(), criterio.creado]} if parts or criterio.creado else {}
        return Plan("_id_", "_id", {"_id": {"$in": list(criterio.ids)}}, rest)
    if "folio" in parts:
        folio = parts.pop("folio")
        return Plan("por_folio", "folio", folio, _all(parts, criterio.creado))
    guide = _guide(criterio)
    if guide is None and not criterio.emisores:
        return Plan("orden", "creado", criterio.creado, _all(parts))
    named = {"emisor": {"emisor": {"$in": list(criterio.emisores or emisores)}}}
    parts.pop("emisor", None)
    branches = len(criterio.emisores or emisores)
    if guide is not None:
        indice, campo, cuantos = guide
        named[campo], branches = parts.pop(campo), branches * cuantos
    else:
        indice = "lista"
    if branches > RAMAS_MAX:
        mensaje = f"son {branches} combinaciones de empresa y valor; elija una empresa con emisor:"
        raise Invalid.one("q", "POSTA-MON-11", mensaje)
    return Plan(indice, "creado", _all(named, criterio.creado), _all(parts))


def page_pipeline(plan: Plan, limite: int, desde: Lugar | None = None, direction: int = DESCENDING) -> list[Json]:
    """The query of one page. The look at documents ends after REVISADOS_MAX, found or not."""
    look: list[Json] = [{"$limit": REVISADOS_MAX}, {"$match": plan.resto}] if plan.resto else []
    return [
        {"$match": _from(plan, desde, direction)},
        {"$sort": {plan.orden: direction, "_id": direction}},
        *look,
        {"$limit": limite},
        {"$project": WITHOUT_BYTES},
    ]


@contextmanager
def translated_search() -> Iterator[None]:
    """As `translated`; Invalid for a search that took longer than it may."""
    with translated():
        try:
            yield
        except ExecutionTimeout as error:
            mensaje = "esta búsqueda tarda demasiado: acótela con desde:, hasta:, estado: o tienda:"
            raise Invalid.one("q", "POSTA-MON-12", mensaje) from error


def _guide(criterio: Criterio) -> tuple[str, str, int] | None:
    """Index, field and number of values of what narrows most, or None if nothing does."""
    candidates: list[tuple[str, str, tuple[Any, ...]]] = [
        ("lista_causa", "error_envio.causa", criterio.causas),
        ("lista_receptor", "receptor", criterio.receptores),
        ("lista_estado", "estado", criterio.estados_posibles),
        ("lista_tipo", "tipo", criterio.tipos),
        ("lista_tienda", "tienda", criterio.tiendas),
    ]
    asked = [(index, campo, values) for index, campo, values in candidates if values]
    rare = [one for one in asked if _COMMON.isdisjoint(one[2])]
    for indice, campo, values in rare or asked[::-1]:
        return indice, campo, len(values)
    return None


def _all(parts: dict[str, Json], *more: Json) -> Json:
    conditions = [part for part in (*parts.values(), *more) if part]
    return conditions[0] if len(conditions) == 1 else {"$and": conditions} if conditions else {}


def _from(plan: Plan, desde: Lugar | None, direction: int) -> Json:
    """The guide's condition, from behind a place on."""
    if desde is None:
        return plan.guia
    beyond, until = ("$lt", "$lte") if direction == DESCENDING else ("$gt", "$gte")
    if plan.orden == "_id":
        return {"$and": [plan.guia, {"_id": {beyond: desde.id}}]}
    valor = _from_number(plan.orden, desde.valor)
    ties = {"$or": [{plan.orden: {beyond: valor}}, {plan.orden: valor, "_id": {beyond: desde.id}}]}
    return {"$and": [plan.guia, {plan.orden: {until: valor}}, ties]}


def _place(plan: Plan, dte: Dte) -> Lugar:
    match plan.orden:
        case "creado":
            return Lugar(_to_number(dte.creado), dte.id)
        case "folio":
            return Lugar(dte.folio, dte.id)
        case _:
            return Lugar(0, dte.id)


def _to_number(valor: datetime | int | str) -> int:
    if isinstance(valor, datetime):
        return (valor - _EPOCH) // timedelta(milliseconds=1)
    return valor if isinstance(valor, int) else 0


def _from_number(orden: str, valor: int) -> datetime | int:
    return _EPOCH + timedelta(milliseconds=valor) if orden == "creado" else valor

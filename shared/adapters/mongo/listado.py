"""Lists of one company's documents, a page at a time, the newest first, whatever happens between two pages.

Every way to ask has an index that also gives the order, so a page costs the same at any size. Together, filters are
served by the index of one of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from shared.adapters.mongo.client import Json, Mongo, build_indexes, translated
from shared.adapters.mongo.documents import WITHOUT_BYTES, to_resumen
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte
from shared.messages import Dte

_ORDER = [("creado", ASCENDING), ("_id", ASCENDING)]
INDEXES = [
    IndexModel([("emisor", ASCENDING), *_ORDER], name="lista"),
    *(
        IndexModel([("emisor", ASCENDING), (campo, ASCENDING), *_ORDER], name=f"lista_{campo}")
        for campo in ("tipo", "estado", "tienda", "receptor")
    ),
]


@dataclass(frozen=True, slots=True)
class Filtro:
    """What documents to list; None asks for nothing. `caja` only makes sense with `tienda`."""

    emisor: str
    tipo: TipoDte | None = None
    estado: Estado | None = None
    tienda: str | None = None
    caja: str | None = None
    receptor: str | None = None
    desde: datetime | None = None
    """Issued at this moment or later."""
    hasta: datetime | None = None
    """Issued before this moment."""

    @property
    def condition(self) -> Json:
        fields = ("emisor", "tipo", "estado", "tienda", "caja", "receptor")
        condition: Json = {name: getattr(self, name) for name in fields if getattr(self, name) is not None}
        times = {"$gte": self.desde, "$lt": self.hasta}
        bounds = {operator: moment for operator, moment in times.items() if moment is not None}
        return condition | ({"creado": bounds} if bounds else {})


@dataclass(frozen=True, slots=True)
class Posicion:
    """A document's place in the order of every list."""

    creado: datetime
    id: str

    @property
    def behind(self) -> Json:
        """What comes after it, as a condition that an index can begin at."""
        same = {"creado": self.creado, "_id": {"$lt": self.id}}
        return {"$and": [{"creado": {"$lte": self.creado}}, {"$or": [{"creado": {"$lt": self.creado}}, same]}]}


@dataclass(frozen=True, slots=True)
class UltimasVentas:
    """When tills sold last. Who is in neither has never sold."""

    en: Mapping[str, datetime]
    antes_de: Mapping[str, datetime] = field(default_factory=dict)
    """Of those that have sold, but longer ago than anybody looked: before this moment."""


class Listado:
    def __init__(self, mongo: Mongo) -> None:
        self._dtes = mongo.database.dtes

    async def create_indexes(self) -> None:
        await build_indexes(self._dtes, INDEXES)

    async def page(self, filtro: Filtro, limite: int, despues: Posicion | None = None) -> list[Dte]:
        """The next documents that match, the newest first, behind `despues`."""
        condition = filtro.condition if despues is None else {"$and": [filtro.condition, despues.behind]}
        order = [("creado", DESCENDING), ("_id", DESCENDING)]
        with translated():
            records = await self._dtes.find(condition, WITHOUT_BYTES, sort=order).limit(limite).to_list(limite)
        return [to_resumen(record) for record in records]

    async def last_sales(self, emisor: str, terminales: Collection[str], limite: int) -> UltimasVentas:
        """When each of these tills sold last, as far as the company's last `limite` sales tell.

        Of the others one look into the index of keys, however much they sold, says whether they ever did.
        """
        order = [("creado", DESCENDING), ("_id", DESCENDING)]
        with translated():
            query = self._dtes.find({"emisor": emisor}, {"_id": 0, "terminal": 1, "creado": 1}, sort=order)
            records = await query.limit(limite).to_list(limite)
            vistas = {record["terminal"]: record["creado"] for record in reversed(records)}
            others = [id_ for id_ in terminales if id_ not in vistas]
            if not others or len(records) < limite:
                return UltimasVentas(vistas)
            sold = await self._dtes.distinct("terminal", {"terminal": {"$in": others}})
        oldest: datetime = records[-1]["creado"]
        return UltimasVentas(vistas, dict.fromkeys(sold, oldest))

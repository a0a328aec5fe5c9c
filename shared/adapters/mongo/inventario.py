"""Everything on record, for whoever proves that nothing was lost. It reads all of it: for small books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.adapters.mongo.documents import WITHOUT_BYTES, to_dte, to_resumen
from shared.adapters.mongo.folio_records import CafGuardado, to_caf
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte
from shared.messages import Dte, DteConXml

Folio = tuple[str, TipoDte, int]
"""emisor, tipo, folio."""

_UNSENT: Json = {"estado": {"$in": [Estado.GENERADO, Estado.ENVIANDO]}, "espera_a": {"$exists": False}}
_UNSETTLED: Json = {
    "$or": [
        {"estado": {"$in": [Estado.GENERADO, Estado.ENVIANDO, Estado.INCIERTO, Estado.ENVIADO]}},
        {"estado": Estado.PENDIENTE, "proximo_intento": {"$ne": None}},
    ]
}
_NOT_HELD: Json = {"$or": [{"estado": {"$ne": Estado.GENERADO}}, {"espera_a": {"$exists": False}}]}


@dataclass(frozen=True, slots=True)
class Momento:
    """Ledger and documents as they stood together, whatever went on meanwhile."""

    usados: Sequence[Folio]
    """Of every stored document."""
    cafs: Sequence[CafGuardado]
    mal_marcados: Sequence[str]
    """Ranges that say of themselves that they have folios left, and have none, or the other way round."""


class Inventario:
    """Reads only."""

    def __init__(self, mongo: Mongo) -> None:
        self._database = mongo.database

    async def folios(self) -> Momento:
        """All ranges and all folios in documents, at one moment."""
        with translated():
            async with await self._database.client.start_session(snapshot=True) as moment:
                fields = {"emisor": 1, "tipo": 1, "folio": 1}
                dtes = await self._database.dtes.find({}, fields, session=moment).to_list(None)
                cafs = await self._database.cafs.find({}, session=moment).to_list(None)
        return Momento(
            usados=[(dte["emisor"], TipoDte(dte["tipo"]), dte["folio"]) for dte in dtes],
            cafs=[to_caf(caf) for caf in cafs],
            mal_marcados=[caf["_id"] for caf in cafs if caf["quedan"] is not bool(caf["libres"] or caf["nuevos"])],
        )

    async def claves(self) -> list[tuple[str, str]]:
        """Terminal and key of every document, as often as they occur."""
        with translated():
            dtes = await self._database.dtes.find({}, {"terminal": 1, "clave": 1}).to_list(None)
        return [(dte["terminal"], dte["clave"]) for dte in dtes]

    async def documents(self) -> list[DteConXml]:
        """Every document with its bytes."""
        with translated():
            records = await self._database.dtes.find({}, {"salida": 0}).to_list(None)
        return [to_dte(record) for record in records]

    async def resumenes(self, emisor: str) -> list[Dte]:
        """Every document of a company, without its bytes."""
        with translated():
            records = await self._database.dtes.find({"emisor": emisor}, WITHOUT_BYTES).to_list(None)
        return [to_resumen(record) for record in records]

    async def count(self, emisor: str | None = None) -> int:
        """Documents of a company, or of all."""
        return await self._count(emisor, {})

    async def count_sent(self, emisor: str | None = None) -> int:
        """Documents of which somebody has at least begun to send an envelope."""
        return await self._count(emisor, {"estado": {"$ne": Estado.GENERADO}})

    async def count_unsent(self, emisor: str | None = None) -> int:
        """Documents that have not been sent once, whatever came of it; but for those that wait for another one."""
        return await self._count(emisor, _UNSENT)

    async def count_unsettled(self, emisor: str | None = None, *, also_held: bool = True) -> int:
        """Documents without a verdict that do not wait for a person, nor, unless `also_held`, for another document."""
        return await self._count(emisor, _unsettled(also_held=also_held))

    async def some_unsettled(self, emisor: str | None, limit: int) -> list[Dte]:
        with translated():
            records = await self._database.dtes.find(_of(emisor, _UNSETTLED), WITHOUT_BYTES).to_list(limit)
        return [to_resumen(record) for record in records]

    async def _count(self, emisor: str | None, condition: Json) -> int:
        with translated():
            return await self._database.dtes.count_documents(_of(emisor, condition))


def _unsettled(*, also_held: bool) -> Json:
    return _UNSETTLED if also_held else {"$and": [_UNSETTLED, _NOT_HELD]}


def _of(emisor: str | None, condition: Json) -> Json:
    return condition if emisor is None else {"emisor": emisor, **condition}

"""Many documents at once, like those of a year of a chain of stores: for measurements on a database of their own."""

from __future__ import annotations

from datetime import datetime, timedelta

from pymongo import InsertOne, WriteConcern

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.dte.estado import Estado
from shared.dte.tipos import Prioridad, TipoDte
from shared.messages import dte_id

_EMISORES = ("76192083-9", "76354771-K", "77123456-9")
_RARE = (Estado.RECHAZADO, Estado.REPARO, Estado.PENDIENTE, Estado.ENVIADO)
_DIAS = 365
LOTE = 5_000


class Relleno:
    def __init__(self, mongo: Mongo) -> None:
        self._admin = mongo.database.client.admin
        self._dtes = mongo.database.dtes.with_options(write_concern=WriteConcern(1, j=False))

    async def fill(self, desde: int, hasta: int, ahora: datetime) -> None:
        """Documents number `desde` to `hasta` - 1, most of them accepted, all over the year before `ahora`."""
        with translated():
            records = [InsertOne(_record(number, ahora)) for number in range(desde, hasta)]
            await self._dtes.bulk_write(records, ordered=False)

    async def flush(self) -> None:
        """Have everything on disk, so that no measurement pays for what was written before it."""
        with translated():
            await self._admin.command("fsync")

    async def count_naively(self) -> dict[str, int]:
        """Documents by state as a page without counters asks for them: by reading every one."""
        with translated():
            rows = self._dtes.aggregate([{"$group": {"_id": "$estado", "n": {"$sum": 1}}}], hint={"$natural": 1})
            return {row["_id"]: row["n"] async for row in rows}


def _record(number: int, ahora: datetime) -> Json:
    tipo = TipoDte.FACTURA if number % 10 == 0 else TipoDte.BOLETA
    estado = _RARE[number // 500 % len(_RARE)] if number % 500 == 0 else Estado.ACEPTADO
    creado = ahora - timedelta(seconds=(number * 7_919) % (_DIAS * 86_400))
    emisor, tienda = _EMISORES[number % len(_EMISORES)], f"Tienda {number % 40}"
    steps = (Estado.GENERADO, Estado.ENVIANDO, estado)
    return {
        "_id": dte_id(emisor, tipo, number),
        "emisor": emisor,
        "tipo": tipo,
        "folio": number,
        "canal": tipo.canal,
        "prioridad": Prioridad.NORMAL,
        "terminal": f"{tienda}-1",
        "tienda": tienda,
        "caja": "1",
        "clave": str(number),
        "huella": f"{number:064x}",
        "receptor": "66666666-6" if tipo is TipoDte.BOLETA else "96790240-3",
        "fecha": creado.replace(hour=0, minute=0, second=0, microsecond=0),
        "monto": 990 + number % 50_000,
        "sha256": f"{number:064x}",
        "ted": "<TED/>",
        "creado": creado,
        "cambiado": creado,
        "estado": estado,
        "intentos": 1,
        "xml": b"<DTE/>",
        "historia": [{"estado": step, "momento": creado + timedelta(seconds=n)} for n, step in enumerate(steps)],
    }

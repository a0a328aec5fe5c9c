"""`auditoria`: who changed what, when and why. Each entry holds the hash of the one before it, so that none can be
altered, taken out or put in between without the chain showing it.

An act is two entries: the intent, written before anything changes, and what became of it. So no change can go without
an entry; an intent that nothing follows was cut short, and the change may or may not have been made.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field, ValidationError

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.clock import Clock
from shared.errors import Conflict, PostaError, Unavailable
from shared.messages import Record

ORIGEN = "0" * 64
"""What stands for the hash before the first entry."""
_INTENTOS = 200
_ESPERA = 0.02


class Fase(StrEnum):
    INTENTO = "intento"
    HECHO = "hecho"
    FALLIDO = "fallido"
    """Nothing was changed."""


class Asiento(Record):
    """One entry. `hash` covers all the rest, `anterior` among it."""

    n: int
    momento: datetime
    quien: str
    """`usuario@host` at the command line, the till over HTTP."""
    motivo: str
    accion: str
    objeto: str
    """What was acted on: a RUT, the id of a till."""
    detalle: dict[str, Any] = Field(default_factory=dict)
    """Never a secret."""
    fase: Fase
    intento: int | None = None
    """The entry whose outcome this is."""
    anterior: str
    hash: str = ""

    def compute_hash(self) -> str:
        datos = self.model_dump(mode="json", exclude={"hash"})
        return hashlib.sha256(json.dumps(datos, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verificacion:
    """What the chain looks like: `falla` says what is wrong with entry `n`, and is empty when nothing is."""

    asientos: int
    cabeza: str
    """Hash of the last good entry. Kept elsewhere, it also proves that none was cut off at the end."""
    n: int = 0
    falla: str = ""


class Auditoria:
    """The chain. Many processes may append at once: an entry's number is its unique id, and who loses comes next."""

    def __init__(self, mongo: Mongo, clock: Clock) -> None:
        self._asientos = mongo.database.auditoria
        self._clock = clock

    async def append(self, **datos: Any) -> Asiento:
        """The next entry, stored. Unavailable if it is not known to be."""
        for _ in range(_INTENTOS):
            with translated():
                ultimo = await self._asientos.find_one({}, sort=[("_id", -1)])
            asiento = self._link(ultimo, datos)
            try:
                with translated():
                    await self._asientos.insert_one(_to_record(asiento))
            except Conflict:  # somebody else's entry has this number; a majority may not have it yet
                await asyncio.sleep(random.uniform(0, _ESPERA))  # noqa: S311
            else:
                return asiento
        raise Unavailable("La auditoría", "hay demasiados que escriben a la vez")

    async def list(self, *, desde: int = 1, limite: int = 1000) -> list[Asiento]:
        """The last `limite` entries from number `desde` on, in their order."""
        with translated():
            query = self._asientos.find({"_id": {"$gte": desde}}, sort=[("_id", -1)], limit=limite)
            return [_to_asiento(record) for record in reversed(await query.to_list(None))]

    async def verify(self, *, contiene: str | None = None) -> Verificacion:
        """Whether the chain is whole, and holds the entry with the hash `contiene`; the first fault otherwise."""
        anterior, n, seen = ORIGEN, 0, contiene is None
        with translated():
            async for record in self._asientos.find({}, sort=[("_id", 1)]):
                falla = _find_falla(record, n + 1, anterior)
                if falla:
                    return Verificacion(n, anterior, n + 1, falla)
                n, anterior = n + 1, record["hash"]
                seen = seen or anterior == contiene
        falla = "" if seen else f"no está el asiento {contiene}: falta el final de la cadena, o toda es otra"
        return Verificacion(n, anterior, n + 1 if falla else 0, falla)

    def _link(self, ultimo: Json | None, datos: Mapping[str, Any]) -> Asiento:
        ahora = self._clock()
        momento = ahora.replace(microsecond=ahora.microsecond // 1000 * 1000)  # as MongoDB keeps it
        n, anterior = (ultimo["_id"] + 1, ultimo.get("hash", ORIGEN)) if ultimo else (1, ORIGEN)
        asiento = Asiento(n=n, momento=momento, anterior=anterior, **datos)
        return asiento.model_copy(update={"hash": asiento.compute_hash()})


@dataclass(frozen=True, slots=True)
class Registro:
    """The chain in the hands of one person, with the reason for what they do."""

    auditoria: Auditoria
    quien: str
    motivo: str = ""

    @asynccontextmanager
    async def act(self, accion: str, objeto: str, **detalle: Any) -> AsyncIterator[None]:
        """What is done inside is on record: the intent before, the outcome after. Unavailable: nothing was done."""
        common = {"quien": self.quien, "motivo": self.motivo, "accion": accion, "objeto": objeto}
        intento = await self.auditoria.append(**common, detalle=detalle, fase=Fase.INTENTO)
        try:
            yield
        except Unavailable:  # nobody knows whether it was done: the intent alone says just that
            raise
        except PostaError as error:
            motivo = {"error": type(error).__name__}
            await self._conclude(**common, detalle=motivo, fase=Fase.FALLIDO, intento=intento.n)
            raise
        else:
            await self._conclude(**common, fase=Fase.HECHO, intento=intento.n)

    async def _conclude(self, **datos: Any) -> None:
        with suppress(Unavailable):  # what was done is done, and its intent on record
            await self.auditoria.append(**datos)


def _find_falla(record: Json, n: int, anterior: str) -> str:
    """What is wrong with the entry that should be number `n`; empty if nothing is."""
    if record["_id"] != n:
        return f"falta el asiento {n}: el siguiente es el {record['_id']}"
    try:
        asiento = _to_asiento(record)
    except ValidationError as error:
        return f"el asiento {n} no se puede leer: {error.error_count()} campos están mal"
    if asiento.anterior != anterior:
        return f"el asiento {n} no sigue al {n - 1}: uno de los dos fue cambiado o reemplazado"
    if asiento.compute_hash() != asiento.hash:
        return f"el asiento {n} fue cambiado después de escrito"
    return ""


def _to_record(asiento: Asiento) -> Json:
    return {"_id": asiento.n, **asiento.model_dump(exclude={"n"})}


def _to_asiento(record: Json) -> Asiento:
    return Asiento(**record, n=record["_id"])

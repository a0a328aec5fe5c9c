"""What a till says of itself: its own key, and the key of the sale it speaks about."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from services.emitter.answers import ProblemError
from shared.clock import Clock
from shared.errors import Unavailable
from shared.llaves import find_terminal_id, hash_llave
from shared.metrics import LLAVES_RECHAZADAS

if TYPE_CHECKING:
    from services.emitter.limites import Limites
    from shared.adapters.mongo import Companies
    from shared.messages import TerminalGuardado

V = TypeVar("V")

CLAVE_PATTERN = r"^[\x21-\x7e]([\x20-\x7e]{0,126}[\x21-\x7e])?$"
"""An idempotency key as `read_clave` takes it, for contracts."""
_CLAVE = re.compile(r"[\x20-\x7e]{1,128}")
_FRESCO = timedelta(seconds=3)
"""A revoked key stops working after this time."""
_MAX_CONOCIDAS = 100_000
_MAX_DESCONOCIDAS = 1_000
_MAX_PREGUNTAS = 1_000
"""Keys that are looked up at one time; a waiting room without a bound would grow while MongoDB is away."""


def read_clave(clave: str | None) -> str:
    """The idempotency key, without outer space: 1 to 128 printable ASCII characters. ProblemError (400) otherwise."""
    clave = (clave or "").strip()
    if not _CLAVE.fullmatch(clave):
        detail = "envíe una clave de 1 a 128 caracteres ASCII imprimibles, distinta para cada venta (Idempotency-Key)"
        raise ProblemError(400, "clave-invalida", "Falta la clave de idempotencia", detail)
    return clave


class Terminals:
    """Tills by their key, with a short memory so that most requests need no look into the database."""

    def __init__(self, companies: Companies, limites: Limites, clock: Clock, *, plazo: timedelta) -> None:
        """`plazo` bounds every answer."""
        self.limites = limites
        self._companies = companies
        self._clock = clock
        self._plazo = plazo
        self._known: dict[str, tuple[datetime, TerminalGuardado]] = {}
        self._unknown: dict[str, datetime] = {}
        self._asking: dict[str, asyncio.Task[TerminalGuardado | None]] = {}

    async def require(self, llave: str) -> TerminalGuardado:
        """The till with this key. ProblemError (401) if there is none; Unavailable when MongoDB is away."""
        terminal = await self.find(llave)
        if terminal is not None:
            return terminal
        LLAVES_RECHAZADAS.inc()
        if not llave:
            detail = "envíe la llave del terminal como «Authorization: Bearer LLAVE»"
            raise ProblemError(401, "no-autorizado", "Falta la llave del terminal", detail)
        detail = "la llave no existe o fue revocada: pida otra con «posta terminal create»"
        raise ProblemError(401, "no-autorizado", "Llave de terminal desconocida", detail)

    async def find(self, llave: str) -> TerminalGuardado | None:
        """The till with this key; None if there is none or it was revoked. Unavailable when MongoDB is away."""
        if not find_terminal_id(llave):
            return None
        hash_ = hash_llave(llave)
        vencido = self._clock() - _FRESCO
        if hash_ in self._known and self._known[hash_][0] > vencido:
            return self._known[hash_][1]
        if hash_ in self._unknown and self._unknown[hash_] > vencido:
            return None
        return await self._ask(hash_)

    async def _ask(self, hash_: str) -> TerminalGuardado | None:
        """One question for each key, however many requests bring it; none at all while too many are open."""
        asking = self._asking.get(hash_)
        if asking is None:
            if len(self._asking) >= _MAX_PREGUNTAS:
                raise Unavailable("MongoDB", "demasiadas cajas esperan que se lea su llave")
            asking = self._asking[hash_] = asyncio.create_task(self._look_up(hash_))
            asking.add_done_callback(_hear)
        return await asyncio.shield(asking)

    async def _look_up(self, hash_: str) -> TerminalGuardado | None:
        try:
            async with asyncio.timeout(self._plazo.total_seconds()):  # it may not even have its turn in that time
                terminal = await self._companies.find_terminal(hash_)
        except TimeoutError as error:
            raise Unavailable("MongoDB", "no se pudo leer la llave del terminal") from error
        finally:
            self._asking.pop(hash_)
        self._remember(hash_, terminal)
        return terminal

    def _remember(self, hash_: str, terminal: TerminalGuardado | None) -> None:
        """Who guesses keys pushes out other guesses, never the tills that sell."""
        self._known.pop(hash_, None)
        self._unknown.pop(hash_, None)
        if terminal is not None:
            _make_room(self._known, _MAX_CONOCIDAS)
            self._known[hash_] = self._clock(), terminal
        else:
            _make_room(self._unknown, _MAX_DESCONOCIDAS)
            self._unknown[hash_] = self._clock()


def _hear(asking: asyncio.Task[TerminalGuardado | None]) -> None:
    """Nobody may be left to hear of a failure: those who asked may have gone."""
    if not asking.cancelled():
        asking.exception()


def _make_room(memory: dict[str, V], bound: int) -> None:
    """Forget what was remembered first when there is no room for one more."""
    while len(memory) >= bound:
        del memory[next(iter(memory))]

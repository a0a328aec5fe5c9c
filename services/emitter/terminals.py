"""What a till says of itself: its own key, and the key of the sale it speaks about."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.emitter.answers import ProblemError
from shared.clock import Clock

if TYPE_CHECKING:
    from shared.adapters.mongo import Companies
    from shared.messages import TerminalGuardado

_LLAVE = re.compile(r"posta_([0-9a-f]{24})_([A-Za-z0-9_-]{43})")
_CLAVE = re.compile(r"[\x20-\x7e]{1,128}")
_FRESCO = timedelta(seconds=3)
"""A revoked key stops working after this time."""
_MAX = 10_000


def create_llave(id_: str) -> str:
    """A new key for the till `id_` (24 hexadecimal digits): 256 random bits, to be shown once and never stored."""
    return f"posta_{id_}_{secrets.token_urlsafe(32)}"


def create_terminal_id() -> str:
    return secrets.token_hex(12)


def hash_llave(llave: str) -> str:
    """What is stored instead of a key. No salt or stretching: nobody guesses 256 random bits."""
    return hashlib.sha256(llave.encode()).hexdigest()


def read_clave(clave: str | None) -> str:
    """The idempotency key, without outer space: 1 to 128 printable ASCII characters. ProblemError (400) otherwise."""
    clave = (clave or "").strip()
    if not _CLAVE.fullmatch(clave):
        detail = "envíe una clave de 1 a 128 caracteres ASCII imprimibles, distinta para cada venta (Idempotency-Key)"
        raise ProblemError(400, "clave-invalida", "Falta la clave de idempotencia", detail)
    return clave


class Terminals:
    """Tills by their key, with a short memory so that most requests need no look into the database."""

    def __init__(self, companies: Companies, clock: Clock) -> None:
        self._companies = companies
        self._clock = clock
        self._known: dict[str, tuple[datetime, TerminalGuardado | None]] = {}

    async def require(self, llave: str) -> TerminalGuardado:
        """The till with this key. ProblemError (401) if there is none; Unavailable when MongoDB is away."""
        if not llave:
            detail = "envíe la llave del terminal como «Authorization: Bearer LLAVE»"
            raise ProblemError(401, "no-autorizado", "Falta la llave del terminal", detail)
        terminal = await self.find(llave)
        if terminal is None:
            detail = "la llave no existe o fue revocada: pida otra con «posta terminal create»"
            raise ProblemError(401, "no-autorizado", "Llave de terminal desconocida", detail)
        return terminal

    async def find(self, llave: str) -> TerminalGuardado | None:
        """The till with this key; None if there is none or it was revoked. Unavailable when MongoDB is away."""
        if not _LLAVE.fullmatch(llave):
            return None
        hash_ = hash_llave(llave)
        momento, terminal = self._known.get(hash_, (None, None))
        if momento is None or self._clock() - momento > _FRESCO:
            terminal = await self._companies.find_terminal(hash_)
            self._remember(hash_, terminal)
        return terminal

    def _remember(self, hash_: str, terminal: TerminalGuardado | None) -> None:
        if len(self._known) >= _MAX:  # somebody is guessing
            self._known.clear()
        self._known[hash_] = (self._clock(), terminal)

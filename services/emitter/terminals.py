"""Which till is speaking: its key, and the till behind it."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.clock import Clock

if TYPE_CHECKING:
    from shared.adapters.mongo import Companies
    from shared.messages import TerminalGuardado

_LLAVE = re.compile(r"posta_([0-9a-f]{24})_([A-Za-z0-9_-]{43})")
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


class Terminals:
    """Tills by their key, with a short memory so that most requests need no look into the database."""

    def __init__(self, companies: Companies, clock: Clock) -> None:
        self._companies = companies
        self._clock = clock
        self._known: dict[str, tuple[datetime, TerminalGuardado | None]] = {}

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

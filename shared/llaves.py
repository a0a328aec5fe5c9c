"""The key with which a till speaks: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import re
import secrets

_LLAVE = re.compile(r"posta_([0-9a-f]{24})_([A-Za-z0-9_-]{43})")


def create_llave(id_: str) -> str:
    """A new key for the till `id_` (24 hexadecimal digits): 256 random bits, to be shown once and never stored."""
    return f"posta_{id_}_{secrets.token_urlsafe(32)}"


def find_terminal_id(llave: str) -> str:
    """The till that a key names, without its secret part, which may be shown; empty for what is no key of ours."""
    found = _LLAVE.fullmatch(llave)
    return found[1] if found else ""


def create_terminal_id() -> str:
    return secrets.token_hex(12)


def hash_llave(llave: str) -> str:
    """What is stored instead of a key. No salt or stretching: nobody guesses 256 random bits."""
    return hashlib.sha256(llave.encode()).hexdigest()

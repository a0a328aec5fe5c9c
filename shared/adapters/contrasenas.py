"""Passwords: argon2id, the only home of argon2-cffi. Parameters are RFC 9106's for machines with little memory."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HILOS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
"""Each hash takes 64 MiB: who knocks a hundred times at once must not take all of the memory."""
_HASHER = PasswordHasher()


async def hash_contrasena(contrasena: str) -> str:
    """What is stored instead of a password."""
    return await asyncio.get_running_loop().run_in_executor(_HILOS, _HASHER.hash, contrasena)


async def verify_contrasena(contrasena: str, stored: str | None) -> bool:
    """Whether it is this password; takes as long, and gives False, where there is none to compare with."""
    return await asyncio.get_running_loop().run_in_executor(_HILOS, _verify, contrasena, stored)


def needs_rehash(stored: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _verify(contrasena: str, stored: str | None) -> bool:
    try:
        return _HASHER.verify(stored or _nobody(), contrasena) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """The hash of a password that nobody has."""
    return _HASHER.hash("\0")

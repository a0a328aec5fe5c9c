"""Waiting for something to become true, with a limit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from shared.errors import Unavailable

_POLL = 0.1


async def until(holds: Callable[[], Awaitable[bool]], within: float) -> bool:
    """Whether it became true within so many seconds. A server that is away just now has not said so."""
    deadline = time.monotonic() + within
    while True:
        with suppress(Unavailable):
            if await holds():
                return True
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL)

"""Waiting for something to become true, with a limit: what tests do instead of sleeping."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar, overload

T = TypeVar("T")
_POLL = 0.02
LIMIT = 60.0
"""Seconds: what a loaded machine may need for anything that ends at all. Nobody waits them but a test that fails."""


@overload
async def eventually(predicate: Callable[[], Coroutine[Any, Any, T]], within: float = LIMIT) -> T: ...
@overload
async def eventually(predicate: Callable[[], T | Awaitable[T]], within: float = LIMIT) -> T: ...
async def eventually(predicate: Callable[[], Any], within: float = LIMIT) -> Any:
    """The first true value of `predicate` (plain or async); AssertionError with its last one after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        outcome = predicate()
        value = await outcome if inspect.isawaitable(outcome) else outcome
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {within} s: {_name(predicate)} gave {value!r}")
        await asyncio.sleep(_POLL)


def _name(predicate: Callable[..., object]) -> str:
    code = getattr(predicate, "__code__", None)
    return f"{predicate!r} ({code.co_filename}:{code.co_firstlineno})" if code else repr(predicate)

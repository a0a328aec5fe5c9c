"""Loops that go on until they are told to stop, also by a cancellation that somebody swallowed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from shared.errors import Unavailable
from shared.lifecycle import repeat, until_available

AT_ONCE = timedelta()


class Deaf:
    """A step during which the task is cancelled, and which swallows that as libraries may."""

    def __init__(self, then: Callable[[], bool]) -> None:
        self.calls = 0
        self._then = then

    async def step(self) -> bool:
        self.calls += 1
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return self._then()
        raise AssertionError("nobody sets it")


def away() -> bool:
    raise Unavailable("MongoDB", "no respondió a tiempo")


@pytest.mark.parametrize("then", [lambda: True, lambda: False, away], ids=["more", "no more", "away"])
async def test_a_cancellation_that_a_step_swallows_ends_the_loop_all_the_same(then: Callable[[], bool]) -> None:
    deaf = Deaf(then)
    await _ends_cancelled(repeat(deaf.step, asyncio.Event(), every=AT_ONCE))
    assert deaf.calls == 1


async def test_so_it_ends_whoever_waits_for_a_server() -> None:
    deaf = Deaf(away)
    await _ends_cancelled(until_available(deaf.step, asyncio.Event()))
    assert deaf.calls == 1


async def test_a_timeout_within_a_step_is_no_cancellation_of_the_loop() -> None:
    stop, calls = asyncio.Event(), []

    async def step() -> bool:
        calls.append(1)
        if len(calls) == 3:
            stop.set()
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return True
        return False

    await repeat(step, stop, every=AT_ONCE)
    assert len(calls) == 3


async def _ends_cancelled(loop: Awaitable[object]) -> None:
    task = asyncio.ensure_future(loop)
    await asyncio.wait([task], timeout=60)
    assert task.cancelled()

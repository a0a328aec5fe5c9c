"""The dead-letter queue is put in order, however long it is and whatever stands at its head."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial

from shared.adapters.rabbit import DLQ, DeadLetters
from shared.settings import Settings
from tests.broker import open_broker
from tests.conditions import eventually

PARKED, TWICE, MOVED_ON = 1_050, 30, 20


async def still_parked(ids: Collection[str]) -> set[str]:
    return {id_ for id_ in ids if not id_.startswith("movido")}


async def test_what_has_moved_on_is_found_behind_a_thousand_that_stay(settings: Settings) -> None:
    names = [f"dte-{number}" for number in (*range(PARKED), *range(TWICE))]
    names += [f"movido-{number}" for number in range(MOVED_ON)]
    dead_letters = DeadLetters(settings, "prueba")
    async with open_broker(settings) as broker:
        for start in range(0, len(names), 100):
            group = names[start : start + 100]
            await asyncio.gather(*(broker.put(DLQ, b"<DTE/>", headers={"id": name}) for name in group))

        async def are_there(cuantos: int) -> bool:  # what a sweep leaves is back a moment after its end
            return await broker.depth(DLQ) == cuantos

        assert await dead_letters.sweep(still_parked) == 0
        await eventually(partial(are_there, len(names)), within=60)
        assert await dead_letters.sweep_all(still_parked) == TWICE + MOVED_ON
        await eventually(partial(are_there, PARKED), within=60)
        found = {str(message.headers["id"]) for message in await broker.drain(DLQ)}
        assert found == {f"dte-{number}" for number in range(PARKED)}


async def nothing_is_parked(_: Collection[str]) -> set[str]:
    return set()


async def test_what_a_sweep_has_dropped_does_not_come_back_with_the_end_of_its_channel(settings: Settings) -> None:
    dead_letters = DeadLetters(settings, "prueba")
    async with open_broker(settings) as broker:
        for _ in range(5):  # a sweep of sixty left 27 behind three times in five, before it asked the queue at its end
            await asyncio.gather(*(broker.put(DLQ, b"<DTE/>", headers={"id": f"dte-{n}"}) for n in range(60)))
            assert await dead_letters.sweep_all(nothing_is_parked) == 60
            assert await broker.depth(DLQ) == 0

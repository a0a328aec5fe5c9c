"""A dead consumer is noticed and opened again, whatever killed it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from shared.adapters.rabbit import VENTAS_QUEUE, Consumer, Depths, Entrega, Watchdog
from shared.clock import now
from shared.lifecycle import repeat
from shared.settings import Settings
from tests.broker import Broker, open_broker
from tests.conditions import eventually


@dataclass
class Watched:
    """A consumer under a watchdog, and what it got."""

    settings: Settings
    consumer: Consumer
    broker: Broker
    got: list[bytes] = field(default_factory=list)

    async def handle(self, entrega: Entrega) -> None:
        self.got.append(entrega.body)
        await entrega.ack()

    async def receives(self, body: bytes) -> None:
        """Returns when something that is put now has come."""
        async with open_broker(self.settings, declared=False) as fresh:
            # A channel that has published to a queue loses what it publishes to the next one of that name (3.10.8).
            await fresh.put(VENTAS_QUEUE, body)
        await eventually(lambda: body in self.got)


@asynccontextmanager
async def watched(settings: Settings) -> AsyncIterator[Watched]:
    stop, depths = asyncio.Event(), Depths(settings, "prueba")
    async with open_broker(settings) as broker:
        ours = Watched(settings, Consumer(settings, "prueba", 5), broker)
        await ours.consumer.start([VENTAS_QUEUE], ours.handle)
        watchdog = Watchdog(ours.consumer, depths, patience=timedelta(seconds=0.5), clock=now)
        watching = asyncio.create_task(repeat(watchdog.step, stop, every=timedelta(seconds=0.2)))
        try:
            await ours.receives(b"antes")
            yield ours
        finally:
            stop.set()
            await watching
            await ours.consumer.close()
            await depths.close()


async def lose_the_consumer(ours: Watched) -> None:
    """The broker has no consumer any more, and the library does not know."""
    channel = await ours.consumer._queues[VENTAS_QUEUE].channel.get_underlay_channel()
    await channel.basic_cancel(ours.consumer._tags[VENTAS_QUEUE])


async def close_the_channel(ours: Watched) -> None:
    """The broker closes the channel, as after a delivery that stayed unacknowledged for too long."""
    channel = await ours.consumer._queues[VENTAS_QUEUE].channel.get_underlay_channel()
    await channel.basic_ack(999_999)


async def delete_the_queue(ours: Watched) -> None:
    await ours.broker.channel.queue_delete(VENTAS_QUEUE)


async def replace_the_queue(ours: Watched) -> None:
    """Gone, and there again in the same instant: nothing can be seen of it, but somebody misses the work."""
    await ours.broker.channel.queue_delete(VENTAS_QUEUE)
    await ours.broker.channel.declare_queue(
        VENTAS_QUEUE, durable=True, arguments=ours.consumer._queues[VENTAS_QUEUE].arguments
    )
    ours.consumer.suspect()


Death = Callable[[Watched], Coroutine[Any, Any, None]]


@pytest.mark.parametrize("die", [lose_the_consumer, close_the_channel, delete_the_queue, replace_the_queue])
async def test_whatever_kills_the_consumer_it_is_healed(settings: Settings, die: Death) -> None:
    async with watched(settings) as ours:
        await die(ours)

        await eventually(lambda: _is_there(settings))
        await ours.receives(b"despues")


async def _is_there(settings: Settings) -> bool:
    depths = Depths(settings, "mira")
    try:
        return VENTAS_QUEUE in await depths.measure([VENTAS_QUEUE])
    finally:
        await depths.close()


async def test_a_death_is_told_once_and_a_full_hand_is_none(settings: Settings) -> None:
    held: list[Entrega] = []

    async def hold(entrega: Entrega) -> None:
        held.append(entrega)

    async with watched(settings) as ours:
        with capture_logs() as logs:
            await lose_the_consumer(ours)
            await ours.receives(b"despues")
            ours.consumer._handle = hold
            for number in range(20):
                await ours.broker.put(VENTAS_QUEUE, str(number).encode())
            await eventually(lambda: len(held) == 5)
            assert not ours.consumer.has_room(VENTAS_QUEUE)
            await held[0].ack()
            await eventually(lambda: len(held) == 6)
        told = [entry for entry in logs if entry["event"] == "consumo_reabierto"]
        assert [entry["colas"] for entry in told] == [[VENTAS_QUEUE]]


async def test_what_is_paused_is_left_alone(settings: Settings) -> None:
    depths = Depths(settings, "prueba")
    async with open_broker(settings) as broker:
        ours = Watched(settings, Consumer(settings, "prueba", 5), broker)
        await ours.consumer.start([VENTAS_QUEUE], ours.handle)
        await ours.consumer.pause(VENTAS_QUEUE)
        await broker.put(VENTAS_QUEUE, b"espera")
        connection = ours.consumer._connection
        watchdog = Watchdog(ours.consumer, depths, patience=timedelta(), clock=now)
        assert [await watchdog.step() for _ in range(3)] == [False] * 3
        assert ours.consumer._connection is connection
        assert ours.got == []
        await ours.consumer.resume(VENTAS_QUEUE)
        await eventually(lambda: ours.got == [b"espera"])
        await ours.consumer.close()
        await depths.close()

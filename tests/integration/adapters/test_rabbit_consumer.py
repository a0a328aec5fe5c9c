"""Consuming: up to the prefetch limit, acknowledged one by one, and back after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from deploy.local.ports import free_ports
from shared.adapters.rabbit import VENTAS_DLQ, VENTAS_QUEUE, Consumer, Entrega, Publisher
from shared.errors import Unavailable
from shared.settings import Settings
from tests.broker import Broker, open_broker
from tests.conditions import eventually

Handler = Callable[[Entrega], Awaitable[None]]


@pytest.fixture
async def broker(settings: Settings) -> AsyncIterator[Broker]:
    publisher = Publisher(settings, "prueba")
    await publisher.connect()
    await publisher.close()
    async with open_broker(settings) as ours:
        yield ours


@asynccontextmanager
async def consuming(settings: Settings, handle: Handler, prefetch: int = 10) -> AsyncIterator[Consumer]:
    consumer = Consumer(settings, "prueba", prefetch)
    await consumer.start([VENTAS_QUEUE], handle)
    try:
        yield consumer
    finally:
        await consumer.close()


async def test_a_delivery_brings_everything_that_was_sent(settings: Settings, broker: Broker) -> None:
    got: list[Entrega] = []

    async def handle(entrega: Entrega) -> None:
        got.append(entrega)
        await entrega.ack()

    await broker.put(VENTAS_QUEUE, b"{}", headers={"x": "y"}, reply_to="respuestas", correlation_id="c-1")
    async with consuming(settings, handle):
        [entrega] = await eventually(lambda: got)

    assert (entrega.body, entrega.headers["x"], entrega.queue) == (b"{}", "y", VENTAS_QUEUE)
    assert (entrega.reply_to, entrega.correlation_id, entrega.redelivered) == ("respuestas", "c-1", False)
    assert await broker.depth(VENTAS_QUEUE) == 0


async def test_no_more_is_taken_than_the_limit_until_something_is_acknowledged(
    settings: Settings, broker: Broker
) -> None:
    held: list[Entrega] = []

    async def handle(entrega: Entrega) -> None:
        held.append(entrega)

    for number in range(8):
        await broker.put(VENTAS_QUEUE, str(number).encode())
    async with consuming(settings, handle, prefetch=3) as consumer:
        await eventually(lambda: len(held) == 3)
        assert await broker.depth(VENTAS_QUEUE) == 5
        assert consumer.in_hand == {VENTAS_QUEUE: 3}
        await held[0].ack()
        await eventually(lambda: len(held) == 4)
        await asyncio.gather(*(entrega.ack() for entrega in held[1:]))
        await eventually(lambda: len(held) == 7)
        assert consumer.in_hand == {VENTAS_QUEUE: 3}


async def test_what_was_not_acknowledged_comes_again(settings: Settings, broker: Broker) -> None:
    got: list[Entrega] = []

    async def hold(entrega: Entrega) -> None:
        got.append(entrega)

    async def ack(entrega: Entrega) -> None:
        got.append(entrega)
        await entrega.ack()

    await broker.put(VENTAS_QUEUE, b"{}")
    async with consuming(settings, hold):
        await eventually(lambda: len(got) == 1)
    async with consuming(settings, ack):
        await eventually(lambda: len(got) == 2)
    assert got[1].redelivered


async def test_a_requeued_delivery_comes_again_and_a_rejected_one_goes_to_the_dead_letters(
    settings: Settings, broker: Broker
) -> None:
    seen: list[bool] = []

    async def handle(entrega: Entrega) -> None:
        seen.append(entrega.redelivered)
        await (entrega.reject() if entrega.redelivered else entrega.requeue())

    await broker.put(VENTAS_QUEUE, b"veneno")
    async with consuming(settings, handle):

        async def parked() -> bool:
            return await broker.depth(VENTAS_DLQ) == 1

        await eventually(parked)
    assert seen == [False, True]


async def test_while_paused_nothing_comes_and_what_is_in_hand_can_still_be_acknowledged(
    settings: Settings, broker: Broker
) -> None:
    held: list[Entrega] = []

    async def handle(entrega: Entrega) -> None:
        held.append(entrega)

    async with consuming(settings, handle) as consumer:
        await broker.put(VENTAS_QUEUE, b"1")
        await eventually(lambda: len(held) == 1)
        await consumer.pause(VENTAS_QUEUE)
        await consumer.pause(VENTAS_QUEUE)
        await broker.put(VENTAS_QUEUE, b"2")
        await held[0].ack()
        one = await consumer.fetch_one(VENTAS_QUEUE)
        assert one is not None
        assert (len(held), one.body) == (1, b"2")
        assert await consumer.fetch_one(VENTAS_QUEUE) is None
        await one.requeue()
        await consumer.resume(VENTAS_QUEUE)
        await consumer.resume(VENTAS_QUEUE)
        await eventually(lambda: len(held) == 2)


async def test_a_lost_connection_comes_back_by_itself(settings: Settings, broker: Broker) -> None:
    got: list[bytes] = []

    async def handle(entrega: Entrega) -> None:
        got.append(entrega.body)
        await entrega.ack()

    async with consuming(settings, handle) as consumer:
        connection = consumer._connection
        assert connection is not None
        assert connection.transport is not None
        await connection.transport.connection.close(ConnectionResetError("cortada"))
        await broker.put(VENTAS_QUEUE, b"despues")
        await eventually(lambda: got == [b"despues"])


async def test_without_a_broker_starting_says_so_and_leaves_nothing_behind(settings: Settings) -> None:
    [port] = free_ports(1)
    consumer = Consumer(settings.model_copy(update={"rabbit_port": port}), "prueba", 10)

    async def handle(_: Entrega) -> None:
        raise AssertionError

    before = len(asyncio.all_tasks())
    for _ in range(3):
        with pytest.raises(Unavailable):
            await consumer.start([VENTAS_QUEUE], handle)
    await eventually(lambda: len(asyncio.all_tasks()) <= before)


async def test_a_start_that_fails_half_way_leaves_no_connection_behind(settings: Settings) -> None:
    consumer = Consumer(settings, "prueba", 10)

    async def handle(_: Entrega) -> None:
        raise AssertionError

    with pytest.raises(KeyError):
        await consumer.start(["no-existe"], handle)
    assert consumer._connection is None

"""Several relays: in quiet times an event has one publisher, and a dead relay's share has another one soon."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import pytest

from services.emitter.relay import RELEVO, Relay
from shared.adapters.mongo import Store
from shared.adapters.mongo.relevos import Turno
from shared.adapters.rabbit import Publisher
from shared.adapters.rabbit.topology import EVENTOS
from shared.clock import now
from shared.lifecycle import repeat
from shared.settings import Settings
from tests.broker import Broker, open_broker
from tests.conditions import eventually
from tests.emitter_world import open_store
from tests.records import make_record

FOLIOS = 300


class Relevo:
    """One relay with connections and loops of its own, as in an emitter."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.store = Store(settings, now, name)
        self.publisher = Publisher(settings, name)
        self.relay = Relay(self.store.documents, self.store.relevos, self.publisher, asyncio.Event())
        self._loops: list[asyncio.Task[None]] = []

    def start(self) -> None:
        never = asyncio.Event()
        self._loops = [
            asyncio.create_task(self.relay.run(never)),
            asyncio.create_task(repeat(self.relay.take_turn, never, every=RELEVO)),
        ]

    async def kill(self) -> None:
        """It is gone, and has told nobody."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops = []
        await self.publisher.close()

    @property
    def turno(self) -> Turno | None:
        return self.relay._turno


@asynccontextmanager
async def _relevo(settings: Settings, name: str) -> AsyncIterator[Relevo]:
    relevo = Relevo(settings, name)
    try:
        yield relevo
    finally:
        await relevo.kill()
        await relevo.store.close()


@pytest.fixture
async def two(settings: Settings) -> AsyncIterator[tuple[Relevo, Relevo]]:
    """Two that have agreed on their shares."""
    async with AsyncExitStack() as stack:
        one, other = [await stack.enter_async_context(_relevo(settings, name)) for name in ("uno", "dos")]
        one.start()
        await eventually(lambda: one.turno == Turno(1, 0))
        other.start()
        await eventually(lambda: (one.turno, other.turno) == (Turno(2, 1), Turno(2, 0)))
        yield one, other


async def _emptied(store: Store) -> bool:
    return await store.documents.count_outbox() == 0


async def _drain(broker: Broker, queue: str) -> Counter[tuple[str, int]]:
    """How often each event was published, by the first words of its key and the folio in it."""
    heard: Counter[tuple[str, int]] = Counter()
    for message in await broker.drain(queue):
        folio = int(str(message.headers["id"]).rpartition("-")[2])
        heard[".".join(str(message.routing_key).split(".")[:3]), folio] += 1
    return heard


async def test_each_event_has_one_publisher(settings: Settings, two: tuple[Relevo, Relevo]) -> None:
    async with open_store(settings) as store, open_broker(settings) as broker:
        everything = await broker.bind(EVENTOS, "#")
        folios = range(1, FOLIOS + 1)
        for start in range(0, FOLIOS, 50):
            await store.documents.insert([make_record(folio) for folio in folios[start : start + 50]])
        await eventually(partial(_emptied, store))

        heard = await _drain(broker, everything)

    assert heard == Counter((kind, folio) for kind in ("dte.firmado.boleta", "dte.estado.generado") for folio in folios)
    assert {relevo.turno for relevo in two} == {Turno(2, 0), Turno(2, 1)}, "nobody came or went meanwhile"


async def test_what_a_dead_relay_leaves_is_published_by_the_other(
    settings: Settings, two: tuple[Relevo, Relevo]
) -> None:
    one, other = two
    async with open_store(settings) as store, open_broker(settings) as broker:
        everything = await broker.bind(EVENTOS, "dte.firmado.#")
        await one.kill()
        await store.documents.insert([make_record(folio) for folio in range(1, 21)])
        await eventually(partial(_emptied, store))

        assert {folio for _, folio in await _drain(broker, everything)} == set(range(1, 21))
        assert other.turno == Turno(1, 0)


async def test_one_that_leaves_in_order_is_not_waited_for(two: tuple[Relevo, Relevo]) -> None:
    one, other = two
    await one.kill()
    await one.store.relevos.leave()
    assert await other.store.relevos.take_turn() == Turno(1, 0)


async def test_a_relay_that_has_just_come_waits_until_the_others_know(settings: Settings) -> None:
    async with _relevo(settings, "antiguo") as old, _relevo(settings, "nuevo") as new:
        old.start()

        async def settled() -> bool:
            relay = await old.store.relevos._relevos.find_one({"_id": "antiguo"})
            return relay is not None and (relay["visto"] - relay["desde"]).total_seconds() > 2.5

        await eventually(settled)
        assert await new.store.relevos.take_turn() is None
        assert await new.relay.step() is False
        await new.relay.take_turn()
        assert new.turno is None

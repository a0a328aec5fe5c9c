"""MongoDB or RabbitMQ gone in the middle of everything: bounded answers, and on by itself once they are back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.adapters.mongo import Store
from shared.adapters.rabbit import VENTAS_QUEUE, work_queue
from shared.dte.tipos import Canal, Prioridad
from shared.settings import Settings
from tests.broker import open_broker
from tests.conditions import eventually
from tests.emitter_world import World, answers, create_world, open_store, request_of, running_emitter
from tests.invariants import check_answers, check_folios
from tests.servers import RunServers, run_servers, settings_for

WORK = work_queue(Canal.BOLETA, Prioridad.NORMAL)


@pytest.fixture(scope="module")
def own() -> Iterator[RunServers]:
    """Servers that may be killed: nobody else's tests run on them."""
    with run_servers() as ours:
        yield ours


@pytest.fixture
def settings(own: RunServers, tmp_path: Path) -> Settings:
    return settings_for(own.private, own.fresh_name(), tmp_path)


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    ours = await create_world(settings)
    async with running_emitter(ours):
        yield ours


class Till:
    """Sells and keeps what it was told; a refusal must come while the server is away and ask for patience."""

    def __init__(self, world: World, http: httpx.AsyncClient) -> None:
        self._world = world
        self._http = http
        self.answered: dict[tuple[str, str], dict[str, Any]] = {}

    async def sell(self, clave: str) -> int:
        answer = await self._http.post("/v1/dte", **request_of(clave))
        if answer.status_code in (200, 201):
            self.answered[self._world.terminal, clave] = answer.json()
        else:
            assert answer.status_code == 503, answer.text
            assert answer.json()["type"] == "urn:posta:problema:no-disponible"
            assert int(answer.headers["retry-after"]) >= 1
        return answer.status_code

    async def sell_until_answered(self, clave: str) -> None:
        async def sold() -> bool:
            return await self.sell(clave) in (200, 201)

        await eventually(sold)


async def _everything_is_whole(store: Store, till: Till) -> None:
    await check_answers(store, till.answered)

    async def settled() -> bool:
        return (await check_folios(store)).reservados == 0

    await eventually(settled)
    assert (await check_folios(store)).usados == len(till.answered)


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_without_mongodb_a_till_is_told_so_in_time_and_sells_on_once_it_is_back(
    own: RunServers, world: World, how: str
) -> None:
    mongod = own.private.mongod
    async with world.http() as http, open_store(world.settings) as store:
        till = Till(world, http)
        assert await till.sell("antes") == 201
        in_flight = [asyncio.create_task(till.sell(f"durante-{n}")) for n in range(20)]
        await asyncio.sleep(0)
        if how == "killed":
            mongod.kill()
        else:
            mongod.server.freeze()
        try:
            codes = await asyncio.gather(*in_flight, *(till.sell(f"sin-{n}") for n in range(10)))
            assert codes[-1] == 503
            assert not await answers(world.url)
            assert await answers(world.url, "/health/live")
        finally:
            if how == "killed":
                await mongod.start()
            else:
                mongod.server.thaw()
        claves = [*(f"durante-{n}" for n in range(20)), *(f"sin-{n}" for n in range(10)), "despues"]
        await asyncio.gather(*(till.sell_until_answered(clave) for clave in claves))
        assert len(till.answered) == 32
        await _everything_is_whole(store, till)


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_without_rabbitmq_a_till_notices_nothing_and_the_outbox_drains_afterwards(
    own: RunServers, world: World, how: str
) -> None:
    rabbit = own.private.rabbit
    async with world.http() as http, open_store(world.settings) as store:
        till = Till(world, http)

        async def relayed() -> bool:
            return await store.documents.count_outbox() == 0

        assert await till.sell("antes") == 201
        await eventually(relayed)  # a broker killed while a quorum queue is made may never make it again
        if how == "killed":
            rabbit.kill()
        else:
            rabbit.server.freeze()
        try:
            assert {await till.sell(f"sin-{n}") for n in range(20)} == {201}
            assert await store.documents.count_outbox() >= 20
        finally:
            if how == "killed":
                await rabbit.start()
            else:
                rabbit.server.thaw()

        await eventually(relayed, within=90)
        await _everything_is_whole(store, till)
    async with open_broker(world.settings) as broker:
        delivered = {message.headers["id"] for message in await broker.drain(WORK)}
    assert delivered == {documento["id"] for documento in till.answered.values()}


async def test_sales_over_amqp_survive_the_death_of_the_broker(own: RunServers, world: World) -> None:
    headers = {"x-posta-terminal": world.llave}
    body = request_of("x")["content"]
    async with open_broker(world.settings) as broker:
        for n in range(30):
            await broker.put(VENTAS_QUEUE, body, headers=headers | {"x-idempotency-key": f"venta-{n}"}, delivery_mode=2)
    own.private.rabbit.kill()
    await own.private.rabbit.start()
    async with open_store(world.settings) as store:

        async def all_sold() -> bool:
            return (await check_folios(store)).usados == 30

        await eventually(all_sold, within=90)


async def test_it_starts_without_either_server_and_serves_as_soon_as_it_can(
    own: RunServers, settings: Settings
) -> None:
    world = await create_world(settings)
    own.private.rabbit.kill()
    own.private.mongod.kill()
    try:
        async with running_emitter(world, path="/health/live"), world.http() as http:
            till = Till(world, http)
            assert await till.sell("sin-nada") == 503
            assert not await answers(world.url)

            await own.private.mongod.start()
            await till.sell_until_answered("sin-nada")

            await own.private.rabbit.start()
            async with open_store(settings) as store:

                async def relayed() -> bool:
                    return await store.documents.count_outbox() == 0

                await eventually(relayed, within=90)
    finally:
        for server in (own.private.rabbit, own.private.mongod):
            if not server.server.alive:
                await server.start()

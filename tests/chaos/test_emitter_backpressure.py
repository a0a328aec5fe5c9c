"""Servers that are there and do not get on: many tills at once have their answers in time, and memory stays bounded."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from shared.adapters.mongo import Store
from shared.adapters.rabbit import VENTAS_QUEUE, work_queue
from shared.adapters.rabbit.topology import EVENTOS
from shared.administracion.main import open_admin
from shared.dte.tipos import Canal, Prioridad
from shared.settings import Settings
from tests.broker import open_broker
from tests.conditions import LIMIT, eventually
from tests.dte_data import EMISOR_RUT, venta_boleta
from tests.emitter_world import EmitterProcess, World, create_world, open_store
from tests.invariants import check_answers, check_folios
from tests.servers import RunServers
from tests.tcp_proxy import Proxy, proxy_to

TILLS = 120
"""More than the threads that speak to MongoDB, and than the sales that may wait with `LOTE_MAX`."""
LOTE_MAX = 20
GROWTH_MB = 40
VENTA = json.dumps(venta_boleta()).encode()
Answers = dict[tuple[str, str], dict[str, Any]]


class Till:
    """One connection of one till, by hand: a client library's pool is slow with so many that wait for so long."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, clave: str) -> tuple[int, str, dict[str, Any]]:
        """Status, value of Retry-After, and body of the answer to a sale."""
        settings = self._world.settings
        if self._streams is None:
            self._streams = await asyncio.open_connection(settings.emitter_host, settings.emitter_port)
        reader, writer = self._streams
        head = (
            f"POST /v1/dte HTTP/1.1\r\nHost: posta\r\nAuthorization: Bearer {self._world.llave}\r\n"
            f"Idempotency-Key: {clave}\r\nContent-Type: application/json\r\nContent-Length: {len(VENTA)}\r\n\r\n"
        )
        writer.write(head.encode() + VENTA)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").lower()
        headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        return int(head.split()[1]), headers.get("retry-after", ""), body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


class Tills:
    """Many tills, each with a key of its own; what they were told."""

    def __init__(self, worlds: Sequence[World]) -> None:
        self._tills = {world.terminal: Till(world) for world in worlds}
        self.answered: Answers = {}
        self.codes: list[int] = []

    def close(self) -> None:
        for till in self._tills.values():
            till.close()

    async def sell(self, rounds: int, name: str) -> None:
        """Every till sells so many times, one sale after the other, all tills at once."""
        await asyncio.gather(*(self._sell(terminal, rounds, name) for terminal in self._tills))

    async def sell_until_answered(self, name: str) -> None:
        """Every till once more with its first key of before, until it has its document."""

        async def all_answered() -> bool:
            waiting = [terminal for terminal in self._tills if (terminal, f"{name}-0") not in self.answered]
            await asyncio.gather(*(self._sell(terminal, 1, name) for terminal in waiting))
            return not waiting

        await eventually(all_answered, within=90)

    async def _sell(self, terminal: str, rounds: int, name: str) -> None:
        for clave in (f"{name}-{n}" for n in range(rounds)):
            async with asyncio.timeout(LIMIT):
                status, retry_after, body = await self._tills[terminal].post(clave)
            self.codes.append(status)
            if status in (200, 201):
                self.answered[terminal, clave] = body
            else:
                assert (status, body["type"]) == (503, "urn:posta:problema:no-disponible")
                assert int(retry_after) >= 1


def _memory_mb(process: EmitterProcess) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


@asynccontextmanager
async def _selling(worlds: Sequence[World]) -> AsyncIterator[Tills]:
    tills = Tills(worlds)
    try:
        yield tills
    finally:
        tills.close()


@asynccontextmanager
async def _emitter_behind(proxy: Proxy, world: World) -> AsyncIterator[EmitterProcess]:
    """A process that reaches its database through the proxy only."""
    url = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
    settings = world.settings.model_copy(update={"mongo_url": url, "emitter_lote_max": LOTE_MAX})
    process = EmitterProcess(settings, world.settings.carpeta / "emitter.log")
    await process.start()
    try:
        yield process
    finally:
        process.kill()


async def _create_tills(settings: Settings) -> list[World]:
    world = await create_world(settings, boletas=5_000)
    async with open_admin(world.settings) as admin:
        created = [await admin.create_terminal(EMISOR_RUT, "Centro", str(n)) for n in range(TILLS)]
    return [World(world.settings, till.llave, till.terminal.id) for till in created]


async def _all_is_whole(store: Store, answered: Answers) -> None:
    await check_answers(store, answered)

    async def settled() -> bool:
        return (await check_folios(store)).reservados == 0

    await eventually(settled)


async def test_a_database_that_swallows_everything_makes_nobody_wait_for_it_to_come_back_and_fills_no_memory(
    servers: RunServers, settings: Settings
) -> None:
    worlds = await _create_tills(settings)
    async with (
        _selling(worlds) as tills,
        proxy_to(servers.private.mongod.port) as proxy,
        _emitter_behind(proxy, worlds[0]) as process,
        open_store(worlds[0].settings) as store,
    ):
        await tills.sell_until_answered("antes")
        tills.codes.clear()
        before = _memory_mb(process)

        proxy.swallow()
        await tills.sell(2, "sin")
        assert tills.codes.count(503) == 2 * TILLS
        assert _memory_mb(process) - before < GROWTH_MB

        proxy.flow()
        await tills.sell_until_answered("sin")
        await _all_is_whole(store, tills.answered)


async def test_a_slow_database_makes_answers_late_and_none_is_missing(servers: RunServers, settings: Settings) -> None:
    worlds = (await _create_tills(settings))[:60]
    async with (
        _selling(worlds) as tills,
        proxy_to(servers.private.mongod.port) as proxy,
        _emitter_behind(proxy, worlds[0]) as process,
        open_store(worlds[0].settings) as store,
    ):
        await tills.sell_until_answered("antes")
        before = _memory_mb(process)
        proxy.latency = 0.15
        await tills.sell(2, "lenta")
        assert _memory_mb(process) - before < GROWTH_MB
        proxy.latency = 0.0
        await tills.sell_until_answered("lenta")
        await _all_is_whole(store, tills.answered)


@contextmanager
def _memory_alarm(servers: RunServers) -> Iterator[None]:
    """The broker out of memory, as it sees it: it takes nothing from connections that publish."""
    _set_watermark(servers, "1MB")
    try:
        yield
    finally:
        _set_watermark(servers, "1GB")


def _set_watermark(servers: RunServers, limit: str) -> None:
    rabbit = servers.private.rabbit
    command = [str(rabbit._sbin / "rabbitmqctl"), "-q", "set_vm_memory_high_watermark", "absolute", limit]
    subprocess.run(command, env=dict(rabbit._environment()), check=True, capture_output=True)


async def test_a_broker_in_alarm_is_not_noticed_at_the_till_and_afterwards_the_outbox_drains_in_order(
    servers: RunServers, settings: Settings
) -> None:
    world = await create_world(settings)
    process = EmitterProcess(world.settings, settings.carpeta / "emitter.log")
    async with (
        _selling([world]) as tills,
        open_broker(world.settings) as broker,
        open_store(world.settings) as store,
    ):
        everything = await broker.bind(EVENTOS, "#")
        await process.start()
        try:
            await tills.sell(1, "antes")
            with _memory_alarm(servers):
                await tills.sell(150, "alarma")
                assert set(tills.codes) == {201}
                assert await store.documents.count_outbox() > 100

            async def relayed() -> bool:
                return await store.documents.count_outbox() == 0

            await eventually(relayed, within=90)
        finally:
            process.stop()
        work = [
            str(message.headers["id"]) for message in await broker.drain(work_queue(Canal.BOLETA, Prioridad.NORMAL))
        ]
        events = await broker.drain(everything)
        assert await broker.depth(VENTAS_QUEUE) == 0
        await _all_is_whole(store, tills.answered)
    issued = [documento["id"] for documento in sorted(tills.answered.values(), key=lambda d: d["folio"])]
    arrived = list(dict.fromkeys(work))  # an unknown outcome is published again: the first time counts
    assert sorted(arrived) == sorted(issued)
    assert max(abs(arrived.index(id_) - rank) for rank, id_ in enumerate(issued)) <= 100, (
        "as many are under way at once"
    )
    for id_ in issued:
        own = [str(message.routing_key).split(".")[1] for message in events if message.headers["id"] == id_]
        assert own[0] == "firmado"

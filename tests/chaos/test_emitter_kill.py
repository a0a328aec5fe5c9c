"""The real emitter process, killed at any moment: no folio twice, none lost; no sale lost, none doubled."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.local.environment import child_environment
from services.emitter.client import DocumentoEmitido, PosClient
from shared.adapters.mongo import Store
from shared.adapters.rabbit import work_queue
from shared.clock import now
from shared.dte.existencias import Destino
from shared.dte.tipos import Canal, Prioridad
from shared.errors import Unavailable
from shared.settings import Settings
from tests.broker import open_broker
from tests.conditions import eventually
from tests.dte_data import venta_boleta, venta_factura
from tests.emitter_world import EmitterProcess, World, create_world, open_store
from tests.invariants import check_answers, check_folios
from tests.records import make_record

SALES = 300
TILLS = 8
WORK = work_queue(Canal.BOLETA, Prioridad.NORMAL)
Answers = dict[tuple[str, str], dict[str, Any]]


async def _sell(worlds: Sequence[World], numbers: Sequence[int], answered: Answers) -> None:
    """One till: each sale again and again with its key, to one emitter or another, until it is answered."""
    for number in numbers:
        clave, venta = f"venta-{number}", venta_factura() if number % 5 == 0 else venta_boleta()
        for world in [random.choice(worlds) for _ in range(200)]:
            async with world.pos(intentos=1, timeout=20.0) as pos:
                documento = await _try(pos, venta, clave)
            if documento is not None:
                answered[world.terminal, clave] = documento.model_dump()
                break


async def _try(pos: PosClient, venta: dict[str, Any], clave: str) -> DocumentoEmitido | None:
    try:
        return await pos.emit(venta, clave)
    except Unavailable:
        return None


async def _all_settled(store: Store) -> bool:
    return (await check_folios(store)).reservados == 0


async def test_killed_at_random_moments_the_emitter_loses_and_doubles_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    one = await create_world(settings, boletas=5_000, facturas=1_000)
    other = World(one.settings.model_copy(update={"emitter_port": settings.sender_port}), one.llave, one.terminal)
    processes = [EmitterProcess(world.settings, tmp_path / "emitter.log") for world in (one, other)]
    answered: Answers = {}
    async with open_store(settings) as store:
        await asyncio.gather(*(process.start() for process in processes))
        try:
            selling = asyncio.gather(
                *(_sell([one, other], range(till, SALES, TILLS), answered) for till in range(TILLS))
            )
            deaths = 0
            while not selling.done():
                victim = processes[deaths % 2]
                await asyncio.wait({selling}, timeout=random.uniform(0.05, 1.2))
                if deaths < 6 and not selling.done():
                    victim.kill()
                    victim.launch()
                    deaths += 1
            await selling
            assert deaths >= 3, "the sales were over before anything happened"
            assert len(answered) == SALES
            await check_answers(store, answered)
            await eventually(lambda: _all_settled(store))
            assert (await check_folios(store)).usados == SALES

            async def relayed() -> bool:
                return await store.documents.count_outbox() == 0

            await eventually(relayed)
        finally:
            for process in processes:
                process.kill()


async def test_stopped_in_order_it_answers_what_it_has_in_hand_and_leaves_nothing_to_settle(
    settings: Settings, tmp_path: Path
) -> None:
    world = await create_world(settings)
    process = EmitterProcess(world.settings, tmp_path / "emitter.log")
    await process.start()
    async with open_store(settings) as store, world.pos(intentos=1) as pos:
        await pos.emit(venta_boleta(), "antes")
        in_hand = asyncio.gather(*(_try(pos, venta_boleta(), f"venta-{n}") for n in range(60)))

        async def some() -> bool:
            return sum((await store.documents.count_by_estado()).values()) > 5

        await eventually(some)
        assert await asyncio.to_thread(process.stop) == 0

        answers = {documento.id for documento in await in_hand if documento is not None}
        cuenta = await check_folios(store)
        assert (cuenta.reservados, cuenta.usados) == (0, len(answers) + 1)
        assert await store.latidos.alive(now().replace(year=2020)) == []
    assert "Traceback" not in process.output()


DIE_BEFORE_CLEARING = textwrap.dedent("""
    import asyncio, os, signal
    from services.emitter.relay import Relay
    from shared.adapters.mongo import Store
    from shared.adapters.rabbit import Publisher
    from shared.clock import now
    from shared.settings import load_settings

    async def main():
        store = Store(load_settings(), now, "relevo")
        store.documents.clear_outbox = lambda published: os.kill(os.getpid(), signal.SIGKILL)
        relay = Relay(store.documents, store.relevos, Publisher(load_settings(), "relevo"), asyncio.Event())
        await relay.take_turn()
        await relay.step()

    asyncio.run(main())
""")


async def test_killed_between_confirm_and_mark_it_publishes_again(settings: Settings) -> None:
    """The other order would lose the event; this one repeats it, which the sender is made for."""
    dte = make_record(1)
    async with open_broker(settings) as broker, open_store(settings) as store:
        await store.documents.insert([dte])
        died = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", DIE_BEFORE_CLEARING],
            env=child_environment(settings),
            check=False,
        )
        assert died.returncode == -signal.SIGKILL
        assert await store.documents.count_outbox() == 1
        assert [message.body for message in await broker.drain(WORK)] == [dte.xml]

        world = await create_world(settings)
        process = EmitterProcess(world.settings, settings.carpeta / "emitter.log")
        await process.start()
        try:

            async def relayed() -> bool:
                return await store.documents.count_outbox() == 0

            await eventually(relayed)
        finally:
            process.stop()
        assert [message.body for message in await broker.drain(WORK)] == [dte.xml]


async def test_what_a_dead_process_had_reserved_goes_back_within_the_bound(settings: Settings, tmp_path: Path) -> None:
    world = await create_world(settings, boletas=50)
    async with open_store(settings) as store:
        await store.folios.reserve(Destino("77123456-9", make_record().tipo), 20)  # by a process that never beat
        process = EmitterProcess(world.settings, tmp_path / "emitter.log")
        await process.start()
        try:
            await eventually(lambda: _all_settled(store))
        finally:
            process.stop()
        assert (await check_folios(store)).libres == 50 + 100

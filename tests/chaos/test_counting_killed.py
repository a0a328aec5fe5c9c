"""The monitor that counts is killed in the middle of the day: another one goes on, and no count is lost or doubled."""

from __future__ import annotations

from shared.adapters.mongo import Store
from shared.settings import Settings
from tests.chaos.test_replay_killed import monitor
from tests.conditions import eventually
from tests.integration.monitor.tienda import Tienda


async def test_the_counters_are_exact_after_the_counting_monitor_was_killed(settings: Settings) -> None:
    tienda = await Tienda(settings).open()
    second = settings.model_copy(update={"monitor_port": settings.emitter_port})
    try:
        async with monitor(second):
            for _ in range(2):  # the one that counts dies, with changes under way, and so does the next
                async with monitor(settings):
                    await eventually(lambda: _counts(tienda.store), within=60)
                    await _trade(tienda, 30)
                await _trade(tienda, 30)
            await eventually(lambda: _agree(tienda.store, 360), within=60)
    finally:
        await tienda.close()


async def _trade(tienda: Tienda, rounds: int) -> None:
    for _ in range(rounds):
        ids = await tienda.sell(3)
        await tienda.accept(ids[:2])


async def _counts(store: Store) -> bool:
    return (await store.conteos.position()).g is not None


async def _agree(store: Store, documentos: int) -> bool:
    """Whether everything is counted, and as adding up would."""
    _, counted = await store.conteos.casillas()
    return counted.total() == documentos and counted == await store.conteos.suma.casillas(
        await store.conteos.suma.now()
    )

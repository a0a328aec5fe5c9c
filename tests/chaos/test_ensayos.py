"""Every fault of the sandbox against the real processes, and after each of them all invariants hold.

Most of a rehearsal is waiting, so that several go on side by side, each in a lane of its own: emitter, sender and
sandbox on a corner of the run's servers. A lane plays one after the other, and each proves for those before it, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from deploy.local.demo.sales import make_sales
from deploy.local.drill.jugada import find_unexpected, play_ensayo
from deploy.local.drill.rehearsal import Rehearsal
from services.sandbox.ensayos import ENSAYOS
from shared.errors import PostaError
from tests.rehearsal import Processes, rehearse, running_processes
from tests.servers import RunServers, settings_for

LANES = 3
VENTAS = [sale.venta for sale in make_sales(8, 8)]


@pytest.fixture(scope="module")
def findings(servers: RunServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """What was wrong after each rehearsal, by its name."""
    names = [servers.fresh_name() for _ in range(LANES)]
    with ExitStack() as lanes:
        running = [lanes.enter_context(_lane(servers, name, tmp_path_factory.mktemp(name))) for name in names]
        yield asyncio.run(_play_all(running))
    for name in names:
        servers.sweep(name)


def _lane(servers: RunServers, name: str, carpeta: Path) -> AbstractContextManager[Processes]:
    return running_processes(settings_for(servers.private, name, carpeta), carpeta)


async def _play_all(lanes: list[Processes]) -> dict[str, list[str]]:
    """The rehearsals in the order of their table, each by the lane that is free first."""
    rest, findings = iter(ENSAYOS), dict[str, list[str]]()

    async def play(lane: Processes) -> None:
        async with rehearse(lane) as r:
            for nombre in rest:
                findings[nombre] = await _play(r, nombre)

    async with asyncio.TaskGroup() as group:
        for lane in lanes:
            group.create_task(play(lane))
    return findings


async def _play(r: Rehearsal, nombre: str) -> list[str]:
    try:
        jugada = await play_ensayo(r, nombre, ENSAYOS[nombre], VENTAS)
    except PostaError as error:
        return [str(error)]
    wrong = await find_unexpected(r, jugada.company, ENSAYOS[nombre])
    return [*wrong, *map(str, await r.prove())]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("nombre", ENSAYOS)
def test_after_a_fault_nothing_is_lost_doubled_or_forgotten(findings: dict[str, list[str]], nombre: str) -> None:
    assert findings[nombre] == []

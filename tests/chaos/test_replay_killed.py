"""A replay of real documents while the monitor that carries it on dies: each goes once, none is lost, all is told."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from deploy.local.environment import child_environment
from services.monitor.main import open_replay
from services.monitor.replay import Pedido, Replay
from shared.adapters.mongo.operaciones import EstadoOperacion, Suerte
from shared.adapters.mongo.parados import FiltroParados
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.settings import Settings
from tests.conditions import eventually
from tests.sender_stage import Stage, is_parked, sending, stage

SIN_PERMISO = {"clase": "status", "codigo": 106}


@asynccontextmanager
async def monitor(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """`posta run monitor` as a process of its own, killed at the end."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.cli", "run", "monitor", env=child_environment(settings)
    )
    try:
        yield child
    finally:
        child.kill()
        await child.wait()


async def park(s: Stage, cuantos: int) -> list[str]:
    """Facturas that the SII has refused to take for want of a permission, which it has given since."""
    await s.sandbox.play(averias=[SIN_PERMISO])
    ids = await s.emit(s.facturas(1, cuantos))
    await eventually(partial(_all_parked, s, ids))
    await eventually(partial(_has_dead_letters, s, cuantos))
    await s.sandbox.play()
    return ids


async def _all_parked(s: Stage, ids: list[str]) -> bool:
    return all(map(is_parked, await s.store.documents.find_by_ids(ids)))


async def _has_dead_letters(s: Stage, cuantos: int) -> bool:
    return await s.dead_letters() == cuantos


async def _has_gone(s: Stage, desde: int, hasta: int, operacion: str) -> bool:
    cuentas = await s.store.operaciones.count(operacion)
    return desde <= sum(n for suerte, n in cuentas.items() if suerte is not Suerte.ESPERA) < hasta


async def _has_ended(replay: Replay, operacion: str) -> bool:
    return not (await replay.report(operacion, documentos=0)).operacion.abierta


async def test_sixty_documents_go_once_each_though_the_monitor_is_killed_in_the_middle(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings), open_replay(s.settings) as replay:
        ids = await park(s, 60)
        async with monitor(s.settings):
            pedido = Pedido(FiltroParados(causa=Causa.SIN_PERMISO), ritmo=8)
            operacion = await replay.start(pedido, quien="ana", motivo="el permiso está dado")
            await eventually(partial(_has_gone, s, 15, 60, operacion.id))  # past both canaries
        moved = (await s.store.documents.all_parked(ids))[-1].id
        assert await s.store.moves.requeue([moved]) == 1  # somebody else replays one of them meanwhile
        async with monitor(s.settings):
            await eventually(partial(_has_ended, replay, operacion.id))
        await s.until_all(Estado.ACEPTADO)
        informe = await replay.report(operacion.id)
        assert informe.operacion.estado is EstadoOperacion.TERMINADA
        assert informe.cuentas == {Suerte.ACEPTADO: 59, Suerte.OMITIDO: 1}
        assert [d.documento for d in informe.documentos if d.suerte is Suerte.OMITIDO] == [moved]
        times = [sum(1 for h in (await s.dte(id_)).historia if h.operacion) for id_ in ids if id_ != moved]
        assert set(times) == {1}
        assert s.sandbox.resumen()["repetidos"] == 0
        assert await s.dead_letters() == 0
        await s.check_invariants()


async def test_a_permission_that_is_still_missing_stops_the_replay_after_one(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings), open_replay(s.settings) as replay:
        ids = await park(s, 12)
        await s.sandbox.play(averias=[SIN_PERMISO])
        async with monitor(s.settings):
            operacion = await replay.start(Pedido(FiltroParados(ids=ids)), quien="ana")
            await eventually(partial(_has_ended, replay, operacion.id))
        informe = await replay.report(operacion.id)
        assert informe.cuentas == {Suerte.ESTACIONADO: 1, Suerte.RETENIDO: 11}
        assert (informe.operacion.estado, informe.operacion.devueltas) == (EstadoOperacion.DETENIDA, ("sin_permiso",))
        assert await _all_parked(s, ids)
        await eventually(partial(_has_dead_letters, s, 12))
        await s.check_invariants()

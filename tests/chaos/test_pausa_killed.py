"""The sender's real process is killed while it obeys a pause, and while a pause ends: nothing is lost or sent twice."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from shared.adapters.rabbit import work_queue
from shared.clock import now
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad
from shared.messages import ClasePausa, Pausa
from shared.settings import Settings
from tests.chaos.test_sender_killed import kill, process
from tests.conditions import eventually
from tests.sender_stage import Stage, stage

QUEUE = work_queue(Canal.BOLETA, Prioridad.NORMAL)
CUANTAS = 250
"""More than come back at one time."""


async def pause(s: Stage, clase: ClasePausa, objeto: str) -> None:
    await s.store.pausas.add(Pausa(clase=clase, objeto=objeto, motivo="prueba", quien="ana@prueba", desde=now()))


async def held(s: Stage) -> int:
    return (await s.store.detenidos.count(10_000)).get(s.empresa.rut, 0)


async def all_held(s: Stage) -> bool:
    """Every document is off the queue, and no delivery is left there."""
    return await held(s) == CUANTAS and (await s.depths.measure([QUEUE]))[QUEUE].mensajes == 0


async def test_killed_while_it_sets_a_company_aside_and_while_it_brings_it_back(
    settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"prefetch": 20, "sobre_max_documentos": 20})
    async with stage(settings, tmp_path) as s:
        await pause(s, ClasePausa.EMISOR, s.empresa.rut)
        await s.emit(s.boletas(1, CUANTAS))
        async with process(s.settings) as child:
            await eventually(partial(held, s))
            await kill(child)
        async with process(s.settings) as child:
            await eventually(partial(all_held, s))
            await kill(child)
        assert await s.envios() == []
        assert s.sandbox.documentos() == []
        await s.store.pausas.remove(ClasePausa.EMISOR, s.empresa.rut)
        async with process(s.settings) as child:
            await eventually(partial(_are_fewer_held, s))
            await kill(child)
        async with process(s.settings):
            await s.until_all(Estado.ACEPTADO, within=120)
        assert await held(s) == 0
        dtes = await s.store.documents.find_by_ids(list(s.stored))
        assert {dte.intentos for dte in dtes} == {1}
        await s.check_invariants()


async def _are_fewer_held(s: Stage) -> bool:
    return await held(s) < CUANTAS


async def test_a_paused_channel_stays_paused_over_a_kill(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s:
        async with process(s.settings) as child:
            await eventually(lambda: _consumers(s, 1))
            await pause(s, ClasePausa.CANAL, Canal.BOLETA)
            await eventually(lambda: _consumers(s, 0))
            await kill(child)
        await s.emit(s.boletas(1, 5))
        facturas = await s.emit(s.facturas(1, 2))
        async with process(s.settings):
            for id_ in facturas:
                await s.until(id_, Estado.ACEPTADO)
            assert (await s.estados())[Estado.GENERADO] == 5
            await eventually(lambda: _consumers(s, 0))
            await s.store.pausas.remove(ClasePausa.CANAL, Canal.BOLETA)
            await s.until_all(Estado.ACEPTADO)
        await s.check_invariants()


async def _consumers(s: Stage, wanted: int) -> bool:
    return (await s.depths.measure([QUEUE]))[QUEUE].consumidores == wanted

"""The clock of each document: told before the deadline and once when it has passed, and urgent in between."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

from structlog.testing import capture_logs

from services.sender.breaker import FAILURES_TO_OPEN
from services.sender.en_pausa import EnPausa
from services.sender.gate import Gate, Operacion
from services.sender.plazos import BATCH, RelojPlazos
from shared.adapters.rabbit import work_queue
from shared.clock import now
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.plazo import Plazos
from shared.dte.tipos import Canal, Prioridad
from shared.messages import ErrorEnvio
from shared.messages.umbral import Umbral, UmbralFijado
from shared.settings import Settings
from tests.conditions import eventually
from tests.sandbox_data import Reloj
from tests.sender_stage import Stage, sending, stage

ALTA, NORMAL = (work_queue(Canal.BOLETA, prioridad) for prioridad in Prioridad)


async def test_it_is_told_before_the_deadline_and_once_after_it_and_what_waits_becomes_urgent(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s:
        reloj = Reloj(now())
        gate = Gate(reloj, EnPausa(s.store.pausas))
        plazos = RelojPlazos(s.store, gate, Plazos(), reloj, s.depths, work_queue=work_queue)
        near = await s.emit(s.boletas(1, 3), creado=reloj() - timedelta(minutes=31))
        fresh = await s.emit(s.boletas(11, 2), creado=reloj())
        parked = await s.emit(s.boletas(21, 1), creado=reloj() - timedelta(minutes=31))
        await eventually(partial(is_queued, s, 6, 0))
        await park(s, parked)

        assert await review(plazos) == [("plazo_por_vencer", 4), ("prioridad_subida", 3)]
        assert await review(plazos) == []
        assert {(await s.dte(id_)).prioridad for id_ in near} == {Prioridad.ALTA}
        assert {(await s.dte(id_)).prioridad for id_ in [*fresh, *parked]} == {Prioridad.NORMAL}
        await eventually(partial(is_queued, s, 6, 3))

        reloj.advance(minutes=30)
        breaker = gate.breaker(Canal.BOLETA, Operacion.SUBIDA)
        for _ in range(FAILURES_TO_OPEN):
            breaker.fail()
        assert await review(plazos) == [("plazo_vencido", 4), ("plazo_por_vencer", 2)]
        assert await review(plazos) == []  # while the SII is away nothing gets there sooner
        breaker.succeed()
        assert await review(plazos) == [("prioridad_subida", 2)]

        async with sending(s.settings):
            for id_ in [*near, *fresh]:
                await s.until(id_, Estado.ACEPTADO)
        await s.check_invariants()


async def test_what_is_at_the_sii_or_held_back_has_no_deadline_any_more_or_yet(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s:
        sent = await s.emit(s.boletas(1, 1), creado=now() - timedelta(hours=2))
        async with sending(s.settings):
            await s.until(sent[0], Estado.ACEPTADO)
        tomorrow = now() + timedelta(days=1)
        await s.emit(s.boletas(2, 1), creado=now() - timedelta(hours=2), enviar_desde=tomorrow)
        gate = Gate(now, EnPausa(s.store.pausas))
        assert await review(RelojPlazos(s.store, gate, Plazos(), now, s.depths, work_queue=work_queue)) == []


async def test_no_more_become_urgent_than_the_urgent_queue_lets_overtake(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s:
        gate = Gate(now, EnPausa(s.store.pausas))
        plazos = RelojPlazos(s.store, gate, Plazos(), now, s.depths, work_queue=work_queue)
        await s.emit(s.boletas(1, BATCH + 10), creado=now() - timedelta(minutes=31))
        await eventually(partial(is_queued, s, BATCH + 10, 0))
        assert await review(plazos) == [("plazo_por_vencer", BATCH + 10), ("prioridad_subida", BATCH)]
        await eventually(partial(is_queued, s, BATCH + 10, BATCH))
        assert await review(plazos) == []


async def review(plazos: RelojPlazos) -> list[tuple[str, int]]:
    """What one look had to tell, of how many documents."""
    with capture_logs() as logs:
        await plazos.review()
    return [
        (entry["event"], entry["documentos"]) for entry in logs if "plazo" in entry["event"] or "prio" in entry["event"]
    ]


async def is_queued(s: Stage, normal: int, alta: int) -> bool:
    depths = await s.depths.measure([NORMAL, ALTA])
    return (depths[NORMAL].mensajes, depths[ALTA].mensajes) == (normal, alta)


async def park(s: Stage, ids: list[str]) -> None:
    """As if a person had to act first."""
    await s.store.moves.claim(ids, "e1")
    error = ErrorEnvio(causa=Causa.CARATULA)
    moved = await s.store.moves.mark_pendiente(
        "e1", ids, desde=Estado.ENVIANDO, proximo_intento=None, error=error, intento=False
    )
    assert moved == len(ids)
    assert (await s.dte(ids[0])).estado is Estado.PENDIENTE


async def test_the_margin_that_an_administrator_has_set_counts_from_the_next_look_on(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s:
        plazos = RelojPlazos(
            s.store, Gate(now, EnPausa(s.store.pausas)), Plazos(), now, s.depths, work_queue=work_queue
        )
        await s.emit(s.boletas(1, 1), creado=now() - timedelta(minutes=20))
        assert await review(plazos) == []
        umbral = Umbral.PLAZO_BOLETA_AVISO
        await s.store.umbrales.save(UmbralFijado(umbral=umbral, valor=45, quien="ana", momento=now()))
        assert ("plazo_por_vencer", 1) in await review(plazos)

"""A pause: nothing of a channel or of a company goes up, everything else does, and nothing is lost or burned by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from services.sender import dispatch
from services.sender.breaker import Position
from services.sender.en_pausa import EnPausa
from services.sender.gate import Gate
from services.sender.plazos import RelojPlazos
from shared.adapters.rabbit import work_queue
from shared.clock import now
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.plazo import Plazos
from shared.dte.tipos import Canal, Prioridad
from shared.messages import ClasePausa, ErrorEnvio, EstadoEnvio, Pausa
from shared.settings import Settings
from tests.conditions import eventually
from tests.sender_stage import Stage, found_company, sending, stage

OTRA = "77300001-8"
BOLETAS = work_queue(Canal.BOLETA, Prioridad.NORMAL)
FACTURAS = work_queue(Canal.FACTURA, Prioridad.NORMAL)
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def pause(s: Stage, clase: ClasePausa, objeto: str) -> None:
    await s.store.pausas.add(Pausa(clase=clase, objeto=objeto, motivo="prueba", quien="ana@prueba", desde=now()))


async def pause_company(s: Stage) -> None:
    await pause(s, ClasePausa.EMISOR, s.empresa.rut)


async def resume_company(s: Stage) -> None:
    assert await s.store.pausas.remove(ClasePausa.EMISOR, s.empresa.rut)


async def is_held(s: Stage, cuantos: int) -> bool:
    """So many documents are off their queue, and no delivery of theirs is left."""
    held = (await s.store.detenidos.count(10_000)).get(s.empresa.rut, 0)
    return held == cuantos and await is_queue_empty(s)


async def is_queue_empty(s: Stage) -> bool:
    return not any(d.mensajes for d in (await s.depths.measure([FACTURAS])).values())


async def queued_without_consumers(s: Stage, wanted: int) -> bool:
    depth = (await s.depths.measure([FACTURAS]))[FACTURAS]
    return (depth.mensajes, depth.consumidores) == (wanted, 0)


async def test_nothing_of_a_paused_channel_goes_up_and_the_other_channel_goes_on(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s:
        await pause(s, ClasePausa.CANAL, Canal.FACTURA)
        async with sending(s.settings):
            facturas, boletas = await s.emit(s.facturas(1, 4)), await s.emit(s.boletas(1, 2))
            for id_ in boletas:
                await s.until(id_, Estado.ACEPTADO)
            await eventually(partial(queued_without_consumers, s, 4))
            assert {(await s.dte(id_)).estado for id_ in facturas} == {Estado.GENERADO}
            await s.store.pausas.remove(ClasePausa.CANAL, Canal.FACTURA)
            await s.until_all(Estado.ACEPTADO)
        assert {(await s.dte(id_)).intentos for id_ in facturas} == {1}
        await s.check_invariants()


async def test_a_pause_that_begins_while_it_sends_stops_it_and_what_is_up_gets_its_verdict(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path, demora_veredicto=3) as s, sending(s.settings):
        (before,) = await s.emit(s.facturas(1, 1))
        await s.until(before, Estado.ENVIADO)
        await pause(s, ClasePausa.CANAL, Canal.FACTURA)
        await eventually(partial(queued_without_consumers, s, 0))
        await s.emit(s.facturas(2, 3))
        await s.until(before, Estado.ACEPTADO)
        await eventually(partial(queued_without_consumers, s, 3))
        assert len(await s.envios()) == 1
        await s.store.pausas.remove(ClasePausa.CANAL, Canal.FACTURA)
        await s.until_all(Estado.ACEPTADO)
        await s.check_invariants()


async def test_nobody_probes_a_paused_channel_whether_the_sii_is_back(settings: Settings, tmp_path: Path) -> None:
    down = {"clase": "caida", "operacion": None}
    settings = settings.model_copy(update={"sobre_max_documentos": 1})
    async with stage(settings, tmp_path, averias=[down]) as s, sending(s.settings):
        await s.emit(s.facturas(1, 6))
        await eventually(lambda: stands_at(s, Position.OPEN))
        await pause(s, ClasePausa.CANAL, Canal.FACTURA)
        await pause(s, ClasePausa.CANAL, Canal.BOLETA)
        await eventually(lambda: _has_no_consumers(s, BOLETAS))  # so the pauses are known
        await eventually(partial(stands_at, s, Position.OPEN, since=now()))  # and no probe is under way
        await s.sandbox.play()
        await s.store.pausas.remove(ClasePausa.CANAL, Canal.BOLETA)
        (boleta,) = await s.emit(s.boletas(1, 1))
        await s.until(boleta, Estado.ACEPTADO)  # it is back, and whoever probed would see it
        await eventually(partial(stands_at, s, Position.OPEN, since=now()))
        await s.store.pausas.remove(ClasePausa.CANAL, Canal.FACTURA)
        await s.until_all(Estado.ACEPTADO)
        await s.check_invariants()


async def _has_no_consumers(s: Stage, queue: str) -> bool:
    return (await s.depths.measure([queue]))[queue].consumidores == 0


async def stands_at(s: Stage, wanted: Position, since: datetime = _EVER) -> bool:
    """How the breaker of the facturas stood in a heartbeat since a moment."""
    latidos = await s.store.latidos.alive(since)
    return [latido.cortes["factura.subida"].posicion for latido in latidos] == [wanted.value]


async def test_documents_of_a_paused_company_leave_the_queue_to_the_others_and_all_come_back(
    settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"prefetch": 5, "sobre_max_documentos": 3})
    async with stage(settings, tmp_path) as s:
        await s.emit(s.facturas(1, 12))
        await pause_company(s)
        async with sending(s.settings):
            await eventually(partial(is_held, s, 12))  # more than the prefetch: they do not keep it
            other = await found_company(s, OTRA)
            (free,) = await s.emit([other.boleta(1)])
            await s.until(free, Estado.ACEPTADO)
            await s.emit(s.facturas(13, 3))  # the pause is no reason to refuse a sale
            await eventually(partial(is_held, s, 15))
            assert len(await s.envios()) == 1
            await resume_company(s)
            await s.until_all(Estado.ACEPTADO)
        assert await s.store.detenidos.count(10) == {}
        dtes = await s.store.documents.find_by_ids(list(s.stored))
        assert {(dte.intentos, dte.pausado) for dte in dtes} == {(1, None)}
        await s.check_invariants()


async def test_what_is_found_at_hand_when_a_company_is_paused_is_not_sent(settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"max_workers": 1, "sobre_max_documentos": 1})
    async with stage(settings, tmp_path, latencia={"envio": {"min": 5, "max": 5}}) as s, sending(s.settings):
        await s.emit(s.facturas(1, 8))
        await eventually(lambda: s.store.envios.find_by_estado(EstadoEnvio.SUBIENDO))
        await pause_company(s)  # one is under way, and others wait for its slot
        await eventually(partial(_is_held_or_at_the_sii, s, 8))
        await s.sandbox.play()
        await resume_company(s)
        await s.until_all(Estado.ACEPTADO)
        await s.check_invariants()


async def _is_held_or_at_the_sii(s: Stage, cuantos: int) -> bool:
    """Some documents are held, and what is up has its verdict."""
    held = (await s.store.detenidos.count(100)).get(s.empresa.rut, 0)
    return held > 0 and (await s.estados()).get(Estado.ACEPTADO) == cuantos - held


async def test_a_probe_is_never_a_document_of_a_paused_company(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "_LOOKS", 3)
    down = {"clase": "caida", "operacion": None}
    settings = settings.model_copy(update={"sobre_max_documentos": 1})
    async with stage(settings, tmp_path, averias=[down]) as s:
        other = await found_company(s, OTRA)
        await pause_company(s)
        async with sending(s.settings):
            await s.emit([other.factura(folio) for folio in range(1, 5)])
            await eventually(lambda: stands_at(s, Position.OPEN))
            mine = await s.emit(s.facturas(1, 8))
            await s.sandbox.play()
            for folio in range(1, 5):
                await s.until(f"{OTRA}-33-{folio}", Estado.ACEPTADO)
            await eventually(partial(is_held, s, 8))
            assert {(await s.dte(id_)).envio for id_ in mine} == {None}
            await resume_company(s)
            await s.until_all(Estado.ACEPTADO)
        await s.check_invariants()


async def test_bytes_of_unknown_fate_are_asked_for_and_not_sent_again_in_a_pause(
    settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"consulta_espera": timedelta(milliseconds=1)})
    cut = {"clase": "corte", "momento": "antes", "canal": "factura"}
    async with stage(settings, tmp_path, averias=[cut]) as s, sending(s.settings):
        ids = await s.emit(s.facturas(1, 2))
        await s.until(ids[0], Estado.INCIERTO)
        await pause_company(s)
        await eventually(partial(_was_answered, s, "no_recibido"))  # of facturas only asked in a pause
        await s.sandbox.play()
        assert await s.estados() == {Estado.INCIERTO: 2}
        await resume_company(s)
        await s.until_all(Estado.ACEPTADO)
        await s.check_invariants()


async def _was_answered(s: Stage, operacion: str) -> bool:
    (envio,) = await s.envios()
    return any(each.operacion == operacion for each in envio.respuestas)


async def test_the_deadline_of_what_is_paused_is_told_and_nothing_hurries_or_is_taken_for_lost(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s:
        ids = await s.emit(s.boletas(1, 3), creado=now() - timedelta(minutes=31))
        assert await s.store.detenidos.hold(ids) == set(ids)
        await eventually(lambda: _outbox_is_empty(s))
        await pause_company(s)
        en_pausa = EnPausa(s.store.pausas)
        await en_pausa.refresh()
        await RelojPlazos(s.store, Gate(now, en_pausa), Plazos(), now, s.depths, work_queue=work_queue).review()
        assert sum((await s.store.plazos.count()).values()) == 3
        later = now() + timedelta(hours=1)
        assert await s.store.documents.find_forgotten(Canal.BOLETA, hasta=later, limit=10) == []
        assert await _outbox_is_empty(s)
        assert {(await s.dte(id_)).prioridad for id_ in ids} == {Prioridad.NORMAL}


async def _outbox_is_empty(s: Stage) -> bool:
    return await s.store.documents.count_outbox() == 0


async def test_only_what_is_to_be_sent_is_held_and_a_claim_ends_it(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s:
        ids = await s.emit(s.boletas(1, 4))
        parked, claimed, *free = ids
        error = ErrorEnvio(causa=Causa.SIN_PERMISO)
        await s.store.moves.claim([parked], "e1")
        await s.store.moves.mark_pendiente(
            "e1", [parked], desde=Estado.ENVIANDO, proximo_intento=None, error=error, intento=False
        )
        await s.store.moves.claim([claimed], "e2")
        assert await s.store.detenidos.hold(ids) == set(free)
        assert await s.store.detenidos.hold(ids) == set(free)  # its delivery came twice
        await s.store.moves.claim([free[0]], "e3")
        assert (await s.dte(free[0])).pausado is None
        assert await s.store.detenidos.count(10) == {s.empresa.rut: 1}


async def test_what_was_held_comes_back_a_few_at_a_time_one_company_like_the_other(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s:
        other = await found_company(s, OTRA)
        mine, theirs = await s.emit(s.boletas(1, 6)), await s.emit([other.boleta(n) for n in range(1, 4)])
        await s.store.detenidos.hold([*mine, *theirs])
        assert await s.store.detenidos.release({OTRA, s.empresa.rut}, 4) == 0
        assert await s.store.detenidos.release(set(), 4) == 4
        assert await s.store.detenidos.count(10) == {s.empresa.rut: 4, OTRA: 1}
        assert await s.store.detenidos.release({OTRA}, 4) == 4
        assert await s.store.detenidos.count(10) == {OTRA: 1}
        assert await s.store.detenidos.release({s.empresa.rut}, 4) == 1
        assert await s.store.detenidos.release(set(), 4) == 0

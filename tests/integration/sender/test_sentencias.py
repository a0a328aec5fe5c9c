"""Verdicts that the sandbox gives on demand, all the way through the sender."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from services.sender.lotes import LONGEST_COMPANY
from shared.adapters.rabbit import work_queue
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad
from shared.settings import Settings
from tests.conditions import eventually
from tests.sender_stage import Stage, sending, stage

QUEUE = work_queue(Canal.FACTURA, Prioridad.NORMAL)


async def test_one_document_refused_with_its_envelope_and_one_alone_leave_the_others_accepted(
    settings: Settings, tmp_path: Path
) -> None:
    sentencias = [
        {"veredicto": "RFR", "folios": [3, 3], "canal": "factura"},
        {"veredicto": "RCH", "codigo": "CAF-3-517", "folios": [2, 2], "canal": "boleta", "demora": 1},
        {"veredicto": "RPR", "folios": [3, 3], "canal": "boleta"},
    ]
    async with stage(settings, tmp_path, sentencias=sentencias) as s, sending(s.settings):
        await s.emit(s.facturas(1, 4) + s.boletas(1, 3))
        wanted = {Estado.ACEPTADO: 4, Estado.RECHAZADO: 2, Estado.REPARO: 1}

        async def settled() -> bool:
            return await s.estados() == wanted

        await eventually(settled)
        rejected = [await s.dte(id_) for id_ in ("77123456-9-33-3", "77123456-9-39-2")]
        assert [dte.error_envio.causa for dte in rejected if dte.error_envio] == ["firma", "caf"]
        await s.check_invariants()


async def test_objections_among_facturas_are_told_of_every_document_that_may_have_them(
    settings: Settings, tmp_path: Path
) -> None:
    together = settings.model_copy(update={"sobre_max_documentos": 4, "sobre_espera": LONGEST_COMPANY})
    sentencias = [
        {"veredicto": "RPR", "folios": [2, 2], "canal": "factura"},
        {"veredicto": "RCH", "folios": [3, 3], "canal": "factura"},
        {"veredicto": "RPR", "folios": [5, 7], "canal": "factura"},
        {"veredicto": "RCH", "folios": [8, 8], "canal": "factura"},
    ]
    async with stage(together, tmp_path, sentencias=sentencias) as s:
        some = await s.emit(s.facturas(1, 4))
        await eventually(partial(is_queued, s, 4))
        all_but_one = await s.emit(s.facturas(5, 4))
        await eventually(partial(is_queued, s, 8))
        async with sending(s.settings):
            await eventually(partial(is_settled, s, {Estado.REPARO: 6, Estado.RECHAZADO: 2}))
        glosas = [dte.error_envio.glosa for id_ in (some[0], all_but_one[0]) if (dte := await s.dte(id_)).error_envio]
        assert ["objetó 1 de estos 3" in glosa for glosa in glosas] == [True, False]
        assert {(await s.dte(id_)).estado for id_ in (some[2], all_but_one[3])} == {Estado.RECHAZADO}


async def is_settled(s: Stage, estados: dict[Estado, int]) -> bool:
    return await s.estados() == estados


async def is_queued(s: Stage, mensajes: int) -> bool:
    return (await s.depths.measure([QUEUE]))[QUEUE].mensajes == mensajes

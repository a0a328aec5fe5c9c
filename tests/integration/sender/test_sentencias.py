"""Verdicts that the sandbox gives on demand, all the way through the sender."""

from __future__ import annotations

from pathlib import Path

from shared.dte.estado import Estado
from shared.settings import Settings
from tests.conditions import eventually
from tests.sender_stage import sending, stage


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

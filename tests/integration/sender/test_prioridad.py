"""What is urgent does not wait behind what is not."""

from __future__ import annotations

from pathlib import Path

from shared.dte.estado import Estado
from shared.dte.tipos import Prioridad
from shared.settings import Settings
from tests.conditions import eventually
from tests.sender_stage import sending, stage


async def test_an_urgent_document_overtakes_a_backlog_in_an_envelope_of_its_own(
    settings: Settings, tmp_path: Path
) -> None:
    one_at_a_time = settings.model_copy(update={"max_workers": 1, "sobre_max_documentos": 4})
    latencia = {"envio": {"min": 0.5, "max": 0.5}}
    async with stage(one_at_a_time, tmp_path, latencia=latencia) as s, sending(s.settings):
        await s.emit(s.boletas(1, 48))
        await eventually(s.envios)
        [urgent] = await s.emit(s.boletas(101, 1), prioridad=Prioridad.ALTA)
        await s.until_all(Estado.ACEPTADO)
        order = [envio.documentos for envio in await s.envios()]
        place = order.index((urgent,))
        assert place < len(order) - 3, f"its envelope was number {place} of {len(order)}"
        await s.check_invariants()

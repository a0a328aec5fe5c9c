"""Documents on their way to the SII through real servers, when nothing goes wrong and when a document is bad."""

from __future__ import annotations

import asyncio
from pathlib import Path

from services.emitter.retencion import Liberacion
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte
from shared.messages import EstadoEnvio
from shared.settings import Settings
from tests.conditions import eventually
from tests.sender_stage import sending, stage, to_record
from tests.ventas import venta_de


async def test_a_hundred_documents_are_accepted_in_few_uploads(settings: Settings, tmp_path: Path) -> None:
    latency = {"envio": {"min": 0.3, "max": 0.6}}
    async with stage(settings, tmp_path, latencia=latency, demora_veredicto=0.2) as s, sending(s.settings):
        for round_ in range(5):
            await s.emit(s.boletas(1 + 16 * round_, 16) + s.facturas(1 + 4 * round_, 4))
        await s.until_all(Estado.ACEPTADO)
        resumen = s.sandbox.resumen()
        assert (resumen["documentos"], resumen["aceptados"], resumen["repetidos"]) == (100, 100, 0)
        assert resumen["envios"] <= 12
        await eventually(lambda: s.all_envios_in(EstadoEnvio.TERMINADO))  # after the last of their documents
        envios = await s.envios()
        assert all(envio.subidas == 1 and envio.track_id for envio in envios)
        dte = await s.dte(next(iter(s.stored)))
        assert [paso.estado for paso in dte.historia] == [
            Estado.GENERADO,
            Estado.ENVIANDO,
            Estado.ENVIADO,
            Estado.ACEPTADO,
        ]
        assert dte.intentos == 1
        assert dte.track_id
        await s.check_invariants()


async def test_a_note_is_delivered_after_the_document_that_it_corrects(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path, demora_veredicto=0.2) as s, sending(s.settings):
        [factura] = await s.emit(s.facturas(1, 1))
        original = {"TpoDocRef": 33, "FolioRef": 1, "FchRef": str(s.empresa.hoy), "CodRef": 1}
        firmada = s.empresa.sign(1, venta_de(TipoDte.NOTA_CREDITO, Referencia=original))
        nota = to_record(firmada).model_copy(update={"espera_a": (factura,)})
        await s.store.documents.insert([nota])
        s.stored[nota.id] = nota.xml
        release = Liberacion(s.store.retenidos, s.store.moves, asyncio.Event())

        async def settled() -> bool:
            await release.step()
            return await s.all_in(Estado.ACEPTADO)

        await eventually(settled)
        first, second = await s.dte(factura), await s.dte(nota.id)
        taken_up = next(paso.momento for paso in second.historia if paso.estado is Estado.ENVIANDO)
        assert first.historia[-1].momento <= taken_up
        await s.check_invariants()

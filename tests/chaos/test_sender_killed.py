"""The sender's real process dies at the worst moments: nothing is lost, nothing is sent twice, nothing is forgotten."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from deploy.local.environment import child_environment
from shared.adapters.rabbit import work_queue
from shared.dte.estado import Estado
from shared.dte.tipos import CANALES_SII, Canal, Prioridad
from shared.messages import EstadoEnvio
from shared.settings import Settings
from tests.conditions import eventually
from tests.sender_stage import Stage, stage

CANALES = list(CANALES_SII)


@asynccontextmanager
async def process(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """`posta run sender` as a process of its own; killed at the end if it still lives."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.cli", "run", "sender", env=child_environment(settings)
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def kill(child: asyncio.subprocess.Process) -> None:
    child.kill()
    await child.wait()


async def uploading(s: Stage) -> bool:
    return bool(await s.store.envios.find_by_estado(EstadoEnvio.SUBIENDO))


async def emit(s: Stage, canal: Canal, cuantos: int) -> list[str]:
    return await s.emit(s.boletas(1, cuantos) if canal is Canal.BOLETA else s.facturas(1, cuantos))


@pytest.mark.parametrize("canal", CANALES)
async def test_killed_while_the_sii_has_not_taken_the_upload_yet(
    settings: Settings, tmp_path: Path, canal: Canal
) -> None:
    async with stage(settings, tmp_path, latencia={"envio": {"min": 60, "max": 60}}) as s:
        async with process(s.settings) as child:
            ids = await emit(s, canal, 5)
            await eventually(lambda: uploading(s))
            assert s.sandbox.documentos() == []
            await kill(child)
        (envio,) = await s.envios()
        intent = await s.store.envios.get_contenido(envio.id)
        assert intent is not None  # the intent was on record before the upload
        assert {(await s.dte(id_)).estado for id_ in ids} == {Estado.ENVIANDO}
        await eventually(lambda: _returned(s, work_queue(canal, Prioridad.NORMAL)))  # not acknowledged
        await s.sandbox.play()
        async with process(s.settings):
            await s.until_all(Estado.ACEPTADO)
        assert await s.store.envios.get_contenido(envio.id) == intent
        assert [e.id for e in await s.envios()] == [envio.id]  # the identical bytes, and no other envelope
        await s.check_invariants()


@pytest.mark.parametrize("canal", CANALES)
async def test_killed_after_the_sii_took_the_upload_and_before_its_answer(
    settings: Settings, tmp_path: Path, canal: Canal
) -> None:
    async with stage(settings, tmp_path, latencia={"envio": {"min": 4, "max": 4}}) as s:
        async with process(s.settings) as child:
            await emit(s, canal, 5)
            await eventually(s.sandbox.documentos)  # half of the latency passes after this
            await kill(child)
        assert await s.estados() == {Estado.ENVIANDO: 5}
        await s.sandbox.play()
        async with process(s.settings):
            await s.until_all(Estado.ACEPTADO)
        assert s.sandbox.resumen()["repetidos"] == 0
        await s.check_invariants()


async def test_killed_again_and_again_while_documents_keep_coming(settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"sobre_max_documentos": 4})
    async with stage(settings, tmp_path, latencia={"envio": {"min": 0.2, "max": 0.8}}, demora_veredicto=0.5) as s:
        for round_ in range(3):
            async with process(s.settings) as child:
                await s.emit(s.boletas(1 + 8 * round_, 8) + s.facturas(1 + 4 * round_, 4))
                await eventually(partial(_has_envios, s, round_ + 1))
                await kill(child)
        async with process(s.settings):
            await s.until_all(Estado.ACEPTADO, within=90)
        await s.check_invariants()


async def _has_envios(s: Stage, wanted: int) -> bool:
    return len(await s.envios()) >= wanted


async def test_sigterm_ends_the_upload_in_order_and_the_process_with_status_0(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path, latencia={"envio": {"min": 2, "max": 2}}) as s:
        async with process(s.settings) as child:
            await emit(s, Canal.FACTURA, 3)
            await eventually(lambda: uploading(s))
            child.send_signal(signal.SIGTERM)
            assert await child.wait() == 0
        assert await s.estados() == {Estado.ENVIADO: 3}
        async with process(s.settings):
            await s.until_all(Estado.ACEPTADO)
        await s.check_invariants()


async def _returned(s: Stage, queue: str) -> bool:
    return (await s.depths.measure([queue]))[queue].mensajes == 5

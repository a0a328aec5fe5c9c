"""The SII away: nobody's attempts are used up, and everything goes on by itself when it is back."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from services.sender import breaker
from services.sender.breaker import Position
from services.sender.reconcile import MAX_UPLOADS
from shared.adapters.rabbit import work_queue
from shared.clock import now
from shared.corte import EstadoCorte
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad
from shared.messages import Dte
from shared.metrics import REGISTRY
from shared.settings import Settings
from tests.conditions import eventually
from tests.sender_stage import Stage, sending, stage

DOWN = {"clase": "caida", "operacion": None}
QUEUE = work_queue(Canal.FACTURA, Prioridad.NORMAL)


async def read_corte(s: Stage, name: str) -> EstadoCorte | None:
    """How a breaker stands, as the heartbeat tells everybody."""
    latidos = await s.store.latidos.alive(now() - timedelta(seconds=5))
    return next((latido.cortes.get(name) for latido in latidos if latido.servicio == "sender"), None)


async def position(s: Stage, name: str) -> str | None:
    corte = await read_corte(s, name)
    return corte.posicion if corte is not None else None


async def is_at(s: Stage, name: str, wanted: Position) -> bool:
    return await position(s, name) == wanted.value


async def all_dtes(s: Stage) -> list[Dte]:
    return await s.store.documents.find_by_ids(list(s.stored))


async def test_an_outage_stops_consumption_burns_no_attempts_and_ends_by_itself(
    settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"sobre_max_documentos": 1, "max_intentos": 2})
    before = retries()
    async with stage(settings, tmp_path, averias=[DOWN]) as s, sending(s.settings):
        await s.emit(s.facturas(1, 4))
        await eventually(partial(is_at, s, "factura.subida", Position.OPEN))
        assert await position(s, "boleta.subida") == Position.CLOSED.value
        corte = await read_corte(s, "factura.subida")
        assert corte is not None
        assert (corte.error, corte.proxima_prueba is not None) == ("sii_caido HTTP 503", True)
        await s.emit(s.facturas(5, 6))
        await eventually(lambda: _queued(s, 6))  # nobody takes them
        dtes = await all_dtes(s)
        assert all(dte.estado in (Estado.GENERADO, Estado.PENDIENTE, Estado.ENVIANDO) for dte in dtes)
        await s.sandbox.play()
        await s.until_all(Estado.ACEPTADO)
        assert await position(s, "factura.subida") == Position.CLOSED.value
        await eventually(lambda: _answered(s, "factura.subida", "factura.consulta"))
        dtes = await all_dtes(s)
        assert max(dte.intentos for dte in dtes) <= 2  # one attempt before the breaker opened, and the one that worked
        assert await s.dead_letters() == 0
        errors = {dte.error_envio.causa for dte in dtes for paso in dte.historia if paso.error and dte.error_envio}
        assert errors <= {Causa.SII_CAIDO}
        assert retries() > before
        await s.check_invariants()


def retries() -> float:
    """Facturas that this process has put off because the SII was away."""
    labels = {"canal": "factura", "causa": "sii_caido"}
    return REGISTRY.get_sample_value("posta_reintentos_total", labels) or 0


async def _answered(s: Stage, *nombres: str) -> bool:
    """The heartbeat tells how long the SII takes for these operations."""
    latidos = await s.store.latidos.alive(now() - timedelta(seconds=5))
    return all(any(sum(latido.latencias.get(nombre, ())) for latido in latidos) for nombre in nombres)


async def _queued(s: Stage, wanted: int) -> bool:
    depth = (await s.depths.measure([QUEUE]))[QUEUE]
    return depth.mensajes >= wanted and depth.consumidores == 0


async def test_a_dead_status_service_does_not_stop_uploads(settings: Settings, tmp_path: Path) -> None:
    averias = [{"clase": "caida", "operacion": "consulta"}]
    async with stage(settings, tmp_path, averias=averias) as s, sending(s.settings):
        await s.emit(s.boletas(1, 1))
        await eventually(partial(is_at, s, "boleta.consulta", Position.OPEN))
        await s.emit(s.boletas(2, 1))
        await s.until_all(Estado.ENVIADO)
        assert await position(s, "boleta.subida") == Position.CLOSED.value
        await s.sandbox.play()
        await s.until_all(Estado.ACEPTADO)
        await s.check_invariants()


async def test_a_server_that_cannot_be_reached_is_waited_for(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s:
        unreachable = s.settings.model_copy(update={"sii_url": "http://127.0.0.1:9"})
        async with sending(unreachable):
            (id_,) = await s.emit(s.boletas(1, 1))
            dte = await s.until(id_, Estado.PENDIENTE)
            assert dte.error_envio is not None
            assert dte.error_envio.causa == Causa.SIN_CONEXION
            assert await s.envios()  # the intent had been put on record first
        async with sending(s.settings):
            await s.until_all(Estado.ACEPTADO)
        await s.check_invariants()


async def test_a_doubtful_envelope_that_serves_as_probe_of_a_long_outage_is_given_to_nobody(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wait in ("FIRST_WAIT", "LONGEST_WAIT"):
        monkeypatch.setattr(breaker, wait, timedelta(milliseconds=100))
    settings = settings.model_copy(update={"consulta_espera": timedelta(milliseconds=1)})
    down = {"clase": "caida", "canal": "factura"}
    async with stage(settings, tmp_path, averias=[down]) as s, sending(s.settings):
        await s.emit(s.facturas(1, 2))
        await eventually(lambda: s.sandbox.sii.escena.ocurridas[0] >= MAX_UPLOADS + 3, within=60)
        assert await s.estados() == {Estado.INCIERTO: 2}
        await s.sandbox.play()
        await s.until_all(Estado.ACEPTADO, within=60)
        (envio,) = await s.envios()
        assert envio.subidas <= MAX_UPLOADS
        await s.check_invariants()

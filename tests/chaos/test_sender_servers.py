"""The broker or the database gone while the sender is at work: it waits, and nothing is lost or sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.dte.estado import Estado
from shared.messages import EstadoEnvio
from shared.metrics import REGISTRY
from shared.settings import Settings
from tests.conditions import eventually
from tests.sender_stage import Stage, sending, stage
from tests.servers import RunServers, run_servers, settings_for


@pytest.fixture(scope="module")
def own() -> Iterator[RunServers]:
    """Servers that may be killed: nobody else's tests run on them."""
    with run_servers() as ours:
        yield ours


@pytest.fixture
def settings(own: RunServers, tmp_path: Path) -> Settings:
    return settings_for(own.private, own.fresh_name(), tmp_path)


async def uploading(s: Stage) -> bool:
    return bool(await s.store.envios.find_by_estado(EstadoEnvio.SUBIENDO))


async def test_the_broker_dies_in_the_middle_of_an_upload(own: RunServers, settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"max_workers": 1, "sobre_max_documentos": 3})
    async with stage(settings, tmp_path, latencia={"envio": {"min": 1, "max": 1}}) as s, sending(s.settings):
        await s.emit(s.boletas(1, 9))
        await eventually(lambda: uploading(s))
        own.private.rabbit.kill()
        await s.emit(s.boletas(10, 3))  # sold meanwhile: in the outbox
        await own.private.rabbit.start()
        await s.until_all(Estado.ACEPTADO, within=120)
        assert s.sandbox.resumen()["repetidos"] == 0
        await s.check_invariants()


def answered() -> float:
    """How many uploads of facturas this process has had an answer to."""
    return REGISTRY.get_sample_value("posta_subidas_total", {"canal": "factura", "resultado": "Recibido"}) or 0


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_an_answer_that_cannot_be_recorded_is_kept_until_it_can(
    own: RunServers, settings: Settings, tmp_path: Path, how: str
) -> None:
    mongod, before = own.private.mongod, answered()
    async with stage(settings, tmp_path, latencia={"envio": {"min": 3, "max": 3}}) as s, sending(s.settings):
        (id_, *_) = await s.emit(s.facturas(1, 3))
        await eventually(s.sandbox.documentos)  # taken; the answer comes in a second and a half
        if how == "killed":
            mongod.kill()
        else:
            mongod.server.freeze()
        try:
            await eventually(lambda: answered() > before)
        finally:
            if how == "killed":
                await mongod.start()
            else:
                mongod.server.thaw()
        await s.until_all(Estado.ACEPTADO)
        (envio,) = await s.envios()
        assert envio.track_id == s.sandbox.documentos()[0]["trackid"]
        assert Estado.INCIERTO not in [paso.estado for paso in (await s.dte(id_)).historia]
        await s.check_invariants()

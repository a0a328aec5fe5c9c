"""What the monitor cannot see it says, and it sees again by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.mongod import PrivateMongod
from deploy.local.ports import free_ports
from shared.adapters.rabbit import Publisher
from shared.settings import Settings
from tests.conditions import eventually
from tests.integration.monitor.eventos import listening
from tests.integration.monitor.servicio import monitor_running
from tests.integration.monitor.tienda import Tienda
from tests.wire import wire_to

PATIENCE = {"mongo_timeout": timedelta(seconds=1), "rabbit_timeout": timedelta(seconds=1)}


@pytest.fixture
async def mongod(tmp_path: Path) -> AsyncIterator[PrivateMongod]:
    """A database of this test's own, which it may stop."""
    folder = tmp_path / "mongodb"
    folder.mkdir()
    server = PrivateMongod(folder, free_ports(1)[0], mongod=None, gracia=0)
    await server.start()
    yield server
    server.stop()


async def problemas_of(monitor: httpx.AsyncClient) -> dict[str, Any]:
    problemas = (await monitor.get("/api/stats")).json()["problemas"]
    return {problema["fuente"]: problema for problema in problemas}


async def test_mongodb_stopped_is_said_and_seen_again(settings: Settings, mongod: PrivateMongod) -> None:
    settings = settings.model_copy(update={"mongo_url": mongod.url, **PATIENCE})
    tienda = await Tienda(settings).open()
    (id_,) = await tienda.sell(1)
    async with monitor_running(settings) as monitor, listening(monitor) as (oyente,):
        await eventually(lambda: oyente.shows("documentos", id_))

        mongod.stop()
        await eventually(lambda: oyente.shows("avisos", "MongoDB no responde"))
        problema = (await problemas_of(monitor))["MongoDB"]
        assert problema["datos_de"] < problema["desde"]
        assert oyente.shows("cifras", "<span data-cifra>1</span>"), "the last figures stay"
        assert oyente.shows("cifras", "datos de las")
        assert oyente.shows("documentos", id_)
        page = await monitor.get("/")
        assert page.status_code == 200
        assert "MongoDB no responde" in page.text
        for address in (f"/documentos/{id_}", f"/documentos/{id_}/xml", "/api/documentos"):
            answer = await monitor.get(address)
            assert answer.status_code == 503
            assert "MongoDB no responde" in answer.text
            assert "Traceback" not in answer.text
        assert (await monitor.get("/health/ready")).status_code == 200, "the page that says it must stay reachable"

        await mongod.start()
        await eventually(lambda: oyente.fragmentos["avisos"] == "")
        (after,) = await tienda.sell(1)
        await eventually(lambda: oyente.shows("documentos", after))
        assert oyente.shows("cifras", "<span data-cifra>2</span>")
        assert not oyente.shows("cifras", "datos de las")
    await tienda.close()


async def test_rabbitmq_cut_off_is_said_and_seen_again(settings: Settings, tienda: Tienda) -> None:
    publisher = Publisher(settings, "prueba")
    await publisher.connect()
    await publisher.close()
    async with wire_to(settings.rabbit_host, settings.rabbit_port) as wire:
        settings = settings.model_copy(update={"rabbit_port": wire.port, **PATIENCE})
        async with monitor_running(settings) as monitor, listening(monitor) as (oyente,):
            await eventually(lambda: oyente.shows("colas", "Boletas, prioridad alta"))

            await wire.cut()
            await eventually(lambda: oyente.shows("avisos", "RabbitMQ no responde"))
            assert oyente.shows("colas", "datos de las")
            assert oyente.shows("colas", "Boletas, prioridad alta"), "the last figures stay"
            (id_,) = await tienda.sell(1)
            await eventually(lambda: oyente.shows("documentos", id_))
            assert not oyente.shows("documentos", "datos de las"), "MongoDB's figures are fresh"

            await wire.join()
            await eventually(lambda: oyente.fragmentos["avisos"] == "")
            assert not oyente.shows("colas", "datos de las")


async def test_a_monitor_that_starts_alone_says_so_and_lets_nobody_in(settings: Settings) -> None:
    nobody = free_ports(2)
    alone = settings.model_copy(
        update={
            "mongo_url": f"mongodb://127.0.0.1:{nobody[0]}/?replicaSet=posta",
            "rabbit_port": nobody[1],
            **PATIENCE,
        }
    )
    async with monitor_running(alone, conocido=False) as monitor:
        problemas = (await monitor.get("/health/ready")).json()["problemas"]
        assert {problema["fuente"] for problema in problemas} == {"MongoDB", "RabbitMQ"}
        assert (await monitor.get("/entrar")).status_code == 200
        refused = await monitor.post("/entrar", data={"nombre": "ana", "contrasena": "x"})
        assert (refused.status_code, "MongoDB no responde" in refused.text) == (503, True)
        page = await monitor.get("/", headers={"Cookie": "posta_sesion=de-antes"})
        assert (page.status_code, "MongoDB no responde" in page.text) == (503, True)


async def test_wrong_credentials_are_a_named_problem_and_no_crash(settings: Settings, tmp_path: Path) -> None:
    password = tmp_path / "clave"
    password.write_text("no es esta")
    wrong = settings.model_copy(update={"rabbit_password_file": password})
    async with monitor_running(wrong) as monitor:
        assert set(await problemas_of(monitor)) == {"RabbitMQ"}

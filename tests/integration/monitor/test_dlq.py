"""What waits for a person, by command line and over HTTP, with a monitor and a sender that do the work."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from functools import partial
from pathlib import Path

import httpx

from deploy.local.environment import child_environment
from shared.adapters.mongo.operaciones import EstadoOperacion
from shared.dte.estado import Estado
from shared.settings import Settings
from tests.chaos.test_replay_killed import SIN_PERMISO, park
from tests.conditions import eventually
from tests.integration.monitor.servicio import monitor_running
from tests.integration.monitor.test_replay import ESQUEMA, estacionamiento
from tests.integration.test_cli import Posta
from tests.sender_stage import sending, stage


async def test_parked_documents_are_shown_and_sent_again_from_the_command_line(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings):
        posta, ids = Posta(s.settings), await park(s, 3)
        [causa] = (await posta("dlq", "list", "--tipo", "33", "--canal", "factura", "--json")).json
        assert (causa["causa"], causa["cuantos"], causa["reenviado"]) == ("sin_permiso", 3, None)
        assert causa["remedio"] in (await posta("dlq", "list", "--desde", "2020-01-01")).salida
        assert json.loads((await posta("dlq", "list", "--hasta", "2020-01-01", "--json")).salida) == []
        shown = (await posta("dlq", "show", ids[0])).salida
        for words in (causa["remedio"], "sin_permiso", "<STATUS>106</STATUS>", "HTTP 200", "enviando"):
            assert words in shown
        assert (await posta("dlq", "show", ids[0], "--json")).json["ficha"]["documento"]["id"] == ids[0]
        await s.sandbox.play(averias=[SIN_PERMISO])
        async with monitor_running(s.settings):
            again = await posta("dlq", "replay", ids[0], "--motivo", "a ver")
            assert (again.status, "estacionado" in again.salida) == (1, True)
            await s.sandbox.play()
            rest = await posta("dlq", "replay", "--causa", "sin_permiso", "--ritmo", "50", "--json")
            assert (rest.status, rest.json["cuentas"]) == (0, {"aceptado": 3})
        listed = (await posta("dlq", "operaciones", "--json")).json
        assert [o["motivo"] for o in listed] == ["", "a ver"]
        assert "a ver" in (await posta("dlq", "operaciones")).salida
        report = (await posta("dlq", "operaciones", rest.json["operacion"]["id"])).salida
        assert ("terminada" in report, ids[2] in report) == (True, True)
        assert f"reenviado por la operación {listed[0]['id']}" in (await posta("dlq", "show", ids[0])).salida
        await s.check_invariants()


async def test_ctrl_c_leaves_a_replay_on_record_and_stop_ends_it(settings: Settings) -> None:
    async with estacionamiento(settings) as lot:
        await lot.park_many(2, ESQUEMA)
        command = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", "dlq", "replay", "--todo"),
            env=child_environment(settings) | {"NO_COLOR": "1"},
            stderr=asyncio.subprocess.PIPE,
        )
        assert command.stderr is not None
        said = [(await command.stderr.readline()).decode() for _ in range(2)]
        assert "Ningún monitor la ha tomado todavía" in said[1]
        command.send_signal(signal.SIGINT)
        assert "posta dlq stop" in (await command.stderr.read()).decode()
        assert await command.wait() != 0
        [operacion] = await lot.store.operaciones.latest()
        assert operacion.estado is EstadoOperacion.EN_CURSO
        posta = Posta(settings)
        assert (await posta("dlq", "stop", operacion.id, "--motivo", "ya no")).status == 0
        await lot.step()
        report = await posta("dlq", "operaciones", operacion.id)
        assert ("detenida por" in report.salida, "2 retenido" in report.salida) == (True, True)
        assert await lot.sent() == []


async def test_a_replay_over_http_wants_the_token_and_does_the_same(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings):
        ids = await park(s, 3)
        async with monitor_running(s.settings) as client:
            await _check_refusals(client, ids)
            [causa] = (await client.get("/api/dlq", params={"causa": "sin_permiso", "tipo": 33})).json()
            assert causa["cuantos"] == 3
            expediente = (await client.get(f"/api/dlq/{ids[0]}")).json()
            assert "<STATUS>106</STATUS>" in expediente["respuestas"][0]["cuerpo"]
            started = await client.post("/api/operaciones", json={"ids": ids, "ritmo": 50, "motivo": "listo"})
            assert (started.status_code, started.json()["total"]) == (201, 3)
            address = f"/api/operaciones/{started.json()['id']}"
            await eventually(partial(_has_ended, client, address))
            informe = (await client.get(address, params={"documentos": 1})).json()
            assert (informe["cuentas"], len(informe["documentos"])) == ({"aceptado": 3}, 1)
            assert (await client.post(f"{address}/detener", json={})).status_code == 409
            assert [o["motivo"] for o in (await client.get("/api/operaciones")).json()] == ["listo"]
            assert await s.all_in(Estado.ACEPTADO)
        replays = [asiento for asiento in await s.store.auditoria.list() if asiento.accion == "dlq.replay"]
        assert (replays[0].quien, replays[0].motivo) == ("token:prueba@127.0.0.1", "listo")


async def _check_refusals(client: httpx.AsyncClient, ids: list[str]) -> None:
    async with httpx.AsyncClient(base_url=client.base_url) as stranger:
        assert (await stranger.post("/api/operaciones", json={"ids": ids})).status_code == 401
    wrong = {"Authorization": "Bearer otro"}
    assert (await client.post("/api/operaciones/x/detener", json={}, headers=wrong)).status_code == 401
    nothing = await client.post("/api/operaciones", json={})
    assert (nothing.status_code, nothing.json()["fallas"][0]["ruta"]) == (422, "filtro")
    assert (await client.post("/api/operaciones", json={"folio": 1})).status_code == 422
    assert (await client.post("/api/operaciones", json={"causa": "otra"})).status_code == 409
    assert (await client.get("/api/operaciones/nada")).status_code == 422


async def _has_ended(client: httpx.AsyncClient, address: str) -> bool:
    return bool((await client.get(address)).json()["operacion"]["terminado"])

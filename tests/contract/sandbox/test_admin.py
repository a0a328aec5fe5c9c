"""The sandbox's own addresses: what tests and demos read and change while it runs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from shared.dte.tipos import Canal
from tests.contract.sandbox.cliente import Cliente
from tests.sandbox_data import Empresa, Reloj
from tests.sandbox_server import SandboxServer, sandbox_server


async def _put(cliente: Cliente, que: str, valor: Any) -> tuple[int, Any]:
    response = await cliente.http.put(f"/sandbox/{que}", json=valor)
    return response.status_code, response.json()


async def test_it_says_that_it_is_alive(cliente: Cliente) -> None:
    assert (await cliente.http.get("/health/live")).json() == {"estado": "vivo"}


async def test_a_scenario_can_be_put_and_read(cliente: Cliente, sandbox: SandboxServer) -> None:
    status, _ = await _put(cliente, "escenario", {"averias": [{"clase": "caida", "tasa": 0.5}], "semilla": 7})
    leido = (await cliente.http.get("/sandbox/escenario")).json()
    assert (status, leido["semilla"], leido["latencia"]) == (200, 7, {"envio": {"min": 2.0, "max": 5.0}})
    assert leido["averias"] == [{"clase": "caida", "canal": None, "operacion": "envio", "tasa": 0.5, "veces": None}]
    assert (await _put(cliente, "escenario", leido))[0] == 200
    assert sandbox.sii.escena.escenario.semilla == 7


@pytest.mark.parametrize(
    ("escenario", "ruta"),
    [
        ({"averias": [{"clase": "caida", "tasa": 2}]}, "averias.0.caida.tasa"),
        ({"averias": [{"clase": "terremoto"}]}, "averias.0"),
        ({"latencia": {"envio": {"min": 3, "max": 1}}}, "latencia.envio"),
        ({"nada": 1}, "nada"),
        ({"sentencias": [{"veredicto": "DOK"}]}, "sentencias.0.veredicto"),
    ],
)
async def test_a_wrong_scenario_is_refused_with_its_field_and_changes_nothing(
    cliente: Cliente, sandbox: SandboxServer, escenario: dict[str, Any], ruta: str
) -> None:
    antes = sandbox.sii.escena.escenario
    status, problema = await _put(cliente, "escenario", escenario)
    assert status == 422
    assert [error["ruta"] for error in problema["errores"]] == [ruta]
    assert sandbox.sii.escena.escenario == antes


async def test_a_body_that_is_no_json_is_refused(cliente: Cliente) -> None:
    response = await cliente.http.put("/sandbox/escenario", content="{", headers={"Content-Type": "application/json"})
    assert response.status_code == 422


async def test_the_register_can_be_put_and_read(cliente: Cliente) -> None:
    registro = {"abierto": False, "empresas": {"77.123.456-9": {"resolucion": {"fecha": "2014-08-22", "numero": 80}}}}
    assert (await _put(cliente, "registro", registro))[0] == 200
    leido = (await cliente.http.get("/sandbox/registro")).json()
    resolucion = {"fecha": "2014-08-22", "numero": 80}
    assert leido["empresas"] == {"77123456-9": {"usuarios": None, "resolucion": resolucion, "auth_key": None}}
    status, problema = await _put(cliente, "registro", {"personas": ["1-1"]})
    assert (status, "dígito verificador" in problema["errores"][0]["mensaje"]) == (422, True)


async def test_scenario_and_register_survive_a_restart(carpeta: Path, empresa: Empresa) -> None:
    async with sandbox_server(carpeta, Reloj()) as antes, Cliente.connect(antes.url, empresa) as cliente:
        await _put(cliente, "registro", {"abierto": False})
        await _put(cliente, "escenario", {"semilla": 5})
        guardado = antes.sii.store.read_ajuste("escenario")
    async with sandbox_server(carpeta, Reloj()) as despues:
        assert despues.sii.registro.abierto is False
    assert guardado is not None
    assert '"semilla":5' in guardado


async def test_the_reports_over_http_are_those_of_the_books(cliente: Cliente, sandbox: SandboxServer) -> None:
    await sandbox.play(averias=[{"clase": "vacio", "momento": "despues", "veces": 1}, {"clase": "caida", "tasa": 0}])
    boletas = [cliente.empresa.boleta(folio) for folio in (1, 2)]
    token = await cliente.login(Canal.BOLETA)
    await cliente.upload(cliente.empresa.sobre(*boletas), token, Canal.BOLETA)
    resumen = (await cliente.http.get("/sandbox/resumen")).json()
    assert resumen.pop("averias_ocurridas") == [{"clase": "vacio", "veces": 1}, {"clase": "caida", "veces": 0}]
    assert resumen == sandbox.resumen()
    assert (resumen["aceptados"], resumen["monto_aceptado"]) == (2, 2380)
    documentos = (await cliente.http.get("/sandbox/documentos?estado=aceptado&folio=2")).json()
    assert documentos == sandbox.documentos(estado="aceptado", folio=2)
    assert [d["sha256"] for d in documentos] == [hashlib.sha256(boletas[1].xml).hexdigest()]


async def test_a_filter_that_does_not_exist_is_refused(cliente: Cliente) -> None:
    assert (await cliente.http.get("/sandbox/documentos?estado=perdido")).status_code == 422
    assert (await cliente.http.get("/sandbox/documentos?tipo=boleta")).status_code == 422


async def test_nothing_else_is_served(cliente: Cliente) -> None:
    response = await cliente.http.get("/otra/cosa")
    assert (response.status_code, response.text) == (404, "Not Found")


async def test_the_sandbox_has_metrics_like_every_service(cliente: Cliente) -> None:
    answer = await cliente.http.get("/metrics")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    assert "# HELP posta_emitidos_total" in answer.text

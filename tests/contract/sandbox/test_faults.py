"""Each fault of a scenario, as a client sees it, and what the SII has taken by then."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from shared.dte.tipos import CANALES_SII, Canal, CanalSii
from tests.contract.sandbox.cliente import Cliente
from tests.sandbox_server import SandboxServer

CANALES = pytest.mark.parametrize("canal", list(CANALES_SII))


async def _upload(cliente: Cliente, canal: CanalSii, token: str | None = None) -> httpx.Response:
    empresa = cliente.empresa
    dte = empresa.boleta(1) if canal is Canal.BOLETA else empresa.factura(1)
    sobre = empresa.sobre(dte, canal=canal)
    return await cliente.upload(sobre, token or await cliente.login(canal), canal)


def _taken(sandbox: SandboxServer) -> int:
    taken: int = sandbox.resumen()["envios"]
    return taken


@CANALES
@pytest.mark.parametrize(
    ("averia", "esperado"),
    [
        ({"clase": "caida"}, (503, "text/html", "Servicio no disponible")),
        ({"clase": "html"}, (200, "text/html", "<html>")),
        ({"clase": "http", "codigo": 500, "texto": "Error 500"}, (500, "text/plain", "Error 500")),
        ({"clase": "http", "codigo": 401, "texto": "NO ESTA AUTENTICADO"}, (401, "text/plain", "NO ESTA")),
        ({"clase": "limite", "retry_after": 7}, (429, "text/plain", "Too Many")),
    ],
)
async def test_a_fault_that_answers_before_anything_is_taken(
    cliente: Cliente, sandbox: SandboxServer, canal: CanalSii, averia: dict[str, Any], esperado: tuple[int, str, str]
) -> None:
    status, tipo, texto = esperado
    await sandbox.play(averias=[averia | {"veces": 1}])
    response = await _upload(cliente, canal)
    assert (response.status_code, _taken(sandbox)) == (status, 0)
    assert response.headers["content-type"].startswith(tipo)
    assert texto in response.text
    assert (await _upload(cliente, canal)).status_code == 200
    assert _taken(sandbox) == 1


@CANALES
@pytest.mark.parametrize(("momento", "tomados"), [("antes", 0), ("despues", 1)])
async def test_an_empty_body_says_nothing_about_what_was_taken(
    cliente: Cliente, sandbox: SandboxServer, canal: CanalSii, momento: str, tomados: int
) -> None:
    await sandbox.play(averias=[{"clase": "vacio", "momento": momento}])
    response = await _upload(cliente, canal)
    assert (response.status_code, response.content, _taken(sandbox)) == (200, b"", tomados)


@CANALES
async def test_an_html_page_may_hide_that_the_file_was_taken(
    cliente: Cliente, sandbox: SandboxServer, canal: CanalSii
) -> None:
    await sandbox.play(averias=[{"clase": "html", "momento": "despues"}])
    response = await _upload(cliente, canal)
    assert ("<html>" in response.text, _taken(sandbox)) == (True, 1)


@CANALES
@pytest.mark.parametrize("caso", [("antes", 0), ("subiendo", 0), ("respondiendo", 1), ("despues", 1)])
async def test_a_reset_connection_gives_no_answer(
    cliente: Cliente, sandbox: SandboxServer, canal: CanalSii, caso: tuple[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    momento, tomados = caso
    await sandbox.play(averias=[{"clase": "corte", "momento": momento}])
    with pytest.raises(httpx.TransportError):
        await _upload(cliente, canal)
    assert _taken(sandbox) == tomados
    assert not [registro for registro in caplog.records if registro.levelname == "ERROR"]


async def test_a_large_file_cut_in_the_middle_is_not_taken(cliente: Cliente, sandbox: SandboxServer) -> None:
    await sandbox.play(averias=[{"clase": "corte", "momento": "antes"}])
    token = await cliente.login()
    with pytest.raises(httpx.TransportError):
        await cliente.upload(b"x" * 4_000_000, token)
    assert _taken(sandbox) == 0


@pytest.mark.parametrize("codigo", [1, 3, 5, 7, 8, 9, 106, 500])
async def test_a_forced_status_takes_nothing(cliente: Cliente, sandbox: SandboxServer, codigo: int) -> None:
    await sandbox.play(averias=[{"clase": "status", "codigo": codigo}])
    response = await _upload(cliente, Canal.FACTURA)
    assert f"<STATUS>{codigo}</STATUS>" in response.text
    assert "TRACKID" not in response.text
    assert _taken(sandbox) == 0


async def test_a_forced_status_99_tells_the_truth(cliente: Cliente, sandbox: SandboxServer) -> None:
    await sandbox.play(averias=[{"clase": "status", "codigo": 99}])
    response = await _upload(cliente, Canal.FACTURA)
    (documento,) = sandbox.documentos()
    assert "<STATUS>99</STATUS>" in response.text
    assert f"con Trackid {documento['trackid']}." in response.text


async def test_a_forced_status_0_is_what_comes_anyway(cliente: Cliente, sandbox: SandboxServer) -> None:
    await sandbox.play(averias=[{"clase": "status", "codigo": 0}])
    assert "<STATUS>0</STATUS>" in (await _upload(cliente, Canal.FACTURA)).text
    assert _taken(sandbox) == 1


@CANALES
async def test_forgotten_tokens_are_not_authenticated_and_new_ones_are(
    cliente: Cliente, sandbox: SandboxServer, canal: CanalSii
) -> None:
    await sandbox.play(averias=[{"clase": "token_vencido", "veces": 1}])
    negada = await _upload(cliente, canal)
    assert negada.status_code == 401 if canal is Canal.BOLETA else "<STATUS>5</STATUS>" in negada.text
    await _upload(cliente, canal)
    assert _taken(sandbox) == 1


async def test_a_limit_says_how_long_to_wait(cliente: Cliente, sandbox: SandboxServer) -> None:
    await sandbox.play(averias=[{"clase": "limite", "retry_after": 7}])
    headers = (await _upload(cliente, Canal.BOLETA)).headers
    assert (headers["retry-after"], headers["x-retry-after"], headers["x-ratelimit-remaining"]) == ("7", "7", "0")


async def test_faults_strike_other_operations_too(cliente: Cliente, sandbox: SandboxServer) -> None:
    await sandbox.play(averias=[{"clase": "caida", "operacion": "semilla", "veces": 1}])
    assert (await cliente.post_soap("CrSeed", "getSeed")).status_code == 503
    token = await cliente.login()
    await sandbox.play(averias=[{"clase": "vacio", "operacion": "consulta", "canal": "factura"}])
    vacia = await cliente.post_soap("QueryEstUp", "getEstUp", "77123456", "9", "1", token)
    assert (vacia.status_code, vacia.content) == (200, b"")


async def test_an_upload_takes_the_time_that_the_scenario_says(cliente: Cliente, sandbox: SandboxServer) -> None:
    token = await cliente.login()
    await sandbox.play(latencia={"envio": {"min": 3600, "max": 3600}})
    with pytest.raises(httpx.ReadTimeout):
        await _hurried(cliente, Canal.FACTURA, token)
    await sandbox.play(latencia={"envio": {"min": 0.01, "max": 0.01}})
    assert (await _upload(cliente, Canal.FACTURA, token)).status_code == 200


@CANALES
async def test_an_answer_that_drips_is_the_true_one_and_the_file_is_taken_before_it_begins(
    cliente: Cliente, sandbox: SandboxServer, canal: CanalSii
) -> None:
    token = await cliente.login(canal)
    taken_at_the_head: list[int] = []

    async def note_taken(_head: httpx.Response) -> None:
        taken_at_the_head.append(_taken(sandbox))

    cliente.http.event_hooks = {"response": [note_taken]}
    await sandbox.play(averias=[{"clase": "goteo", "segundos": 0.5}])
    response = await _upload(cliente, canal, token)
    assert (response.status_code, "trackid" in response.text.lower(), taken_at_the_head) == (200, True, [1])
    await sandbox.play(averias=[{"clase": "goteo", "segundos": 3600}])
    with pytest.raises(httpx.ReadTimeout):
        await _hurried(cliente, canal, token)
    assert len(taken_at_the_head) == 2, "the head came, the body did not"
    assert _taken(sandbox) == (1 if canal is Canal.FACTURA else 2)  # DTEUpload knows the bytes


async def _hurried(cliente: Cliente, canal: CanalSii, token: str) -> httpx.Response:
    """An upload by a client that gives up on a silence that is far shorter than the one asked for."""
    cliente.http.timeout = httpx.Timeout(3)
    return await _upload(cliente, canal, token)

"""DTEUpload: each STATUS, and what becomes of the file afterwards."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from services.sandbox.registro import Empresa as EmpresaRegistrada
from services.sandbox.registro import Registro
from shared.dte.tipos import Canal
from tests.contract.sandbox.cliente import Cliente
from tests.dte_data import FIRMANTE_RUT
from tests.sandbox_data import Empresa, Reloj
from tests.sandbox_server import SandboxServer

OTRO_RUT = "76192083-9"


def _sobre(empresa: Empresa, *folios: int) -> bytes:
    return empresa.sobre(*(empresa.factura(folio) for folio in folios), canal=Canal.FACTURA)


async def test_a_good_file_is_received_and_registered(cliente: Cliente, sandbox: SandboxServer) -> None:
    sobre = _sobre(cliente.empresa, 1, 2)
    recepcion = await cliente.upload_dte(sobre, await cliente.login())
    assert recepcion["STATUS"] == "0"
    assert re.fullmatch("[0-9]{10}", recepcion["TRACKID"])
    assert recepcion["TIMESTAMP"] == "2026-03-02 12:00:00"
    assert (recepcion["RUTSENDER"], recepcion["RUTCOMPANY"]) == (FIRMANTE_RUT, cliente.empresa.rut)
    assert recepcion["FILE"] == "EnvioDTE.xml"
    assert [d["estado"] for d in sandbox.documentos(tipo=33)] == ["aceptado", "aceptado"]


async def test_the_same_bytes_again_are_answered_with_the_original_track_id(
    cliente: Cliente, sandbox: SandboxServer
) -> None:
    sobre, token = _sobre(cliente.empresa, 1), await cliente.login()
    primera = await cliente.upload_dte(sobre, token)
    segunda = await cliente.upload_dte(sobre, token)
    assert segunda["STATUS"] == "99"
    texto = f"Archivo ya fue enviado 1 veces con Trackid {primera['TRACKID']}."
    assert segunda["ERROR"] == f"{texto} Debe esperar 900 segundos antes de reintentar"
    resumen = sandbox.resumen()
    assert (resumen["envios"], resumen["repetidos"], resumen["bytes_repetidos"]) == (1, 0, 1)


async def test_the_same_bytes_at_the_same_moment_are_registered_once(cliente: Cliente, sandbox: SandboxServer) -> None:
    sobre, token = _sobre(cliente.empresa, *range(1, 26)), await cliente.login()
    recepciones = await asyncio.gather(*(cliente.upload_dte(sobre, token) for _ in range(6)))
    assert sorted(recepcion["STATUS"] for recepcion in recepciones) == ["0", *["99"] * 5]
    assert sandbox.resumen()["documentos"] == 25


async def test_the_same_document_in_other_bytes_is_rejected_as_repeated(
    cliente: Cliente, sandbox: SandboxServer
) -> None:
    token = await cliente.login()
    factura = cliente.empresa.factura(1)
    await cliente.upload_dte(cliente.empresa.sobre(factura, canal=Canal.FACTURA), token)
    cliente.empresa.reloj.advance(seconds=1)
    otra = await cliente.upload_dte(cliente.empresa.sobre(factura, canal=Canal.FACTURA), token)
    assert otra["STATUS"] == "0"
    assert (await cliente.est_up(otra["TRACKID"], token))["RECHAZADOS"] == "1"
    assert sandbox.resumen()["repetidos"] == 1
    (rechazado,) = sandbox.documentos(estado="rechazado")
    assert rechazado["objeciones"] == ["(DTE-3-100) DTE Repetido"]


@pytest.mark.parametrize("token", [None, "INVENTADO"])
async def test_without_a_token_in_force_nothing_is_taken(
    cliente: Cliente, sandbox: SandboxServer, token: str | None
) -> None:
    assert (await cliente.upload_dte(_sobre(cliente.empresa, 1), token))["STATUS"] == "5"
    assert sandbox.resumen()["envios"] == 0


async def test_a_token_expires(cliente: Cliente, reloj: Reloj) -> None:
    token = await cliente.login()
    reloj.advance(minutes=61)
    assert (await cliente.upload_dte(_sobre(cliente.empresa, 1), token))["STATUS"] == "5"


@pytest.mark.parametrize(
    "agente",
    [
        "python-httpx/0.28",
        "Mozilla/5.0 (X11; Linux x86_64)",
        "Mozilla/4.0 (compatible; MSIE 6.0)",
        "PROG 1.0",
    ],
)
async def test_a_client_that_is_no_program_is_not_authenticated(cliente: Cliente, agente: str) -> None:
    token = await cliente.login()
    headers = {"User-Agent": agente}
    recepcion = await cliente.upload_dte(_sobre(cliente.empresa, 1), token, headers=headers)
    assert (recepcion["STATUS"], "PROG 1.0" in recepcion["ERROR"]) == ("5", True)


@pytest.mark.parametrize(
    "agente",
    [
        "Mozilla/4.0 (compatible; PROG 1.0; Windows NT 5.0; YComp 5.0.2.4)",
        "Mozilla/4.0 ( compatible; PROG 1.0; Windows NT)",
        "Mozilla/5.0 (compatible; PROG 1.0; +https://www.example.cl)",
    ],
)
async def test_the_agents_that_are_known_to_work_do(cliente: Cliente, agente: str) -> None:
    token = await cliente.login()
    recepcion = await cliente.upload_dte(_sobre(cliente.empresa, 1), token, headers={"User-Agent": agente})
    assert recepcion["STATUS"] == "0"


@pytest.mark.parametrize(
    ("registro", "cambios", "status"),
    [
        pytest.param(Registro(), {"rutSender": "76192083", "dvSender": "9"}, "1", id="somebody else's RUT"),
        pytest.param(Registro(), {"dvSender": "0"}, "1", id="sender with a wrong check digit"),
        pytest.param(Registro(), {"dvCompany": "0"}, "6", id="company with a wrong check digit"),
        pytest.param(Registro(abierto=False, personas=(FIRMANTE_RUT,)), {}, "6", id="company not on the register"),
        pytest.param(
            Registro(empresas={"77123456-9": EmpresaRegistrada(usuarios=(OTRO_RUT,))}), {}, "106", id="user not allowed"
        ),
    ],
)
async def test_who_may_not_send_is_told_why(
    cliente: Cliente, sandbox: SandboxServer, registro: Registro, cambios: dict[str, Any], status: str
) -> None:
    await sandbox.sii.register(registro)
    token = await cliente.login()
    assert (await cliente.upload_dte(_sobre(cliente.empresa, 1), token, **cambios))["STATUS"] == status
    assert sandbox.resumen()["envios"] == 0


@pytest.mark.parametrize(
    ("viejo", "nuevo", "status"),
    [
        pytest.param(rb"(?s).*", b"<x/>", "2", id="too small"),
        pytest.param(rb"(?s)</Documento>.*", b"</Docu", "3", id="cut short"),
        pytest.param(rb"<MntTotal>\d+", b"<MntTotal>mucho", "7", id="schema"),
        pytest.param(rb"<PrcItem>70", b"<PrcItem>71", "8", id="changed after signing"),
    ],
)
async def test_a_file_that_cannot_be_looked_at_is_refused_and_may_come_again(
    cliente: Cliente, sandbox: SandboxServer, viejo: bytes, nuevo: bytes, status: str
) -> None:
    token = await cliente.login()
    mala = re.sub(viejo, nuevo, _sobre(cliente.empresa, 1), count=1)
    for _ in range(2):
        recepcion = await cliente.upload_dte(mala, token)
        assert (recepcion["STATUS"], "TRACKID" in recepcion, bool(recepcion["ERROR"])) == (status, False, True)
    assert sandbox.resumen()["envios"] == 0


async def test_the_schema_validator_says_what_it_found(cliente: Cliente) -> None:
    mala = _sobre(cliente.empresa, 1).replace(b"<MntTotal>37485<", b"<MntTotal>mucho<")
    assert "mucho" in (await cliente.upload_dte(mala, await cliente.login()))["ERROR"]


@pytest.mark.parametrize("falta", ["rutSender", "dvSender", "rutCompany", "dvCompany"])
async def test_a_form_without_all_its_fields_is_no_form(cliente: Cliente, falta: str) -> None:
    cambios: dict[str, Any] = {falta: None}
    response = await cliente.upload(b"<x/>", await cliente.login(), **cambios)
    assert (response.status_code, "rutSender, dvSender" in response.text) == (400, True)


async def test_a_form_in_another_order_is_no_form(cliente: Cliente) -> None:
    files = {"archivo": ("a.xml", b"<x/>", "text/xml")}
    data = {"dvSender": "5", "rutSender": "12345678", "rutCompany": "77123456", "dvCompany": "9"}
    assert (await cliente.http.post("/cgi_dte/UPL/DTEUpload", data=data, files=files)).status_code == 400


@pytest.mark.parametrize("nombre", ["", "envío.xml", "x" * 101])
async def test_a_file_needs_a_short_ascii_name(cliente: Cliente, nombre: str) -> None:
    campos = {"rutSender": "12345678", "dvSender": "5", "rutCompany": "77123456", "dvCompany": "9"}
    files = {"archivo": (nombre, b"<x/>", "text/xml")}
    assert (await cliente.http.post("/cgi_dte/UPL/DTEUpload", data=campos, files=files)).status_code == 400


async def test_a_body_in_chunks_is_refused(cliente: Cliente) -> None:
    async def chunks() -> Any:
        yield b"--x--"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response = await cliente.http.post("/cgi_dte/UPL/DTEUpload", content=chunks(), headers=headers)
    assert (response.status_code, "Content-Length" in response.text) == (400, True)


async def test_a_body_that_nobody_would_send_is_not_read(cliente: Cliente) -> None:
    response = await cliente.http.post("/cgi_dte/UPL/DTEUpload", content=b"x" * 6_000_001)
    assert response.status_code == 413


async def test_something_that_is_no_form_at_all_is_refused(cliente: Cliente) -> None:
    response = await cliente.http.post("/cgi_dte/UPL/DTEUpload", content=b"<xml/>")
    assert response.status_code == 400


async def test_a_client_that_hangs_up_in_the_middle_leaves_no_trace(
    cliente: Cliente, sandbox: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = cliente.http.base_url.host, cliente.http.base_url.port
    _, writer = await asyncio.open_connection(host, port)
    cabeza = "POST /cgi_dte/UPL/DTEUpload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    writer.write(f"{cabeza}Content-Length: 1000\r\n\r\n--x\r\n".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await cliente.http.get("/health/live")).status_code == 200
    assert sandbox.resumen()["envios"] == 0
    assert not [registro for registro in caplog.records if registro.exc_info]

"""The HTTP interface: what is refused and how, and what a till may look at."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from services.emitter.venta import MAX_BYTES
from shared.administracion.main import open_admin
from shared.dte.modelo import DatosEmisor
from tests.conditions import eventually
from tests.dte_data import EMISOR, EMISOR_RUT, venta_boleta, venta_factura
from tests.emitter_world import RESOLUCIONES, World, create_world, request_of, running_emitter
from tests.servers import RunServers, settings_for

OTRA_RUT = "76987654-5"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(servers: RunServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One emitter for all tests here, which therefore use keys of their own."""
    name = servers.fresh_name()
    ours = await create_world(settings_for(servers.private, name, tmp_path_factory.mktemp(name)))
    async with running_emitter(ours):
        yield ours
    servers.sweep(name)


@pytest_asyncio.fixture(loop_scope="module")
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.http() as client:
        yield client


def _new() -> dict[str, Any]:
    """A sale that nobody has sent yet."""
    return request_of(f"venta-{uuid4()}")


def _without(name: str) -> dict[str, Any]:
    request = request_of("venta-1")
    del request["headers"][name]
    return request


def _with(**headers: str) -> dict[str, Any]:
    request = request_of("venta-1")
    request["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
    return request


@pytest.mark.parametrize(
    ("request_", "status", "clase", "said"),
    [
        (request_of("v", b'{"Encabezado": '), 400, "json-invalido", "línea 1, columna 16"),
        (request_of("v", b'{"a": 1, "a": 2}'), 400, "json-invalido", "dos veces"),
        (_without("Idempotency-Key"), 400, "clave-invalida", "Idempotency-Key"),
        (request_of("x" * 129), 400, "clave-invalida", "1 a 128 caracteres"),
        (request_of(""), 400, "clave-invalida", "1 a 128 caracteres"),
        (_with(Authorization=""), 401, "no-autorizado", "Bearer LLAVE"),
        (_with(Authorization="Basic cG9zdGE6"), 401, "no-autorizado", "Bearer LLAVE"),
        (_with(Authorization="Bearer secreta"), 401, "no-autorizado", "posta terminal create"),
        (_with(Authorization=f"Bearer posta_{'0' * 24}_{'x' * 43}"), 401, "no-autorizado", "posta terminal create"),
        (request_of("v", b" " * (MAX_BYTES + 1)), 413, "muy-grande", "divida la venta"),
        (_with(Content_Type="text/xml"), 415, "formato", "application/json"),
        (_with(Content_Type="application/json; charset=iso-8859-1"), 415, "formato", "UTF-8"),
        (_without("Content-Type"), 415, "formato", "application/json"),
    ],
)
async def test_a_request_that_is_wrong_is_told_what_and_what_to_do(
    http: httpx.AsyncClient, request_: dict[str, Any], status: int, clase: str, said: str
) -> None:
    answer = await http.post("/v1/dte", **request_)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problema = answer.json()
    assert (problema["status"], problema["type"]) == (status, f"urn:posta:problema:{clase}")
    assert said in problema["detail"]
    assert problema["instance"] == "/v1/dte"
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    ("venta", "ruta", "said"),
    [
        ({"Encabezado": {"IdDoc": {"TipoDTE": 38}}}, "Encabezado.IdDoc.TipoDTE", "38"),
        (venta_boleta(Detalle=[{"NmbItem": "Té", "QtyItem": 1, "PrcItem": "mil"}]), "Detalle[0].PrcItem", "mil"),
        (venta_boleta(Detalle=[{"NmbItem": "Té", "PrcItem": 10, "Preciso": 1}]), "Detalle[0].Preciso", "Preciso"),
        ([], "", "objeto"),
    ],
)
async def test_a_sale_with_faults_is_told_each_with_its_path(
    http: httpx.AsyncClient, venta: Any, ruta: str, said: str
) -> None:
    answer = await http.post("/v1/dte", **request_of("v", json.dumps(venta).encode()))

    assert answer.status_code == 422
    errores = answer.json()["errores"]
    assert [error["ruta"] for error in errores] == [ruta]
    assert said in errores[0]["mensaje"]
    assert errores[0]["codigo"].startswith("POSTA-DTE-")


async def test_a_wrong_digit_and_a_sum_that_is_off_are_told_together(http: httpx.AsyncClient) -> None:
    venta = venta_factura()
    venta["Encabezado"]["Receptor"]["RUTRecep"] = "76987654-4"
    wrong_digit = await http.post("/v1/dte", **request_of("v1", venta))
    assert "debería ser 76987654-5" in wrong_digit.text

    venta = venta_factura()
    venta["Encabezado"]["Totales"] = {"MntNeto": 31500, "TasaIVA": 19, "IVA": 5985, "MntTotal": 37486}
    wrong_sum = await http.post("/v1/dte", **request_of("v2", venta))
    [error] = wrong_sum.json()["errores"]
    assert (wrong_sum.status_code, error["ruta"]) == (422, "Encabezado.Totales.MntTotal")
    assert "37486" in error["mensaje"]
    assert "37485" in error["mensaje"]


async def test_a_till_cannot_issue_for_another_company(http: httpx.AsyncClient) -> None:
    venta = venta_boleta()
    venta["Encabezado"]["Emisor"] = {"RUTEmisor": OTRA_RUT}
    answer = await http.post("/v1/dte", **request_of("v", venta))
    assert answer.status_code == 422
    assert answer.json()["errores"][0]["ruta"] == "Encabezado.Emisor.RUTEmisor"


async def test_a_body_without_announced_length_is_bounded_too(world: World, http: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(50 * MAX_BYTES // 65536):
            sent += 65536
            yield b" " * 65536

    headers = _new()["headers"]
    try:
        answer = await http.post("/v1/dte", content=endless(), headers=headers)
        assert answer.status_code == 413
    except httpx.TransportError:
        pass  # the emitter hung up on us in the middle, which is the other right answer
    assert sent < 20 * MAX_BYTES

    async with world.http() as again:
        assert (await again.post("/v1/dte", **_new())).status_code == 201


async def test_a_chunked_sale_within_the_bound_is_taken(http: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        whole = json.dumps(venta_boleta()).encode()
        for start in range(0, len(whole), 10):
            yield whole[start : start + 10]

    answer = await http.post("/v1/dte", content=chunks(), headers=_new()["headers"])
    assert answer.status_code == 201


async def test_a_till_that_hangs_up_in_the_middle_harms_nothing(world: World, http: httpx.AsyncClient) -> None:
    _, writer = await asyncio.open_connection(world.settings.emitter_host, world.settings.emitter_port)
    head = f"POST /v1/dte HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.llave}\r\nIdempotency-Key: v\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    assert (await http.post("/v1/dte", **_new())).status_code == 201


async def test_a_document_is_found_by_id_by_folio_and_by_key(http: httpx.AsyncClient) -> None:
    made = (await http.post("/v1/dte", **request_of("venta 1/&?=%"))).json()

    by_id = await http.get(made["enlaces"]["documento"])
    assert by_id.json() == made
    for params in (
        f"emisor={EMISOR_RUT}&tipo=39&folio={made['folio']}",
        f"tipo=39&folio={made['folio']}",
        f"clave={quote(made['clave'])}",
    ):
        assert (await http.get("/v1/dte", params=params)).json() == {"documentos": [made], "siguiente": None}
    for params in ("tipo=39&folio=999", f"tipo=33&folio={made['folio']}", "clave=otra"):
        assert (await http.get("/v1/dte", params=params)).json() == {"documentos": [], "siguiente": None}


async def test_the_signed_bytes_come_as_they_are_and_once(http: httpx.AsyncClient) -> None:
    made = (await http.post("/v1/dte", **_new())).json()

    xml = await http.get(made["enlaces"]["xml"])

    assert xml.headers["content-type"] == "application/xml; charset=ISO-8859-1"
    assert xml.headers["etag"] == f'"{made["sha256"]}"'
    assert "Ñuñoa".encode("iso-8859-1") in xml.content
    again = await http.get(made["enlaces"]["xml"], headers={"If-None-Match": xml.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_till_sees_nothing_of_another_company(world: World, http: httpx.AsyncClient) -> None:
    made = (await http.post("/v1/dte", **_new())).json()
    async with open_admin(world.settings) as admin:
        await admin.create_emisor(DatosEmisor(**EMISOR.model_dump() | {"rut": OTRA_RUT}), RESOLUCIONES)
        stranger = await admin.create_terminal(OTRA_RUT, "Sur", "1")
    headers = {"Authorization": f"Bearer {stranger.llave}"}

    for path in (made["enlaces"]["documento"], made["enlaces"]["xml"], "/v1/dte/77123456-9-39-999"):
        answer = await http.get(path, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:posta:problema:no-existe")
    found = await http.get(
        "/v1/dte", params={"emisor": EMISOR_RUT, "tipo": 39, "folio": made["folio"]}, headers=headers
    )
    assert found.json()["documentos"] == []


async def test_a_revoked_key_stops_working_within_seconds(world: World, http: httpx.AsyncClient) -> None:
    async with open_admin(world.settings) as admin:
        till = await admin.create_terminal(EMISOR_RUT, "Centro", "9")
        headers = {"Authorization": f"Bearer {till.llave}"}
        assert (await http.get("/v1/dte", params="clave=x", headers=headers)).status_code == 200
        await admin.revoke_terminal(till.terminal.id)

    async def refused() -> bool:
        return (await http.get("/v1/dte", params="clave=x", headers=headers)).status_code == 401

    await eventually(refused)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v2/dte", 404), ("DELETE", "/v1/dte", 405), ("PUT", "/v1/dte/x", 405)]
)
async def test_an_address_that_does_not_exist_is_a_problem_document_too(
    http: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.get("allow") == {"/v1/dte": "GET, POST", "/v1/dte/x": "GET"}.get(path)


async def test_health_and_metrics_need_no_key(world: World, http: httpx.AsyncClient) -> None:
    await http.post("/v1/dte", **_new())
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as anybody:
        assert (await anybody.get("/health/live")).json() == {"estado": "vivo"}
        assert (await anybody.get("/health/ready")).json() == {"estado": "listo"}
        metrics = (await anybody.get("/metrics")).text
    assert 'posta_emitidos_total{tipo="39"}' in metrics
    assert "posta_respuesta_pos_segundos_bucket" in metrics

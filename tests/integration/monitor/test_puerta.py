"""Every address of the monitor, one by one: who gets in, by what right, with how large a body, by which name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from services.monitor.acceso.permisos import Permiso
from services.monitor.cabeceras import CABECERAS
from services.monitor.limites import CUERPO_MAX
from shared.cuentas import Rol
from shared.settings import Settings
from tests.integration.monitor.rutas import Direccion, read_direcciones
from tests.integration.monitor.servicio import create_account, create_token, monitor_running
from tests.integration.monitor.test_acceso import csrf_of, enter

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CLIMBS = ("..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e", "..%5c..%5cetc", "x%00y", "%2fetc%2fpasswd", "a" * 4_000)


@pytest.fixture
def direcciones(monkeypatch: pytest.MonkeyPatch) -> list[Direccion]:
    return read_direcciones(monkeypatch)


@pytest.fixture
async def afuera(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client that nobody knows, of a running monitor."""
    async with monitor_running(settings, conocido=False) as client:
        yield client


async def test_no_page_and_no_api_answers_without_login(
    afuera: httpx.AsyncClient, direcciones: list[Direccion]
) -> None:
    closed = [direccion for direccion in direcciones if direccion.permiso is not Permiso.ABIERTO]
    assert len(closed) >= 45
    for direccion in closed:
        answer = await afuera.request(direccion.method, direccion.at("x"), headers={"X-Forwarded-For": "203.0.113.9"})
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/entrar?siguiente=/"), direccion
        else:
            assert answer.status_code == 401, direccion
    open_ = {(direccion.method, direccion.path) for direccion in direcciones} - {(d.method, d.path) for d in closed}
    assert open_ == {("GET", "/entrar"), ("POST", "/entrar"), ("GET", "/health/live"), ("GET", "/health/ready")}


@pytest.mark.parametrize("rol", list(Rol))
async def test_a_role_gets_what_the_table_says_and_nothing_else(
    settings: Settings, afuera: httpx.AsyncClient, direcciones: list[Direccion], rol: Rol
) -> None:
    afuera.headers["Authorization"] = f"Bearer {await create_token(settings, rol)}"
    refused = 0
    for direccion in direcciones:
        if direccion.permiso is Permiso.ABIERTO:
            continue
        allowed = rol.includes(direccion.rol) and direccion.permiso is not Permiso.CUENTA_PROPIA  # tokens have none
        async with afuera.stream(direccion.method, direccion.at("x")) as answer:  # one of them never ends
            assert (answer.status_code != 403) is allowed, direccion
            assert answer.status_code not in (401, 500), direccion
        refused += not allowed
    assert refused >= {Rol.LECTURA: 20, Rol.OPERADOR: 12, Rol.ADMINISTRADOR: 4}[rol]


async def test_every_change_wants_the_sessions_own_token_and_our_own_origin(
    settings: Settings, afuera: httpx.AsyncClient, direcciones: list[Direccion]
) -> None:
    await enter(afuera, await create_account(settings))
    csrf = await csrf_of(afuera)
    changes = [direccion for direccion in direcciones if direccion.changes]
    assert len(changes) >= 16
    for direccion in changes:
        known = {} if direccion.permiso is Permiso.ABIERTO else {"X-CSRF-Token": csrf}
        forged: list[tuple[dict[str, str], str]] = [
            (known | {"Origin": "https://malo.cl"}, "x=1"),
            (known | {"Origin": "null"}, "x=1"),
            (known | {"Sec-Fetch-Site": "same-site"}, "x=1"),
        ]
        if known:
            forged += [({}, "x=1"), ({}, "csrf=otro"), ({"X-CSRF-Token": "otro"}, f"csrf={csrf}")]
        for headers, form in forged:
            answer = await afuera.request(
                direccion.method, direccion.at("x"), headers=FORM | headers, content=form.encode()
            )
            assert answer.status_code == 403, (direccion, headers)
    assert (await afuera.get("/api/stats")).status_code == 200, "nothing of it happened"


async def test_every_address_refuses_a_body_that_is_too_large(
    settings: Settings, afuera: httpx.AsyncClient, direcciones: list[Direccion]
) -> None:
    for direccion in direcciones:
        assert await _announce(settings, direccion, CUERPO_MAX + 1) == b"HTTP/1.1 413", direccion
    assert (await afuera.get("/health/live")).status_code == 200


async def _announce(settings: Settings, direccion: Direccion, length: int) -> bytes:
    """What the monitor says of a body of so many bytes, before a byte of it is sent."""
    reader, writer = await asyncio.open_connection(settings.monitor_host, settings.monitor_port)
    head = f"{direccion.method} {direccion.at('x')} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
    writer.write(head.encode())
    said = await reader.readexactly(len(b"HTTP/1.1 413"))
    writer.close()
    await writer.wait_closed()
    return said


async def test_no_parameter_of_a_path_climbs_out_of_it(
    monitor: httpx.AsyncClient, direcciones: list[Direccion]
) -> None:
    climbable = [direccion for direccion in direcciones if direccion.params]
    assert len(climbable) >= 20
    for direccion in climbable:
        for climb in CLIMBS:
            answer = await monitor.request(direccion.method, direccion.at(climb))
            assert 400 <= answer.status_code < 500, (direccion, climb)
            assert "root:" not in answer.text


async def test_every_answer_has_the_security_headers(
    settings: Settings, afuera: httpx.AsyncClient, direcciones: list[Direccion]
) -> None:
    known = {"Authorization": f"Bearer {await create_token(settings)}"}
    paths = [direccion.at("x") for direccion in direcciones if direccion.method == "GET"]
    for path in (*paths, "/static/posta.js", "/nada", "/api/nada"):
        for who in ({}, known):
            async with afuera.stream("GET", path, headers=who) as answer:
                assert all(name in answer.headers for name in CABECERAS), path
                policy = answer.headers["content-security-policy"]
                assert "script-src" not in policy, "scripts are ours, from files, or there are none"
                assert policy.startswith(("default-src 'self'", "default-src 'none'"))
                assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_monitor_answers_to_its_own_names_only(settings: Settings) -> None:
    named = settings.model_copy(update={"monitor_hosts": "monitor.empresa.cl, *.tiendas.cl"})
    async with monitor_running(named) as client:
        for host in ("monitor.empresa.cl", "Monitor.Empresa.cl:8002", "centro.tiendas.cl", "10.0.0.7", "[::1]:8002"):
            assert (await client.get("/health/live", headers={"Host": host})).status_code == 200, host
        for host in ("malo.cl", "tiendas.cl", "a.b.tiendas.cl", "monitor.empresa.cl.malo.cl", "x@localhost", "", "a b"):
            answer = await client.get("/api/stats", headers={"Host": host})
            assert (answer.status_code, "POSTA_MONITOR_HOSTS" in answer.text) == (400, True), host
            assert host not in answer.text or not host

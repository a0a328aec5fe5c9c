"""The monitor's door: who gets in, what each role may, and what somebody without an account sees of it all: nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.monitor.acceso.guardia import Ruta
from services.monitor.acceso.permisos import PERMISOS, Permiso
from services.monitor.limites import CUERPO_MAX
from services.monitor.main import open_cuentas
from shared.cuentas import Rol
from shared.settings import Settings
from tests.conditions import eventually
from tests.integration.monitor.servicio import (
    CONTRASENA,
    address_of,
    create_account,
    create_token,
    monitor_running,
)

REENVIO = {"todo": True}


@pytest.fixture
async def afuera(settings: Settings) -> Any:
    """A client that nobody knows, of a running monitor."""
    async with monitor_running(settings, conocido=False) as client:
        yield client


async def enter(client: httpx.AsyncClient, nombre: str, contrasena: str = CONTRASENA, **headers: str) -> httpx.Response:
    form = {"nombre": nombre, "contrasena": contrasena, "siguiente": "/docs"}
    return await client.post("/entrar", data=form, headers=headers)


async def csrf_of(client: httpx.AsyncClient) -> str:
    page = (await client.get("/")).text
    return page.split('name="csrf" content="')[1].split('"')[0]


def test_a_route_without_permission_cannot_be_made() -> None:
    async def forgotten() -> None: ...

    with pytest.raises(TypeError, match="no declara su permiso"):
        Ruta("/x", forgotten)
    assert set(PERMISOS) == set(Permiso)


async def test_whoever_logs_in_gets_a_new_session_in_a_cookie_that_no_script_and_no_other_site_has(
    settings: Settings, afuera: httpx.AsyncClient
) -> None:
    nombre = await create_account(settings)
    afuera.cookies.set("posta_sesion", "fijada-por-otro")
    answer = await enter(afuera, nombre.upper())
    assert (answer.status_code, answer.headers["location"]) == (303, "/docs")
    cookie = answer.headers["set-cookie"]
    assert "fijada-por-otro" not in cookie
    assert all(flag in cookie for flag in ("HttpOnly", "SameSite=strict", "Path=/", "posta_sesion="))
    afuera.cookies.clear()
    afuera.headers["Cookie"] = cookie.partition(";")[0]
    assert nombre in (await afuera.get("/")).text
    again = await enter(afuera, nombre)
    assert again.headers["set-cookie"] != cookie
    assert (await afuera.get("/api/stats")).status_code == 401, "the session before the login is over"


async def test_over_https_behind_a_trusted_proxy_the_cookie_is_secure(settings: Settings) -> None:
    behind = settings.model_copy(update={"monitor_proxies": "127.0.0.1"})
    nombre = await create_account(settings)
    async with monitor_running(behind, conocido=False) as client:
        answer = await enter(client, nombre, **{"X-Forwarded-Proto": "https"})
        assert answer.headers["set-cookie"].startswith("__Host-posta_sesion=")
        assert "; Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("siguiente", ["//otro.cl", "/\\otro.cl", "https://otro.cl", "javascript:alert(1)", "/\n/x"])
async def test_the_login_leads_to_no_other_host(settings: Settings, afuera: httpx.AsyncClient, siguiente: str) -> None:
    form = {"nombre": await create_account(settings), "contrasena": CONTRASENA, "siguiente": siguiente}
    assert (await afuera.post("/entrar", data=form)).headers["location"] == "/"


async def test_each_role_may_what_the_table_says(settings: Settings, afuera: httpx.AsyncClient) -> None:
    for rol, status in ((Rol.LECTURA, 403), (Rol.OPERADOR, 409), (Rol.ADMINISTRADOR, 409)):
        known = {"Authorization": f"Bearer {await create_token(settings, rol)}"}
        assert (await afuera.get("/api/stats", headers=known)).status_code == 200
        assert (await afuera.post("/api/operaciones", json=REENVIO, headers=known)).status_code == status
        assert (await afuera.post("/salir", headers=known)).status_code == 403, "a token has no session to leave"


async def test_a_change_wants_the_sessions_own_token_and_our_own_origin(
    settings: Settings, afuera: httpx.AsyncClient
) -> None:
    await enter(afuera, await create_account(settings))
    csrf, origin = await csrf_of(afuera), address_of(settings)
    assert (await afuera.post("/api/operaciones", json=REENVIO)).status_code == 403
    for headers, status in (
        ({"X-CSRF-Token": "otro"}, 403),
        ({"X-CSRF-Token": csrf, "Origin": "https://malo.cl"}, 403),
        ({"X-CSRF-Token": csrf, "Origin": "null"}, 403),
        ({"X-CSRF-Token": csrf, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-CSRF-Token": csrf, "Origin": origin}, 409),
    ):
        assert (await afuera.post("/api/operaciones", json=REENVIO, headers=headers)).status_code == status
    assert (await enter(afuera, "ana", Origin="https://malo.cl")).status_code == 403, (
        "nor is anybody logged in from there"
    )
    assert (await afuera.post("/salir", data={"csrf": csrf})).headers["location"] == "/entrar"
    assert (await afuera.get("/api/stats")).status_code == 401


async def test_guessing_is_locked_out_alike_for_accounts_that_exist_and_that_do_not(
    settings: Settings, afuera: httpx.AsyncClient
) -> None:
    await create_account(settings)
    seen = {}
    for nombre in ("ana", "nadie"):
        answers = [await enter(afuera, nombre, "mala") for _ in range(6)]
        seen[nombre] = [(answer.status_code, answer.text.replace(nombre, "N")) for answer in answers]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 30
        assert "Demasiados intentos. Vuelva a intentar en" in answers[-1].text
    assert seen["ana"][:5] == seen["nadie"][:5]
    assert (await enter(afuera, "ana")).status_code == 429, "the right password is not even looked at"
    async with open_cuentas(settings) as cuentas:
        await cuentas.set_contrasena("ana", "otros nueve caballos")
    assert (await enter(afuera, "ana", "otros nueve caballos")).status_code == 303


async def test_one_address_cannot_try_one_account_after_the_other(afuera: httpx.AsyncClient) -> None:
    statuses = [(await enter(afuera, f"nadie-{number}", "mala")).status_code for number in range(21)]
    assert statuses == [401] * 20 + [429]
    spoofed = await enter(afuera, "otro", "mala", **{"X-Forwarded-For": "203.0.113.9"})
    assert spoofed.status_code == 429, "who is no trusted proxy cannot name another address"


@pytest.mark.parametrize("change", ["contrasena", "rol", "activo", "sesiones"])
async def test_a_changed_account_is_logged_out_everywhere(
    settings: Settings, afuera: httpx.AsyncClient, change: str
) -> None:
    await create_account(settings, "jefa")
    await enter(afuera, await create_account(settings))
    assert (await afuera.get("/api/stats")).status_code == 200
    async with open_cuentas(settings) as cuentas:
        match change:
            case "contrasena":
                await cuentas.set_contrasena("ana", "otros nueve caballos")
            case "rol":
                await cuentas.set_rol("ana", Rol.LECTURA)
            case "activo":
                await cuentas.set_activo("ana", activo=False)
            case _:
                await cuentas.end_sessions("ana")
    await eventually(lambda: _is(afuera, 401), within=30)


async def test_a_revoked_token_is_worthless(settings: Settings, afuera: httpx.AsyncClient) -> None:
    afuera.headers["Authorization"] = f"Bearer {await create_token(settings)}"
    assert (await afuera.get("/api/stats")).status_code == 200
    async with open_cuentas(settings) as cuentas:
        [token] = await cuentas.list_tokens()
        assert token.usado is not None
        await cuentas.revoke_token(token.id)
    await eventually(lambda: _is(afuera, 401), within=30)


async def test_the_live_stream_ends_with_its_session(settings: Settings, afuera: httpx.AsyncClient) -> None:
    await enter(afuera, await create_account(settings))
    csrf = await csrf_of(afuera)
    async with afuera.stream("GET", "/api/eventos", timeout=60) as response:
        lines = response.aiter_lines()
        assert await anext(lines) == "retry: 2000"
        await afuera.post("/salir", data={"csrf": csrf})
        async for _ in lines:
            pass


async def test_metrics_are_open_to_this_machine_only(afuera: httpx.AsyncClient) -> None:
    assert (await afuera.get("/metrics")).status_code == 200
    for headers in ({"Host": "203.0.113.1"}, {"X-Forwarded-For": "203.0.113.9"}):
        assert (await afuera.get("/metrics", headers=headers)).status_code == 401


async def test_without_any_account_the_login_says_how_to_make_the_first(
    settings: Settings, afuera: httpx.AsyncClient
) -> None:
    assert "posta usuario create" in (await afuera.get("/entrar")).text
    await create_account(settings)
    assert "posta usuario create" not in (await afuera.get("/entrar")).text


async def _is(client: httpx.AsyncClient, status: int) -> bool:
    return (await client.get("/api/stats")).status_code == status


async def test_a_body_that_is_too_large_is_refused_with_and_without_its_length(afuera: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 65_536

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await afuera.post("/entrar", content=b"x" * (CUERPO_MAX + 1), headers=form)).status_code == 413
    assert (await afuera.post("/entrar", content=endless(), headers=form)).status_code in (400, 413)
    assert (await afuera.get("/health/live")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/static/../main.py", "/static/%2e%2e/main.py", "/static/..%2fmain.py", "/static//etc/passwd"]
)
async def test_nothing_but_static_files_is_under_static(afuera: httpx.AsyncClient, path: str) -> None:
    assert (await afuera.get(path)).status_code == 404

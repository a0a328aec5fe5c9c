"""`posta usuario` and `posta token`, typed against a running monitor."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from shared.settings import Settings
from tests.conditions import eventually
from tests.integration.monitor.servicio import CONTRASENA, monitor_running
from tests.integration.monitor.test_acceso import enter
from tests.integration.test_cli import Posta

OTRA = "otros nueve caballos"


@pytest.fixture
def clave(tmp_path: Path) -> Path:
    return _write(tmp_path / "clave.txt", f"{CONTRASENA}\n")


def _write(archivo: Path, contrasena: str) -> Path:
    archivo.write_text(contrasena, encoding="utf-8")
    return archivo


async def test_an_account_is_made_changed_and_closed_at_the_command_line(settings: Settings, clave: Path) -> None:
    posta = Posta(settings)
    password = ("--password-file", str(clave))
    made = await posta("usuario", "create", "Ana", "--rol", "operador", *password, "--motivo", "turno de noche")
    assert (made.status, made.salida) == (0, "Cuenta ana creada, con el rol operador\n")
    twice = await posta("usuario", "create", "ana", *password)
    assert (twice.status, "ya hay una cuenta «ana»" in twice.error) == (1, True)
    async with monitor_running(settings, conocido=False) as client:
        assert (await enter(client, "ana")).status_code == 303
        assert (await client.get("/cuentas")).status_code == 403
        assert (await posta("usuario", "role", "ana", "administrador")).status == 0
        await eventually(lambda: _answers(client, 401))
        assert (await enter(client, "ana")).status_code == 303
        assert (await client.get("/cuentas")).status_code == 200
        alone = await posta("usuario", "disable", "ana")
        assert (alone.status, "es el único administrador" in alone.error) == (1, True)
        assert (await posta("usuario", "create", "jefa", "--rol", "administrador", *password)).status == 0
        assert "desactivada" in (await posta("usuario", "disable", "ana")).salida
        await eventually(lambda: _answers(client, 401))
        assert (await enter(client, "ana")).status_code == 401
        assert "activa" in (await posta("usuario", "enable", "ana")).salida
        assert (await enter(client, "ana")).status_code == 303
    shown = await posta("usuario", "list", "--json")
    assert [(one["nombre"], one["rol"], one["activo"]) for one in shown.json] == [
        ("ana", "administrador", True), ("jefa", "administrador", True),
    ]  # fmt: skip
    assert "argon2" not in shown.salida
    assert '"turno de noche"' in (await posta("auditoria", "list", "--json")).salida


async def test_a_password_is_changed_and_may_be_one_for_the_first_time_only(settings: Settings, clave: Path) -> None:
    posta = Posta(settings)
    password = ("--password-file", str(clave))
    assert (await posta("usuario", "create", "luis", *password)).status == 0
    _write(clave, "corta")
    short = await posta("usuario", "passwd", "luis", *password)
    assert (short.status, "de 12 a 128 caracteres" in short.error) == (1, True)
    _write(clave, OTRA)
    assert (await posta("usuario", "passwd", "luis", "--provisoria", *password)).salida == (
        "Contraseña de luis cambiada\n"
    )
    async with monitor_running(settings, conocido=False) as client:
        assert (await enter(client, "luis")).status_code == 401
        assert (await enter(client, "luis", OTRA)).status_code == 303
        page = await client.get("/documentos")
        assert (page.status_code, page.headers["location"]) == (303, "/cuenta")
        api = await client.get("/api/stats")
        assert (api.status_code, "Cambie antes su contraseña" in api.json()["detail"]) == (403, True)
        assert "ponga una contraseña propia" in (await client.get("/cuenta")).text
    nobody = await posta("usuario", "passwd", "nadie", *password)
    assert (nobody.status, "posta usuario list" in nobody.error) == (1, True)


async def test_a_token_is_made_listed_and_revoked_at_the_command_line(settings: Settings) -> None:
    posta = Posta(settings)
    made = await posta("token", "create", "panel de la tienda", "--dias", "7")
    assert made.status == 0
    assert "No se mostrará otra vez" in made.error, "the secret stands alone on the standard output"
    token = made.salida.strip()
    async with monitor_running(settings, conocido=False) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        assert (await client.get("/api/stats")).status_code == 200
        assert (await client.post("/api/operaciones", json={"todo": True})).status_code == 403
        [listed] = (await posta("token", "list", "--json")).json
        assert (listed["nombre"], listed["rol"], listed["revocado"]) == ("panel de la tienda", "lectura", False)
        assert listed["usado"] is not None
        assert token not in str(listed)
        assert (await posta("token", "revoke", listed["id"], "--motivo", "se perdió")).status == 0
        await eventually(lambda: _answers(client, 401))
    gone = await posta("token", "revoke", "nada")
    assert (gone.status, "posta token list" in gone.error) == (1, True)


async def _answers(client: httpx.AsyncClient, status: int) -> bool:
    return (await client.get("/api/stats")).status_code == status

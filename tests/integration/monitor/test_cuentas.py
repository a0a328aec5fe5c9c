"""Accounts, tokens and the audit, on their pages."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from shared.settings import Settings
from tests.integration.monitor.servicio import CONTRASENA, create_account, monitor_running
from tests.integration.monitor.test_acceso import csrf_of, enter


@pytest.fixture
async def jefa(settings: Settings) -> Any:
    """An administrator who has logged in."""
    async with monitor_running(settings, conocido=False) as client:
        await enter(client, await create_account(settings, "jefa"))
        client.headers["X-CSRF-Token"] = await csrf_of(client)
        yield client


def secret_of(page: httpx.Response) -> str:
    found = re.search(r'<code id="secreto">([^<]+)</code>', page.text)
    assert found
    return found[1]


async def test_an_account_is_made_changed_and_closed(jefa: httpx.AsyncClient) -> None:
    made = await jefa.post("/cuentas", data={"nombre": "luis", "rol": "lectura"})
    assert (made.status_code, "Cuenta luis creada" in made.text) == (200, True)
    twice = await jefa.post("/cuentas", data={"nombre": "luis", "rol": "lectura"})
    assert (twice.status_code, "ya hay una cuenta" in twice.text) == (422, True)
    async with httpx.AsyncClient(base_url=jefa.base_url, timeout=60) as luis:
        assert (await enter(luis, "luis", secret_of(made))).status_code == 303
        for path in ("/cuentas", "/tokens", "/auditoria"):
            assert (await luis.get(path)).status_code == 403
        assert (await jefa.post("/cuentas/luis/rol", data={"rol": "operador"})).status_code == 200
        assert (await luis.get("/api/stats")).status_code == 401, "another role, another session"
        reset = await jefa.post("/cuentas/luis/contrasena")
        assert (await enter(luis, "luis", secret_of(reset))).status_code == 303
        assert (await jefa.post("/cuentas/luis/estado", data={"activo": "false"})).status_code == 200
        assert (await luis.get("/api/stats")).status_code == 401
        assert (await enter(luis, "luis", secret_of(reset))).status_code == 401
    alone = await jefa.post("/cuentas/jefa/estado", data={"activo": "false"})
    assert (alone.status_code, "es el único administrador" in alone.text) == (422, True)


async def test_a_person_changes_their_own_password(jefa: httpx.AsyncClient) -> None:
    new = {"nueva": "otros nueve caballos", "otra": "otros nueve caballos"}
    for form, words in (
        ({"actual": CONTRASENA, "nueva": "a", "otra": "b"}, "no son iguales"),
        ({"actual": "otra cosa", **new}, "no es ésa"),
        ({"actual": CONTRASENA, "nueva": "corta", "otra": "corta"}, "de 12 a 128 caracteres"),
        ({"actual": CONTRASENA, "nueva": "la jefa de todas", "otra": "la jefa de todas"}, "fácil de adivinar"),
    ):
        refused = await jefa.post("/cuenta/contrasena", data=form)
        assert (refused.status_code, words in refused.text) == (422, True)
    changed = await jefa.post("/cuenta/contrasena", data={"actual": CONTRASENA, **new})
    assert (changed.status_code, changed.headers["location"]) == (303, "/entrar")
    assert (await jefa.get("/cuenta")).status_code == 303
    assert (await enter(jefa, "jefa", "otros nueve caballos")).status_code == 303


async def test_a_token_is_shown_once_works_and_is_revoked(jefa: httpx.AsyncClient) -> None:
    token = secret_of(await jefa.post("/tokens", data={"nombre": "panel", "rol": "lectura", "dias": "7"}))
    assert token not in (await jefa.get("/tokens")).text
    async with httpx.AsyncClient(base_url=jefa.base_url, headers={"Authorization": f"Bearer {token}"}) as machine:
        assert (await machine.get("/api/stats")).status_code == 200
        assert (await machine.get("/cuenta")).status_code == 403
        page = (await jefa.get("/tokens")).text
        [id_] = re.findall(r'id="token-(\w+)"', page)
        assert "Usado" in page
        assert (await jefa.post(f"/tokens/{id_}/anular")).status_code == 200
        assert (await machine.get("/api/stats")).status_code == 401
    assert (await jefa.post("/tokens/nada/anular")).status_code == 422


async def test_the_audit_tells_who_did_what_and_notices_a_change(settings: Settings, jefa: httpx.AsyncClient) -> None:
    await jefa.post("/cuentas", data={"nombre": "luis", "rol": "lectura"})
    page = (await jefa.get("/auditoria", params={"verificar": True})).text
    for words in ("jefa@127.0.0.1", "usuario.create", "sesion.entrar", "Cadena íntegra"):
        assert words in page
    with MongoClient[dict[str, Any]](settings.mongo_url) as client:
        client[settings.mongo_database].auditoria.update_one({"_id": 2}, {"$set": {"quien": "nadie"}})
    assert "el asiento 2 fue cambiado" in (await jefa.get("/auditoria", params={"verificar": True})).text

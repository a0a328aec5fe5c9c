"""Searches of one's own: each account has its own, with limits, and a program has none."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from services.monitor.busqueda.vistas import VISTAS_MAX
from shared.settings import Settings
from tests.integration.monitor.servicio import create_account, create_token, monitor_running
from tests.integration.monitor.test_acceso import csrf_of, enter


@pytest.fixture
async def ana(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with monitor_running(settings, conocido=False) as client:
        await _log_in(settings, client, "ana")
        yield client


async def _log_in(settings: Settings, client: httpx.AsyncClient, nombre: str) -> None:
    await enter(client, await create_account(settings, nombre))
    client.headers["X-CSRF-Token"] = await csrf_of(client)


async def test_a_view_is_kept_renewed_and_removed_for_its_account_alone(
    settings: Settings, ana: httpx.AsyncClient
) -> None:
    for q in ("estado:pendiente tienda:Centro", "estado:incierto"):
        saved = await ana.post("/documentos/vistas", data={"nombre": " Lo mío ", "q": q})
        assert (saved.status_code, saved.headers["location"].partition("?")[0]) == (303, "/documentos")
    assert (await ana.get("/api/vistas")).json() == [{"nombre": "Lo mío", "q": "estado:incierto"}]
    assert "Lo mío" in (await ana.get("/documentos")).text
    async with httpx.AsyncClient(base_url=ana.base_url, timeout=60) as luis:
        await _log_in(settings, luis, "luis")
        assert (await luis.get("/api/vistas")).json() == []
        assert (await luis.delete("/api/vistas/Lo mío")).status_code == 422
    assert (await ana.delete("/api/vistas/Lo mío")).status_code == 204
    assert (await ana.get("/api/vistas")).json() == []


async def test_what_cannot_be_kept_is_told(ana: httpx.AsyncClient) -> None:
    for nombre, q, words in (
        (" ", "folio:1", "póngale un nombre"),
        ("a\tb", "folio:1", "póngale un nombre"),
        ("Nada", "  ", "no hay ninguna búsqueda que guardar"),
    ):
        refused = await ana.post("/documentos/vistas", data={"nombre": nombre, "q": q})
        assert (refused.status_code, words in refused.text) == (422, True)
    for number in range(VISTAS_MAX):
        assert (await ana.put(f"/api/vistas/{number}", json={"q": f"folio:{number}"})).status_code == 204
    full = await ana.put("/api/vistas/una más", json={"q": "folio:1"})
    assert (full.status_code, f"ya tiene {VISTAS_MAX} vistas" in full.json()["detail"]) == (422, True)
    assert (await ana.put("/api/vistas/0", json={"q": "folio:7"})).status_code == 204, "one that is there is renewed"


async def test_a_program_has_no_views(settings: Settings, ana: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(base_url=ana.base_url, timeout=60) as program:
        program.headers["Authorization"] = f"Bearer {await create_token(settings)}"
        assert (await program.get("/api/vistas")).status_code == 403
        assert "Guardar esta búsqueda" not in (await program.get("/documentos", params={"q": "folio:1"})).text

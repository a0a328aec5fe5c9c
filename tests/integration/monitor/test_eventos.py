"""Live: a change reaches every page by itself, and ten pages cost what one does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from services.monitor import live
from services.monitor.main import serve
from shared.clock import now
from shared.cuentas import Rol
from shared.metrics import NAVEGADORES
from shared.settings import Settings
from tests.conditions import LIMIT, eventually
from tests.integration.monitor.eventos import listening
from tests.integration.monitor.servicio import CONTRASENA, address_of, create_account, create_token, monitor_running
from tests.integration.monitor.tienda import Tienda


def watching() -> float:
    return float(NAVEGADORES._value.get())


async def test_a_sale_is_on_the_page_at_once(
    tienda: Tienda, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "REPOSO", timedelta(hours=1))  # by its own pace no change would come
    async with monitor_running(settings) as monitor, listening(monitor) as (oyente,):
        await eventually(lambda: oyente.shows("cifras", ">0<"))
        for sold in range(1, 6):
            (id_,) = await tienda.sell(1)
            await oyente.wait_for("documentos", id_)
            await oyente.wait_for("cifras", f"<span data-cifra>{sold}</span>")


async def test_the_stream_is_not_cached_and_not_buffered(monitor: httpx.AsyncClient) -> None:
    async with monitor.stream("GET", "/api/eventos") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"


async def test_ten_browsers_cost_the_database_what_one_does(tienda: Tienda, settings: Settings) -> None:
    once = settings.model_copy(update={"alertas_revision": timedelta(hours=1)})
    async with monitor_running(once):
        await tienda.sell(3)
        alone = await _cost_of_a_reading(settings, browsers=1)
        together = await _cost_of_a_reading(settings, browsers=10)
    assert together < alone + 3, "each browser costs something of its own"


async def _cost_of_a_reading(settings: Settings, *, browsers: int) -> float:
    """Commands of all kinds that the database gets for each reading of the panel's figures, while people look at it.

    Each has a session of its own. Left out is what goes on whether or not anybody looks: the change streams, the
    counters and their lease, replays and alerts waiting to be delivered.
    """
    async with AsyncExitStack() as open_pages:
        for number in range(browsers):
            client = await open_pages.enter_async_context(_person(settings, f"persona{browsers}-{number}"))
            await open_pages.enter_async_context(listening(client))
        with MongoClient[dict[str, Any]](settings.mongo_url) as mongo:
            database = mongo[settings.mongo_database]
            database.command("profile", 2)
            profile = database["system.profile"]
            await eventually(lambda: profile.count_documents(_READING) >= 6)
            database.command("profile", 0)
            asked = profile.count_documents({"$and": [_BY_POSTA, {"ns": {"$not": _BESIDES}}]})
            readings = profile.count_documents(_READING)
            profile.drop()
    return float(asked / readings)


_READING: dict[str, Any] = {"command.aggregate": "cafs"}
_BY_POSTA: dict[str, Any] = {"appName": "posta", "op": {"$in": ["query", "command", "update", "insert", "remove"]}}
_BESIDES = re.compile(r"\.(operaciones|avisos|system\.profile|\$cmd.*)$")


@asynccontextmanager
async def _person(settings: Settings, nombre: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has logged in with a browser of their own."""
    await create_account(settings, nombre, Rol.LECTURA)
    async with httpx.AsyncClient(base_url=address_of(settings), timeout=30) as client:
        answer = await client.post("/entrar", data={"nombre": nombre, "contrasena": CONTRASENA})
        assert answer.status_code == 303
        yield client


async def test_who_comes_after_too_many_is_told_to_ask_instead(settings: Settings) -> None:
    few = settings.model_copy(update={"monitor_navegadores": 2})
    async with monitor_running(few) as client:
        async with listening(client, 2):
            refused = await client.get("/api/eventos")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "15")
            assert "POSTA_MONITOR_NAVEGADORES" in refused.json()["detail"]
            assert (await client.get("/api/stats?fragmentos=true&limit=0")).json()["fragmentos"]
        await eventually(lambda: watching() == 0)
        async with listening(client, 2):
            pass


async def test_the_page_says_when_nobody_counts_and_when_somebody_does_again(
    tienda: Tienda, monitor: httpx.AsyncClient
) -> None:
    conteos = tienda.store._mongo.database.conteos
    elsewhere = {"dueno": "otro", "libre": now() + timedelta(hours=1)}
    await conteos.update_one({"_id": "cursor"}, {"$set": elsewhere})
    async with listening(monitor) as (oyente,):
        await oyente.wait_for("avisos", "Nadie lleva las cuentas")
        assert (await monitor.get("/api/stats")).json()["cuentas"]["atrasadas"] is True
        await conteos.update_one({"_id": "cursor"}, {"$unset": dict.fromkeys(elsewhere, "")})
        await eventually(lambda: not oyente.shows("avisos", "Nadie lleva las cuentas"))


async def test_clients_that_leave_are_forgotten(monitor: httpx.AsyncClient) -> None:
    async with listening(monitor, 10):
        assert watching() == 10
    await eventually(lambda: watching() == 0)


async def test_the_service_ends_although_pages_are_open(settings: Settings) -> None:
    stop = asyncio.Event()
    known = {"Authorization": f"Bearer {await create_token(settings)}"}
    serving = asyncio.ensure_future(serve(settings, stop))
    async with httpx.AsyncClient(base_url=address_of(settings), headers=known) as client:
        await eventually(lambda: _alive(client))
        async with listening(client, 3) as oyentes:
            stop.set()
            await asyncio.wait_for(serving, LIMIT)
            await eventually(lambda: all(oyente.ended for oyente in oyentes))
    assert watching() == 0


async def _alive(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/live")).is_success
    except httpx.TransportError:
        return False


async def test_a_page_that_cannot_stream_gets_the_same_html_by_asking(tienda: Tienda, settings: Settings) -> None:
    async with monitor_running(settings) as client, listening(client) as (oyente,):
        (id_,) = await tienda.sell(1)
        await eventually(lambda: oyente.shows("documentos", id_))
        asked = (await client.get("/api/stats", params={"fragmentos": True})).json()["fragmentos"]
        assert asked["documentos"] == oyente.fragmentos["documentos"]
        assert set(asked) == set(oyente.fragmentos)
        assert (await client.get("/api/stats")).json()["fragmentos"] is None

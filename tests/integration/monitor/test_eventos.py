"""Live: a change reaches every page by itself, and ten pages cost what one does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from services.monitor import live
from services.monitor.main import serve
from shared.metrics import NAVEGADORES
from shared.settings import Settings
from tests.conditions import LIMIT, eventually
from tests.integration.monitor.eventos import listening
from tests.integration.monitor.servicio import address_of, create_token, monitor_running
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


async def test_ten_browsers_cost_the_database_what_one_does(
    tienda: Tienda, settings: Settings, monitor: httpx.AsyncClient
) -> None:
    with MongoClient[dict[str, Any]](settings.mongo_url) as client:
        database = client[settings.mongo_database]
        async with listening(monitor, 10) as oyentes:
            database.command("profile", 2)
            for sold in range(1, 6):
                (id_,) = await tienda.sell(1)
                await asyncio.gather(*(oyente.wait_for("documentos", id_) for oyente in oyentes))
                cifra = f"<span data-cifra>{sold}</span>"
                await asyncio.gather(*(oyente.wait_for("cifras", cifra) for oyente in oyentes))
            database.command("profile", 0)
        counts = database["system.profile"].count_documents(
            {"command.aggregate": "dtes", "command.pipeline.$group": {"$exists": True}}
        )
    assert 5 <= counts < 5 * len(oyentes), "each browser has it counted for itself"


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

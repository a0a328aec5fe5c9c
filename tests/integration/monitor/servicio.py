"""The monitor, served in this process exactly as its own process serves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from services.monitor.main import serve
from shared.settings import Settings
from tests.conditions import LIMIT, eventually


def address_of(settings: Settings) -> str:
    return f"http://{settings.monitor_host}:{settings.monitor_port}"


@asynccontextmanager
async def monitor_running(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a monitor that has asked both sources and counted; afterwards the service has ended in order."""
    stop = asyncio.Event()
    serving = asyncio.ensure_future(serve(settings, stop))
    try:
        async with httpx.AsyncClient(base_url=address_of(settings), timeout=30) as client:
            await eventually(lambda: _ready(client, serving))
            assert not serving.done(), "the monitor ended while it started"
            yield client
    finally:
        stop.set()
        await asyncio.wait_for(serving, LIMIT)


async def _ready(client: httpx.AsyncClient, serving: asyncio.Future[None]) -> bool:
    try:
        if serving.done():
            return True
        stats = (await client.get("/api/stats?limit=0")).json()
        return (await client.get("/health/ready")).status_code == 200 and (
            stats["emitidos"] is not None or "MongoDB" in {problema["fuente"] for problema in stats["problemas"]}
        )
    except httpx.TransportError:
        return False

"""The monitor, served in this process exactly as its own process serves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from services.monitor.main import open_cuentas, serve
from shared.cuentas import Rol
from shared.settings import Settings
from tests.conditions import LIMIT, eventually


def address_of(settings: Settings) -> str:
    return f"http://{settings.monitor_host}:{settings.monitor_port}"


CONTRASENA = "nueve caballos azules"


async def create_token(settings: Settings, rol: Rol = Rol.ADMINISTRADOR) -> str:
    """A machine's way into this installation's monitor."""
    async with open_cuentas(settings) as cuentas:
        return (await cuentas.create_token("prueba", rol)).secreto


async def create_account(settings: Settings, nombre: str = "ana", rol: Rol = Rol.ADMINISTRADOR) -> str:
    """Somebody whose password is `CONTRASENA`; gives the name."""
    async with open_cuentas(settings) as cuentas:
        if nombre not in [usuario.nombre for usuario in await cuentas.list_usuarios()]:
            await cuentas.create(nombre, CONTRASENA, rol)
    return nombre


@asynccontextmanager
async def monitor_running(settings: Settings, *, conocido: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a monitor that has asked both sources and counted; afterwards the service has ended in order.

    The client has an administrator's token, unless it is not to be known (`conocido`).
    """
    headers = {"Authorization": f"Bearer {await create_token(settings)}"} if conocido else {}
    stop = asyncio.Event()
    serving = asyncio.ensure_future(serve(settings, stop))
    try:
        async with httpx.AsyncClient(base_url=address_of(settings), headers=headers, timeout=30) as client:
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
        ready = (await client.get("/health/ready")).status_code == 200
        answer = await client.get("/api/stats?limit=0")
        if answer.status_code == 401:  # a client that nobody knows
            return ready
        stats = answer.json()
        return ready and (
            stats["emitidos"] is not None or "MongoDB" in {problema["fuente"] for problema in stats["problemas"]}
        )
    except httpx.TransportError:
        return False

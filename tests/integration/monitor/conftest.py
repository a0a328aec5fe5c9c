"""A shop, and a monitor that looks at it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from shared.settings import Settings
from tests.emitter_world import with_authority
from tests.integration.monitor.empresas import EMPRESA, POR
from tests.integration.monitor.servicio import monitor_running
from tests.integration.monitor.tienda import Tienda


@pytest.fixture
async def tienda(settings: Settings) -> AsyncIterator[Tienda]:
    shop = await Tienda(settings).open()
    yield shop
    await shop.close()


@pytest.fixture
async def monitor(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running monitor."""
    # The shop has no broker: after three looks its documents would be called missing there.
    once = settings.model_copy(update={"alertas_revision": timedelta(hours=1)})
    async with monitor_running(once) as client:
        yield client


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's client of a monitor with one company, whose authority is the tests' own."""
    async with monitor_running(with_authority(settings)) as client:
        made = await client.post("/api/empresas", json=EMPRESA, params=POR)
        assert made.status_code == 201, made.text
        yield client

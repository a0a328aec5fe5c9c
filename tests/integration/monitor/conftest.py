"""A shop, and a monitor that looks at it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from shared.settings import Settings
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
    async with monitor_running(settings) as client:
        yield client

"""A shop, its monitor, and a person in front of a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, Page, expect

from shared.settings import Settings
from tests.browser.navegador import chromium, log_in
from tests.conditions import LIMIT
from tests.integration.monitor.servicio import address_of, monitor_running
from tests.integration.monitor.tienda import Tienda

expect.set_options(timeout=1000 * LIMIT)  # a page on a loaded machine


@pytest.fixture
async def tienda(settings: Settings) -> AsyncIterator[Tienda]:
    shop = await Tienda(settings).open()
    yield shop
    await shop.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@dataclass
class Visita:
    """One open page, with all that went wrong on it and all that it asked for."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    async def open(self, path: str = "/") -> Page:
        """Go there; the panel is returned once it is live."""
        await self.page.goto(self.address + path)
        if path == "/":
            await self.page.wait_for_selector("#vivo[data-estado=vivo]")
        return self.page

    def asked(self, path: str) -> int:
        return sum(request.startswith(self.address + path) for request in self.requests)


@asynccontextmanager
async def visiting(settings: Settings, browser: Browser) -> AsyncIterator[Visita]:
    """A visitor of the monitor, which runs for as long."""
    async with monitor_running(settings):
        page = await browser.new_page(viewport={"width": 1280, "height": 900}, locale="es-CL")
        visit = Visita(page, address_of(settings))
        await log_in(page, settings)
        page.on("console", lambda said: visit.complaints.append(said.text) if said.type != "log" else None)
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("request", lambda request: visit.requests.append(request.url))
        yield visit
        await page.close()


@pytest.fixture
async def visita(settings: Settings, browser: Browser) -> AsyncIterator[Visita]:
    async with visiting(settings, browser) as visit:
        yield visit

"""Debian's Chromium, driven by Playwright."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, async_playwright

from shared.settings import Settings
from tests.integration.monitor.servicio import CONTRASENA, address_of, create_account

CHROMIUM = "/usr/bin/chromium"
_ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """One browser, closed afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGS)
        try:
            yield browser
        finally:
            await browser.close()


async def log_in(page: Page, settings: Settings) -> None:
    """Give the page's browser a session, without going through the login's page."""
    form: dict[str, str | float | bool] = {"nombre": await create_account(settings), "contrasena": CONTRASENA}
    answer = await page.context.request.post(f"{address_of(settings)}/entrar", form=form, max_redirects=0)
    assert answer.status == 303

"""Takes the pictures in `docs/` anew: `python -m tests.browser.screenshots [FOLDER]`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page

from shared.dte.estado import Estado
from shared.settings import Settings
from tests.browser.escena import beat_all, fill_queues, fill_shop
from tests.browser.navegador import chromium, log_in
from tests.integration.monitor.servicio import address_of, monitor_running
from tests.integration.monitor.tienda import Tienda
from tests.servers import run_servers, settings_for

DOCS = Path(__file__).resolve().parents[2] / "docs"
_ESCRITORIO = (1440, 1240)
_FICHA = (1440, 800)
_TELEFONO = (390, 844)


async def take_all(settings: Settings, folder: Path) -> None:
    """Panel (light, dark, phone) and one document's page."""
    settings = settings.model_copy(update={"latido_vencido": timedelta(minutes=1)})  # the scene's hearts beat once
    tienda = await Tienda(settings).open()
    await fill_shop(tienda)
    consumer = await fill_queues(settings, tienda)
    await beat_all(tienda)
    try:
        async with monitor_running(settings), chromium() as browser:
            panel = address_of(settings)
            await _take(browser, settings, panel, folder / "monitor.png", size=_ESCRITORIO)
            await _take(browser, settings, panel, folder / "monitor-oscuro.png", size=_ESCRITORIO, scheme="dark")
            await _take(browser, settings, panel, folder / "monitor-telefono.png", size=_TELEFONO)
            documento = f"{panel}/documentos/{await _interesting(tienda)}"
            await _take(browser, settings, documento, folder / "monitor-documento.png", size=_FICHA)
    finally:
        await consumer.close()
        await tienda.close()


async def _interesting(tienda: Tienda) -> str:
    reparos = await tienda.store.documents.find_by_estado(Estado.REPARO, hasta=tienda.ahora, limit=1)
    return reparos[0].id


async def _take(
    browser: Browser,
    settings: Settings,
    address: str,
    path: Path,
    *,
    size: tuple[int, int],
    scheme: Literal["light", "dark"] = "light",
) -> None:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        reduced_motion="reduce",
        locale="es-CL",
        device_scale_factor=2 if size is _TELEFONO else 1,
    )
    page = await context.new_page()
    await log_in(page, settings)
    await page.goto(address)
    await _settled(page)
    await page.screenshot(path=path)
    await context.close()


async def _settled(page: Page) -> None:
    await page.evaluate("document.fonts.ready.then(() => true)")
    if await page.locator("#vivo").count():
        await page.wait_for_selector("#vivo[data-estado=vivo]")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    with run_servers() as servers, tempfile.TemporaryDirectory() as carpeta:
        asyncio.run(take_all(settings_for(servers.private, servers.fresh_name(), Path(carpeta)), folder))


if __name__ == "__main__":
    main()

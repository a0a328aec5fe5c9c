"""Takes the pictures in `docs/` anew: `python -m tests.browser.screenshots [FOLDER]`."""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from PIL import Image
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
    """Panel (light, dark, phone), the list and one document of it, what waits, and the alerts."""
    settings = settings.model_copy(update={"latido_vencido": timedelta(minutes=1)})  # the scene's hearts beat once
    tienda = await Tienda(settings).open()
    await fill_shop(tienda)
    consumer = await fill_queues(settings, tienda)
    await beat_all(tienda)
    try:
        async with monitor_running(settings), chromium() as browser:
            foto = _Foto(browser, settings, folder)
            await foto.take("/", "monitor", _ESCRITORIO)
            await foto.take("/", "monitor-oscuro", _ESCRITORIO, "dark")
            await foto.take("/", "monitor-telefono", _TELEFONO)
            await foto.take("/documentos?q=tipo:factura", "monitor-documentos", _FICHA)
            await foto.take("/documentos", "monitor-documentos-telefono", _TELEFONO, "dark")
            await foto.take(f"/documentos/{await _interesting(tienda)}", "monitor-documento", _FICHA)
            await foto.take("/pendientes", "monitor-pendientes", _FICHA)
            await foto.take("/alertas", "monitor-alertas", _FICHA, "dark")
    finally:
        await consumer.close()
        await tienda.close()


async def _interesting(tienda: Tienda) -> str:
    reparos = await tienda.store.documents.find_by_estado(Estado.REPARO, hasta=tienda.ahora, limit=1)
    return reparos[0].id


@dataclass(frozen=True)
class _Foto:
    """Somebody with a camera in front of the monitor."""

    browser: Browser
    settings: Settings
    folder: Path

    async def take(
        self, path: str, name: str, size: tuple[int, int], scheme: Literal["light", "dark"] = "light"
    ) -> None:
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="es-CL",
            device_scale_factor=2 if size is _TELEFONO else 1,
        )
        page = await context.new_page()
        await log_in(page, self.settings)
        await page.goto(address_of(self.settings) + path)
        await _settled(page)
        _store(await page.screenshot(), self.folder / f"{name}.png")
        await context.close()


def _store(png: bytes, path: Path) -> None:
    """With a palette: a third of the size, and nobody sees it."""
    Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


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

"""What a person sees while something is away, and that nobody has to reload anything afterwards."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from playwright.async_api import Browser, expect

from shared.settings import Settings
from tests.browser.conftest import visiting
from tests.browser.navegador import log_in
from tests.browser.test_panel import figure
from tests.integration.monitor.servicio import address_of, monitor_running
from tests.integration.monitor.tienda import Tienda
from tests.wire import wire_to


async def test_mongodb_away_is_a_banner_over_the_last_figures(
    settings: Settings, tienda: Tienda, browser: Browser
) -> None:
    await tienda.sell(4)
    port = urlsplit(settings.mongo_url).port
    assert port
    async with wire_to("127.0.0.1", port) as wire:
        cuttable = settings.model_copy(
            update={
                "mongo_url": f"mongodb://127.0.0.1:{wire.port}/?directConnection=true",
                "mongo_timeout": timedelta(seconds=1),
            }
        )
        async with visiting(cuttable, browser) as visita:
            page = await visita.open()
            await expect(page.locator(figure("Emitidos"))).to_have_text("4")
            await wire.cut()
            banner = page.get_by_role("alert")
            await expect(banner).to_contain_text("MongoDB no responde")
            await expect(banner).to_contain_text("Sus datos son de las")
            await expect(page.locator("#momento")).to_contain_text("atrasados")
            await expect(page.locator(figure("Emitidos"))).to_have_text("4")
            await expect(page.locator("#vivo-texto")).to_have_text("En vivo")
            await tienda.sell(1)
            await wire.join()
            await expect(banner).to_have_count(0)
            await expect(page.locator(figure("Emitidos"))).to_have_text("5")
            await expect(page.locator("#momento")).not_to_contain_text("atrasados")


async def test_a_monitor_that_is_gone_is_said_and_found_again(
    settings: Settings, tienda: Tienda, browser: Browser
) -> None:
    page = await browser.new_page()
    async with monitor_running(settings):
        await log_in(page, settings)
        await page.goto(address_of(settings))
        await expect(page.locator("#vivo-texto")).to_have_text("En vivo")
    await expect(page.locator("#vivo-texto")).to_have_text("Sin señal del monitor")
    await tienda.sell(2)
    async with monitor_running(settings):
        await expect(page.locator("#vivo-texto")).to_have_text("En vivo")
        await expect(page.locator(figure("Emitidos"))).to_have_text("2")
        await page.close()

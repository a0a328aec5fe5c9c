"""From a difference on the panel to its folios, and a page too many."""

from __future__ import annotations

from playwright.async_api import Browser, expect

from shared.dte.existencias import Destino
from shared.dte.tipos import TipoDte
from shared.settings import Settings
from tests.browser.conftest import Visita, visiting
from tests.browser.navegador import log_in
from tests.integration.monitor.tienda import EMISOR, Tienda


async def test_the_folios_of_a_difference_are_one_click_away(visita: Visita, tienda: Tienda) -> None:
    page = await visita.open()
    await expect(page.locator("#cuadratura")).to_contain_text("Cuadra")
    lost = await tienda.store.folios.reserve(Destino(EMISOR, TipoDte.BOLETA), 1)
    await tienda.store.folios.settle([(lost, ())])
    await tienda.sell(1)
    await page.get_by_role("link", name="Ver los folios").click()
    await expect(page.get_by_role("heading", name="Cuadratura", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="12.001")).to_have_attribute(
        "href", "/documentos?q=folio%3A12001%20tipo%3A39"
    )
    await page.get_by_role("link", name="Revisar todos los rangos").click()
    await expect(page.get_by_role("link", name="12.001")).to_be_visible()
    assert visita.complaints == []


async def test_a_page_too_many_asks_instead(settings: Settings, browser: Browser, tienda: Tienda) -> None:
    async with visiting(settings.model_copy(update={"monitor_navegadores": 1}), browser) as visita:
        await visita.open()
        second = await browser.new_page()
        await log_in(second, settings)
        await second.goto(visita.address)
        await expect(second.locator("#vivo-texto")).to_have_text("Consulta cada 5 s")
        await tienda.sell(2)
        await expect(second.locator(".cifra:has(dt:has-text('Emitidos')) [data-cifra]")).to_have_text("2")
        await second.close()

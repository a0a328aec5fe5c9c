"""The SII's weather on the panel."""

from __future__ import annotations

from playwright.async_api import expect

from shared.clock import now
from tests.browser.conftest import Visita
from tests.integration.monitor.tienda import Tienda

AWAY = {"boleta.subida": "cerrado", "boleta.consulta": "cerrado", "factura.subida": "abierto"}


async def test_each_channel_says_how_it_is_and_how_long_its_answers_take(visita: Visita, tienda: Tienda) -> None:
    page = await visita.open()
    boletas, facturas = page.locator("#clima-boleta"), page.locator("#clima-factura")
    await expect(boletas).to_contain_text("ningún sender lo dice")
    tienda.ahora = now()
    await tienda.beat("sender@a:1", cortes=AWAY, latencias={"boleta.subida": [1.2] * 90 + [4.2] * 10})
    await expect(boletas.get_by_role("heading")).to_contain_text("Responde")
    await expect(facturas.get_by_role("heading")).to_contain_text("Cortado")
    cells = page.locator("#clima-boleta-subida td")
    await expect(cells.nth(0)).to_have_text("1,3 s")
    await expect(cells.nth(1)).to_have_text("4,5 s")
    await expect(page.locator("#clima-boleta-consulta")).to_contain_text("sin respuestas")
    await expect(page.locator("#clima-factura-subida")).to_contain_text("Cortado desde")
    await expect(page.locator("#clima-dtebox")).to_have_count(0)

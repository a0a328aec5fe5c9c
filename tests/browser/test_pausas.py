"""Pausing and resuming, as a person does it at a desk and on a telephone."""

from __future__ import annotations

import pytest
from playwright.async_api import ViewportSize, expect

from shared.messages import EmisorGuardado
from tests.browser.conftest import Visita
from tests.dte_data import EMISOR
from tests.integration.monitor.tienda import EMISOR as RUT
from tests.integration.monitor.tienda import Tienda

ESCRITORIO: ViewportSize = {"width": 1280, "height": 900}
TELEFONO: ViewportSize = {"width": 390, "height": 844}


@pytest.mark.parametrize("pantalla", [ESCRITORIO, TELEFONO], ids=["escritorio", "telefono"])
async def test_a_channel_is_paused_with_a_reason_seen_on_the_panel_and_resumed(
    visita: Visita, tienda: Tienda, pantalla: ViewportSize
) -> None:
    page = visita.page
    await page.set_viewport_size(pantalla)
    await visita.open("/pausas")
    card = page.locator("#pausa-canal-factura")
    await expect(card).to_contain_text("En marcha")
    await card.get_by_text("Pausar Facturas", exact=True).click()
    await card.get_by_label("Motivo").fill("mantención del SII")
    await card.get_by_role("button", name="Sí, pausar Facturas").click()
    await expect(card).to_contain_text("Pausado por ana desde")
    await expect(card).to_contain_text("mantención del SII")
    await fits(visita, pantalla)
    await visita.open()
    banner = page.locator("#aviso-pausa-canal-factura")
    await expect(banner).to_contain_text("Canal factura: pausado por ana desde")
    await expect(banner).to_contain_text("mantención del SII")
    await expect(page.locator("#clima-factura").get_by_role("heading")).to_contain_text("Pausado")
    await fits(visita, pantalla)
    await banner.get_by_role("link", name="Ver las pausas").click()
    await card.get_by_text("Reanudar Facturas", exact=True).click()
    await card.get_by_role("button", name="Sí, reanudar Facturas").click()
    await expect(card).to_contain_text("En marcha")
    assert await tienda.store.pausas.all() == []
    await visita.open()
    await expect(banner).to_have_count(0)
    await expect(page.locator("#clima-factura").get_by_role("heading")).not_to_contain_text("Pausado")
    assert visita.complaints == []


async def test_a_company_is_paused_and_what_is_held_is_counted(visita: Visita, tienda: Tienda) -> None:
    datos = EMISOR.model_dump(mode="json")
    await tienda.store.companies.save_emisor(EmisorGuardado(rut=RUT, datos=datos, resoluciones={}))
    page = await visita.open("/pausas")
    await page.get_by_text("Pausar una empresa", exact=True).click()
    await page.get_by_label("Empresa", exact=True).fill("76192083-1")
    motivo = page.locator("#pausa-una-empresa").get_by_label("Motivo")
    await motivo.fill("certificado en duda")
    await page.get_by_role("button", name="Sí, pausar la empresa").click()
    await expect(page.get_by_role("alert")).to_contain_text("dígito verificador")
    await expect(motivo).to_have_value("certificado en duda")
    await page.get_by_label("Empresa", exact=True).fill(RUT)
    await page.get_by_role("button", name="Sí, pausar la empresa").click()
    card = page.locator(f"#pausa-emisor-{RUT}")
    await expect(card).to_contain_text("certificado en duda")
    await tienda.store.detenidos.hold(await tienda.sell(2))
    await visita.open()
    await expect(page.locator(f"#aviso-pausa-emisor-{RUT}")).to_contain_text("2 documentos detenidos")
    await visita.open("/pausas")
    await expect(card).to_contain_text("2 documentos detenidos")
    await page.set_viewport_size(TELEFONO)
    await fits(visita, TELEFONO)


async def fits(visita: Visita, pantalla: ViewportSize) -> None:
    assert await visita.page.evaluate("document.documentElement.scrollWidth") <= pantalla["width"], visita.page.url

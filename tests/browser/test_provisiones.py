"""Folios and certificates on the panel: what needs somebody is open, the rest is one click away."""

from __future__ import annotations

from datetime import date

from playwright.async_api import expect

from shared.dte.existencias import Destino
from shared.dte.tipos import TipoDte
from tests.browser.conftest import Visita
from tests.integration.monitor.tienda import EMISOR, Tienda


async def test_only_what_needs_somebody_is_open(visita: Visita, tienda: Tienda) -> None:
    await tienda.store.folios.add(
        Destino(EMISOR, TipoDte.NOTA_CREDITO), desde=1, hasta=20, fecha=date(2026, 3, 2), archivo=b"cifrado"
    )
    page = await visita.open()
    pocos = page.locator(f"[id='folios-{EMISOR}-61-']")
    await expect(pocos).to_contain_text("pocos")
    await expect(pocos.get_by_role("cell").first).to_have_text("20")
    boletas = page.locator(f"[id='folios-{EMISOR}-39-']")
    await expect(boletas).to_be_hidden()
    await page.locator("#folios-bien summary").click()
    await expect(boletas.get_by_role("cell").first).to_have_text("5.000")
    await expect(page.locator("#provisiones")).to_contain_text("Ninguna empresa tiene certificado.")

"""Thresholds, as an administrator changes them at a desk and on a telephone."""

from __future__ import annotations

import pytest
from playwright.async_api import ViewportSize, expect

from tests.browser.conftest import Visita
from tests.browser.test_pausas import ESCRITORIO, TELEFONO, fits


@pytest.mark.parametrize("pantalla", [ESCRITORIO, TELEFONO], ids=["escritorio", "telefono"])
async def test_a_threshold_is_changed_beside_its_default_and_goes_back(visita: Visita, pantalla: ViewportSize) -> None:
    await visita.page.set_viewport_size(pantalla)
    page = await visita.open("/umbrales")
    row = page.locator("#umbral-folios_dias_aviso")
    await expect(row).to_contain_text("Es el valor por defecto.")
    await fits(visita, pantalla)
    await row.get_by_label("Folios: aviso, en días").fill("2")
    await row.get_by_role("button", name="Guardar").click()
    await expect(page.get_by_role("alert")).to_contain_text("cambie primero el otro")
    await row.get_by_label("Folios: aviso, en días").fill("40")
    await row.get_by_role("button", name="Guardar").click()
    await expect(row).to_contain_text("Por defecto 15; lo cambió ana")
    await expect(row.get_by_label("Folios: aviso, en días")).to_have_value("40")
    await fits(visita, pantalla)
    await row.get_by_role("button", name="Volver al valor por defecto").click()
    await expect(row).to_contain_text("Es el valor por defecto.")
    await expect(row.get_by_label("Folios: aviso, en días")).to_have_value("15")
    assert [said for said in visita.complaints if "422" not in said] == []

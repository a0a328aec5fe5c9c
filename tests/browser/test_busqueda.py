"""What helps while a search is typed, and searches that are kept."""

from __future__ import annotations

from playwright.async_api import expect

from shared.dte.causa import Causa
from tests.browser.conftest import Visita
from tests.integration.monitor.tienda import Tienda

BUSCADOR = "Buscar documentos"


async def test_fields_and_their_words_are_offered_and_taken_by_keyboard(visita: Visita, tienda: Tienda) -> None:
    ids = await tienda.sell(2)
    await tienda.reject([ids[0]], Causa.ESQUEMA, "ENV-3-0", "Falta GiroRecep")
    page = await visita.open("/documentos")
    field, offers = page.get_by_role("searchbox", name=BUSCADOR), page.get_by_role("list", name="Sugerencias")
    await field.press_sequentially("est")
    await expect(offers.get_by_role("button")).to_have_count(1)
    await page.keyboard.press("ArrowDown")
    await expect(offers.get_by_role("button")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(field).to_have_value("estado:")
    await expect(field).to_be_focused()
    await expect(offers.get_by_role("button")).to_have_count(8)
    await field.press_sequentially("rec")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(field).to_have_value("estado:rechazado ")
    await field.press_sequentially("f")
    await page.keyboard.press("Escape")
    await expect(offers).to_be_hidden()
    await expect(field).to_have_value("estado:rechazado f")
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Enter")
    await expect(page.locator("#lista tbody tr")).to_have_count(1)
    assert visita.complaints == []


async def test_an_offer_is_taken_with_the_mouse_and_goes_when_one_looks_elsewhere(
    visita: Visita, tienda: Tienda
) -> None:
    await tienda.sell(1)
    page = await visita.open("/documentos")
    field, offers = page.get_by_role("searchbox", name=BUSCADOR), page.get_by_role("list", name="Sugerencias")
    await field.press_sequentially("tienda:Centro ti")
    await offers.get_by_role("button", name="tipo:").click()
    await expect(field).to_have_value("tienda:Centro tipo:")
    await offers.get_by_role("button", name="Boleta electrónica").click()
    await expect(field).to_have_value("tienda:Centro tipo:39 ")
    await field.press_sequentially("ca")
    await expect(offers).to_be_visible()
    await page.get_by_role("heading", name="1 documento").click()
    await expect(offers).to_be_hidden()


async def test_a_search_is_kept_with_a_name_and_let_go(visita: Visita, tienda: Tienda) -> None:
    await tienda.sell(2, tienda="Maipú")
    page = await visita.open("/documentos?q=tienda:Maipú")
    await page.get_by_text("Guardar esta búsqueda").click()
    await page.get_by_label("Nombre").fill("Lo de Maipú")
    await page.get_by_role("button", name="Guardar").click()
    mine = page.get_by_role("navigation", name="Vistas").get_by_role("link", name="Lo de Maipú")
    await expect(mine).to_have_attribute("aria-current", "page")
    await expect(page.get_by_text("Guardar esta búsqueda")).to_have_count(0)
    await page.goto(visita.address + "/documentos")
    await mine.click()
    await expect(page.locator("#lista tbody tr")).to_have_count(2)
    await page.get_by_role("button", name="Quitar la vista Lo de Maipú").click()
    await expect(mine).to_have_count(0)
    assert visita.complaints == []

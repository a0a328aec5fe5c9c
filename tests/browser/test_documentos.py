"""The list of documents as a person uses it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import expect

from shared.dte.causa import Causa
from shared.dte.tipos import TipoDte
from tests.browser.conftest import Visita
from tests.browser.escena import fill_shop
from tests.integration.monitor.tienda import Tienda

SIZES = {"escritorio": (1280, 900), "telefono": (390, 844)}


@pytest.fixture(params=SIZES)
async def pantalla(request: pytest.FixtureRequest, visita: Visita) -> Visita:
    """The visitor at a desk, and with a phone."""
    ancho, alto = SIZES[request.param]
    await visita.page.set_viewport_size({"width": ancho, "height": alto})
    return visita


async def test_a_search_is_typed_narrowed_and_taken_back(pantalla: Visita, tienda: Tienda) -> None:
    ids = await tienda.sell(3)
    await tienda.reject([ids[0]], Causa.ESQUEMA, "ENV-3-0", "Falta GiroRecep")
    page = await pantalla.open()
    await page.get_by_role("navigation", name="Secciones").get_by_role("link", name="Documentos").click()
    rows = page.locator("#lista tbody tr")
    await expect(rows).to_have_count(3)
    await page.get_by_role("searchbox", name="Buscar documentos").fill("estado:rechazado 12001")
    await page.keyboard.press("Enter")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("Falta GiroRecep")
    await page.get_by_role("link", name="Quitar Texto 12001").click()
    await page.get_by_role("link", name="Quitar Estado rechazado").click()
    await expect(rows).to_have_count(3)
    await page.get_by_role("link", name="Rechazados hoy").click()
    await expect(rows).to_have_count(1)
    await expect(page.get_by_role("link", name="Rechazados hoy")).to_have_attribute("aria-current", "page")
    await rows.first.get_by_role("link").click()
    await expect(page.get_by_role("heading", name="N° 12.001")).to_be_visible()
    assert pantalla.complaints == []


async def test_a_wrong_word_is_said_where_it_was_typed(pantalla: Visita, tienda: Tienda) -> None:
    await tienda.sell(1)
    page = await pantalla.open("/documentos?q=estado:acetado")
    field = page.get_by_role("searchbox", name="Buscar documentos")
    await expect(field).to_have_value("estado:acetado")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_role("alert")).to_contain_text("estado:acetado: «acetado» no es un estado")
    await expect(page.get_by_role("alert")).to_contain_text("¿quiso decir «aceptado»?")
    await expect(page.locator("#lista")).to_have_count(0)


async def test_pages_are_turned_forward_and_back(pantalla: Visita, tienda: Tienda) -> None:
    await tienda.sell(120)
    page = await pantalla.open("/documentos")
    first = page.locator("#lista tbody tr").first
    await expect(first).to_contain_text("12.120")
    await page.get_by_role("link", name="Siguientes").click()
    await expect(first).to_contain_text("12.070")
    tienda.advance(1)
    await tienda.sell(1)
    await page.get_by_role("link", name="Siguientes").click()
    await expect(first).to_contain_text("12.020")
    await expect(page.get_by_role("link", name="Siguientes")).to_have_count(0)
    await page.get_by_role("link", name="Anteriores").click()
    await expect(first).to_contain_text("12.070")
    await page.get_by_role("link", name="Al comienzo").click()
    await expect(first).to_contain_text("12.121")


async def test_the_keyboard_searches_walks_and_opens(visita: Visita, tienda: Tienda) -> None:
    await tienda.sell(3)
    page = await visita.open()
    await page.keyboard.press("/")
    await page.wait_for_url("**/documentos#q")
    field = page.get_by_role("searchbox", name="Buscar documentos")
    await expect(field).to_be_focused()
    await page.keyboard.type("tipo:39 /jkr?")
    await expect(field).to_have_value("tipo:39 /jkr?")
    await field.fill("tipo:39")
    await page.keyboard.press("Enter")
    await expect(page.locator("#lista tbody tr")).to_have_count(3)
    await page.wait_for_load_state("load")  # keys are heard from then on
    for key, folio in (("j", "12.003"), ("j", "12.002"), ("j", "12.001"), ("j", "12.001"), ("k", "12.002")):
        await page.keyboard.press(key)
        await expect(page.locator("#lista a:focus")).to_contain_text(folio)
    await tienda.sell(1)
    await page.keyboard.press("r")
    await expect(page.locator("#lista tbody tr")).to_have_count(4)
    await page.wait_for_load_state("load")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="N° 12.004")).to_be_visible()


async def test_the_file_is_named_after_the_search(pantalla: Visita, tienda: Tienda) -> None:
    ids = [*await tienda.sell(2), *await tienda.sell(1, tipo=TipoDte.FACTURA)]
    page = await pantalla.open("/documentos?q=tienda:Providencia")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Descargar CSV").click()
    saved = await download.value
    assert saved.suggested_filename.endswith("-tienda-providencia.csv")
    text = await asyncio.to_thread(Path(await saved.path()).read_text, encoding="utf-8-sig")
    assert sorted(line.partition(";")[0] for line in text.splitlines()[1:]) == sorted(ids)


async def test_nothing_of_the_list_is_wider_than_its_screen(pantalla: Visita, tienda: Tienda) -> None:
    await fill_shop(tienda)
    for path in ("/documentos", "/documentos?q=estado:rechazado+fecha:hoy+tienda:nada", "/documentos?q=tipo:factura"):
        page = await pantalla.open(path)
        await page.locator("details.como summary").click()
        width = await page.evaluate("document.documentElement.clientWidth")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
        clipped = await page.evaluate(
            """() => [...document.querySelectorAll("main *")].filter((element) =>
                element.checkVisibility() && !element.closest(".sr, .pocos, .documentos thead") &&
                element.getBoundingClientRect().right > innerWidth).map((element) => element.outerHTML)"""
        )
        assert clipped == [], path


async def test_markup_in_a_search_or_a_sale_stays_text(visita: Visita, tienda: Tienda) -> None:
    evil = "<img src=x onerror=window.harmed=1>"
    await tienda.sell(1, tienda=evil, caja=evil)
    for q in ("", evil, f'tienda:"{evil}"', f'tienda:"{evil}x"'):
        await visita.page.goto(f"{visita.address}/documentos?q={quote(q)}", wait_until="load")
        await expect(visita.page.get_by_role("searchbox")).to_have_value(q)
        assert await visita.page.evaluate("window.harmed === undefined && document.images.length === 1")

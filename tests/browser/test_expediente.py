"""The page of one document as a person uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from shared.dte.tipos import TipoDte
from shared.messages import Referencia
from shared.settings import Settings
from tests.browser.conftest import Visita, visiting
from tests.browser.test_documentos import SIZES
from tests.integration.monitor.papeles import SOBRE, send_and_park, store_signed
from tests.integration.monitor.tienda import Tienda


@pytest.fixture
async def nota(tienda: Tienda) -> str:
    """A note on a document of ours, parked."""
    await store_signed(tienda.store, TipoDte.FACTURA, 7, "factura_simple")
    id_ = await store_signed(tienda.store, TipoDte.NOTA_CREDITO, 7, "credito_corrige_texto")
    await send_and_park(tienda.store, id_)
    return id_


@pytest.fixture(params=SIZES)
async def pantalla(request: pytest.FixtureRequest, settings: Settings, browser: Browser) -> AsyncIterator[Visita]:
    """The visitor at a desk, and with a phone, who has logged in."""
    async with visiting(settings, browser) as visit:
        ancho, alto = SIZES[request.param]
        await visit.page.set_viewport_size({"width": ancho, "height": alto})
        yield visit


async def test_the_life_of_a_document_is_read_from_its_page(pantalla: Visita, nota: str) -> None:
    page = await pantalla.open(f"/documentos/{nota}")
    steps = page.locator(".historia > li")
    await expect(steps).to_have_count(4)
    await expect(steps.nth(1)).to_contain_text("Enviando")
    answer = steps.nth(3) if "respuesta" in (await steps.nth(3).get_attribute("class") or "") else steps.nth(2)
    raw = answer.get_by_label("Respuesta textual del SII")
    await expect(raw).to_be_hidden()
    await answer.get_by_text("Respuesta del SII").click()
    await expect(raw).to_contain_text("<TRACKID>4512300</TRACKID>")
    await page.get_by_text("El documento impreso").click()
    paper = page.frame_locator("iframe")
    await expect(paper.locator("body")).to_contain_text("77.123.456-9")
    await expect(paper.locator("svg").first).to_be_visible()
    width = await page.evaluate("document.documentElement.clientWidth")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert pantalla.complaints == []
    await page.get_by_role("link", name=SOBRE).first.click()
    await expect(page.get_by_role("heading", name=SOBRE)).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.get_by_role("link", name="Ver XML").click()
    await expect(page.get_by_label(f"XML del sobre {SOBRE}").last).to_contain_text("<SetDTE>Ñ</SetDTE>")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert {request for request in pantalla.requests if not request.startswith(pantalla.address)} == set()


async def test_an_invoice_leads_to_the_note_that_corrects_it_and_back(pantalla: Visita, tienda: Tienda) -> None:
    factura = await store_signed(tienda.store, TipoDte.FACTURA, 7, "factura_simple")
    citas = (Referencia(dte=factura, codigo=2),)
    nota = await store_signed(tienda.store, TipoDte.NOTA_CREDITO, 7, "credito_corrige_texto", refiere_a=citas)
    page = await pantalla.open(f"/documentos/{factura}")
    referred = page.get_by_role("list", name="Referido por")
    await expect(referred.get_by_role("listitem")).to_have_count(1)
    await expect(referred).to_contain_text("corrige texto")
    await expect(referred).to_contain_text("Generado")
    width = await page.evaluate("document.documentElement.clientWidth")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await referred.get_by_role("link", name="Nota de crédito electrónica N° 7").click()
    await page.wait_for_url(f"**/documentos/{nota}")
    await page.get_by_role("link", name="Factura electrónica N° 7").click()
    await page.wait_for_url(f"**/documentos/{factura}")
    assert pantalla.complaints == []


async def test_a_parked_document_is_sent_again_after_a_question(pantalla: Visita, tienda: Tienda, nota: str) -> None:
    page = await pantalla.open(f"/documentos/{nota}")
    await page.wait_for_load_state("load")
    await page.get_by_role("link", name="Reenviar").click()
    await expect(page.get_by_role("heading", name="Reenviar 1 documento")).to_be_visible()
    await page.get_by_role("link", name="Cancelar").click()
    await page.get_by_role("link", name="Reenviar").click()
    assert await tienda.store.operaciones.latest() == []
    await page.get_by_label("Motivo").fill("ya hay permiso")
    await page.get_by_role("button", name="Reenviar 1").click()
    await expect(page.get_by_text("Pedido por")).to_be_visible()
    (operacion,) = await tienda.store.operaciones.latest()
    assert (operacion.motivo, operacion.total) == ("ya hay permiso", 1)
    await page.goto(f"{pantalla.address}/documentos/{nota}")
    await expect(page.get_by_role("heading", name="Reenviado")).to_be_visible()
    await expect(page.get_by_role("link", name="Reenviar")).to_have_count(0)


async def test_what_was_opened_stays_open_while_the_document_goes_on(
    pantalla: Visita, tienda: Tienda, nota: str
) -> None:
    page = await pantalla.open(f"/documentos/{nota}")
    await page.wait_for_selector("#vivo[data-estado=vivo]")
    await page.get_by_text("Respuesta del SII").click()
    await tienda.store.moves.resend([nota], "op-1")
    await expect(page.get_by_role("heading", name="Reenviado")).to_be_visible()
    await expect(page.get_by_label("Respuesta textual del SII")).to_be_visible()

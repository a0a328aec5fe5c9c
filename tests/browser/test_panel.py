"""The panel as a person uses it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Page, expect

from shared.dte.causa import Causa
from shared.metrics import NAVEGADORES
from shared.settings import Settings
from tests.browser.conftest import Visita
from tests.browser.escena import beat_all, fill_queues, fill_shop
from tests.browser.screenshots import DOCS, take_all
from tests.conditions import eventually
from tests.integration.monitor.tienda import Tienda

TELEFONO = {"width": 390, "height": 844}


def figure(title: str) -> str:
    """Selector of the number under a title."""
    return f".cifra:has(dt:has-text('{title}')) [data-cifra]"


async def test_numbers_and_documents_change_without_reloading(visita: Visita, tienda: Tienda) -> None:
    page = await visita.open()
    await page.evaluate("window.sameLoad = true")
    await expect(page.locator(figure("Emitidos"))).to_have_text("0")
    ids = await tienda.sell(3)
    await expect(page.locator(figure("Emitidos"))).to_have_text("3")
    await expect(page.locator(figure("Generado"))).to_have_text("3")
    await expect(page.locator(f"#dte-{ids[0]} .pildora")).to_have_text("Generado")
    await tienda.accept(ids)
    await expect(page.locator(figure("Aceptado"))).to_have_text("3")
    await expect(page.locator(f"#dte-{ids[0]} .pildora")).to_have_text("Aceptado")
    assert await page.evaluate("window.sameLoad")


async def test_no_page_complains_or_asks_another_host(visita: Visita, tienda: Tienda) -> None:
    (id_,) = await tienda.sell(1)
    for path in ("/", f"/documentos/{id_}", "/docs"):
        await visita.open(path)
        await visita.page.wait_for_load_state("load")
    assert visita.complaints == []
    assert {request for request in visita.requests if not request.startswith(visita.address)} == set()


async def test_a_difficult_document_explains_itself(visita: Visita, tienda: Tienda) -> None:
    (id_,) = await tienda.sell(1)
    await tienda.postpone([id_], Causa.SIN_PERMISO, "Sin permiso de firma", espera=None, codigo="ENV-3-6")
    page = await visita.open()
    row = page.locator(f"#dte-{id_}")
    for text in ("Pendiente", "sin_permiso", "ENV-3-6", "Sin permiso de firma", Causa.SIN_PERMISO.remedio, "Apartado"):
        await expect(row).to_contain_text(text)
    await row.get_by_role("rowheader").get_by_role("link").click()
    await expect(page.get_by_role("heading", name="N° 12.001")).to_be_visible()
    assert await page.locator(".historia li h3").all_text_contents() == ["Generado", "Enviando", "Pendiente"]
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Descargar XML").click()
    saved = await (await download.value).path()
    assert await asyncio.to_thread(Path(saved).read_bytes) == await tienda.store.documents.get_xml(id_)


async def test_a_document_page_follows_its_document(visita: Visita, tienda: Tienda) -> None:
    (id_,) = await tienda.sell(1)
    page = await visita.open(f"/documentos/{id_}")
    await page.wait_for_selector("#vivo[data-estado=vivo]")
    await tienda.accept([id_])
    await expect(page.locator(".titulo .pildora")).to_have_text("Aceptado")
    await expect(page.locator(".historia li h3").get_by_text("Aceptado", exact=True)).to_be_visible()


async def test_markup_in_a_sale_stays_text(visita: Visita, tienda: Tienda) -> None:
    evil = "<img src=x onerror=window.harmed=1>"
    (id_,) = await tienda.sell(1, tienda=evil, caja=evil)
    await tienda.postpone([id_], Causa.CAF, evil, espera=timedelta(minutes=1), codigo=evil)
    page = await visita.open()
    (live,) = await tienda.sell(1, tienda=evil)
    await expect(page.locator(f"#dte-{live}")).to_contain_text(evil)
    await expect(page.locator(f"#dte-{id_}")).to_contain_text(evil)
    assert await page.evaluate("window.harmed === undefined && document.images.length === 1")


async def test_focus_and_selection_survive_an_update(visita: Visita, tienda: Tienda) -> None:
    (id_,) = await tienda.sell(1)
    page = await visita.open()
    link = page.locator(f"#dte-{id_} a")
    await link.focus()
    await page.evaluate("getSelection().selectAllChildren(document.querySelector('#documentos tbody .c-estado'))")
    tienda.advance(1)
    (newer,) = await tienda.sell(1)
    await expect(page.locator("#documentos tbody tr").first).to_have_attribute("id", f"dte-{newer}")
    await expect(link).to_be_focused()
    assert await page.evaluate("getSelection().toString()") == "Generado"


async def test_the_keyboard_opens_help_and_refreshes(visita: Visita) -> None:
    page = await visita.open()
    help_ = page.get_by_role("dialog", name="Ayuda")
    await page.keyboard.press("?")
    await expect(help_).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(help_).to_be_hidden()
    await page.get_by_role("button", name="Ayuda").click()
    await expect(help_.get_by_role("button", name="Cerrar")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(help_).to_be_hidden()
    before = visita.asked("/api/stats")
    await page.keyboard.press("Control+r")
    await page.wait_for_selector("#vivo[data-estado=vivo]")
    assert visita.asked("/api/stats") == before, "the browser's own keys are left alone"
    async with page.expect_response("**/api/stats*"):
        await page.keyboard.press("r")


async def test_the_first_tab_leads_past_the_header(visita: Visita) -> None:
    page = await visita.open()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Ir al contenido")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


async def test_without_a_stream_the_page_asks_every_five_seconds(visita: Visita, tienda: Tienda) -> None:
    await visita.page.route("**/api/eventos", lambda route: route.abort())
    await visita.page.goto(visita.address)
    await expect(visita.page.locator("#vivo-texto")).to_have_text("Consulta cada 5 s")
    await tienda.sell(2)
    await expect(visita.page.locator(figure("Emitidos"))).to_have_text("2")
    await visita.page.unroute("**/api/eventos")
    await expect(visita.page.locator("#vivo-texto")).to_have_text("En vivo")


async def test_a_hidden_tab_asks_nothing_and_catches_up(visita: Visita, tienda: Tienda) -> None:
    page = await visita.open()
    await _hide(page, hidden=True)
    await expect(page.locator("#vivo-texto")).to_have_text("En pausa")
    await eventually(lambda: NAVEGADORES._value.get() == 0)
    await tienda.sell(2)
    await expect(page.locator(figure("Emitidos"))).to_have_text("0")
    await _hide(page, hidden=False)
    await expect(page.locator(figure("Emitidos"))).to_have_text("2")
    await expect(page.locator("#vivo-texto")).to_have_text("En vivo")


async def _hide(page: Page, *, hidden: bool) -> None:
    """What the browser does when a tab goes to the back, which headless ones never do."""
    await page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


async def test_a_screen_reader_hears_a_summary_and_not_every_change(visita: Visita, tienda: Tienda) -> None:
    await tienda.sell(2)
    page = await visita.open()
    status = page.get_by_role("status")
    await expect(status).to_have_text("Emitidos 2, generado 2.")
    await tienda.sell(1)
    await expect(page.locator(figure("Emitidos"))).to_have_text("3")
    await expect(status).to_have_text("Emitidos 2, generado 2.")
    await expect(status).to_have_text("Emitidos 3, generado 3.")


async def test_nothing_is_wider_than_a_phone(settings: Settings, visita: Visita, tienda: Tienda) -> None:
    await visita.page.set_viewport_size(TELEFONO)  # type: ignore[arg-type]
    await fill_shop(tienda)
    consumer = await fill_queues(settings, tienda)
    await beat_all(tienda)
    for path in ("/", "/documentos/76192083-9-33-1841", "/docs", "/nada"):
        page = await visita.open(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= TELEFONO["width"], path
        clipped = await page.evaluate(
            """() => [...document.querySelectorAll("main *")].filter((element) =>
                element.checkVisibility() && !element.closest(".sr, .pocos, .documentos thead") &&
                element.getBoundingClientRect().right > innerWidth).map((element) => element.outerHTML)"""
        )
        assert clipped == [], path
    await consumer.close()


async def test_the_pictures_of_the_documentation_can_be_taken_anew(settings: Settings, tmp_path: Path) -> None:
    await take_all(settings, tmp_path)
    pictures = {picture.name: picture.stat().st_size for picture in tmp_path.glob("*.png")}  # noqa: ASYNC240
    assert set(pictures) == {picture.name for picture in DOCS.glob("*.png")}
    assert all(20_000 < size < 500_000 for size in pictures.values())

"""What waits for a person, as a person deals with it."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import Page, expect

from shared.clock import now
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from tests.browser.conftest import Visita
from tests.conditions import eventually
from tests.integration.monitor.tienda import Tienda

TELEFONO = {"width": 390, "height": 844}


async def park(tienda: Tienda, cuantos: int, causa: Causa = Causa.SIN_PERMISO, glosa: str = "Sin permiso") -> list[str]:
    """Documents that have waited for a person for some minutes."""
    tienda.ahora = min(tienda.ahora, now() - timedelta(minutes=5))
    ids = await tienda.sell(cuantos)
    await tienda.postpone(ids, causa, glosa, espera=None, codigo="ENV-3-6")
    return ids


async def resent(tienda: Tienda, ids: list[str]) -> bool:
    dtes = await tienda.store.documents.find_by_ids(ids)
    return {dte.proximo_intento is not None for dte in dtes} == {True}


async def accept_again(tienda: Tienda, ids: list[str]) -> None:
    await eventually(lambda: resent(tienda, ids), within=30)
    tienda.ahora = now() + timedelta(minutes=1)
    await tienda.accept(ids)


async def test_each_cause_has_its_card_with_what_to_do(visita: Visita, tienda: Tienda) -> None:
    await park(tienda, 3)
    await park(tienda, 1, Causa.CAF, "CAF vencido")
    page = await visita.open("/pendientes")
    assert await page.locator(".causa h2").all_inner_texts() == ["sin_permiso", "caf"]
    card = page.locator("#causa-sin_permiso")
    for words in ("3 documentos", Causa.SIN_PERMISO.remedio, "Sin permiso", "nunca"):
        await expect(card).to_contain_text(words)
    await card.get_by_label("Nota del equipo").fill("Escribimos al SII el lunes")
    await card.get_by_role("button", name="Guardar la nota").click()
    await expect(card.get_by_label("Nota del equipo")).to_have_value("Escribimos al SII el lunes")
    await park(tienda, 2)
    await expect(card).to_contain_text("5 documentos")
    assert visita.complaints == []


async def test_one_document_is_sent_again_from_its_row(visita: Visita, tienda: Tienda) -> None:
    (id_,) = await park(tienda, 1)
    page = await visita.open()
    await page.locator(f"#dte-{id_}").get_by_role("link", name="Reenviar").click()
    await expect(page.get_by_role("heading", name="Reenviar 1 documento")).to_be_visible()
    await page.get_by_label("Motivo").fill("permiso dado")
    await page.get_by_role("button", name="Reenviar 1").click()
    await expect(page.get_by_text("permiso dado")).to_be_visible()
    await accept_again(tienda, [id_])
    await expect(page.get_by_role("heading", name="Terminado: 1 de 1")).to_be_visible()
    await expect(page.locator(f"#r-{id_}")).to_contain_text("Aceptado")
    motivos = {asiento.motivo for asiento in await tienda.store.auditoria.list() if asiento.accion == "dlq.replay"}
    assert motivos == {"permiso dado"}


async def test_what_comes_after_the_look_is_not_in_the_set(visita: Visita, tienda: Tienda) -> None:
    before = await park(tienda, 2)
    page = await visita.open("/pendientes")
    await page.get_by_role("link", name="Reenviar pendientes").click()
    await expect(page.get_by_role("heading", name="Reenviar 2 documentos")).to_be_visible()
    (later,) = await tienda.sell(1)
    tienda.ahora = now() + timedelta(seconds=5)
    await tienda.postpone([later], Causa.SIN_PERMISO, "Sin permiso", espera=None)
    await page.get_by_label("Todo de una vez").check()
    await page.get_by_role("button", name="Reenviar 2").click()
    await expect(page.locator(f"#r-{before[0]}")).to_be_visible()
    await accept_again(tienda, before)
    await expect(page.get_by_role("heading", name="Terminado: 2 de 2")).to_be_visible()
    dte = await tienda.store.documents.get(later)
    assert dte is not None
    assert (dte.estado, dte.proximo_intento) == (Estado.PENDIENTE, None)


async def test_a_replay_can_be_stopped(visita: Visita, tienda: Tienda) -> None:
    await park(tienda, 4)
    page = await visita.open("/reenviar?causa=sin_permiso")
    await page.get_by_role("button", name="Reenviar 4").click()
    await page.get_by_placeholder("Motivo").fill("mejor mañana")
    await page.get_by_role("button", name="Detener").click()
    await expect(page.get_by_text("Detenido por")).to_be_visible()
    [operacion] = await tienda.store.operaciones.latest()
    assert operacion.detenida_por is not None


async def test_the_filter_narrows_cards_and_replay(visita: Visita, tienda: Tienda) -> None:
    await park(tienda, 2)
    page = await visita.open("/pendientes?tipo=33&desde=&emisor=")
    await expect(page.get_by_text("Nada de eso espera a una persona.")).to_be_visible()
    await page.get_by_label("Tipo").select_option("39")
    await page.get_by_role("button", name="Filtrar").click()
    await expect(page.locator("#causa-sin_permiso")).to_contain_text("2 documentos")
    await page.get_by_role("link", name="Reenviar", exact=True).click()
    assert "tipo=39" in page.url
    assert "causa=sin_permiso" in page.url


async def test_a_wrong_filter_is_named(visita: Visita) -> None:
    page = await visita.open("/pendientes?tipo=999")
    await expect(page.get_by_role("heading", name="La consulta no es válida")).to_be_visible()
    await expect(page.get_by_text("tipo")).to_be_visible()


async def test_markup_in_a_cause_stays_text(visita: Visita, tienda: Tienda) -> None:
    evil = "<img src=x onerror=window.harmed=1>"
    (id_,) = await park(tienda, 1, Causa.CAF, evil)
    for path in ("/pendientes", f"/reenviar?ids={id_}"):
        page = await visita.open(path)
        assert await page.evaluate("window.harmed === undefined")
    await visita.open("/pendientes")
    await expect(visita.page.locator("#causa-caf")).to_contain_text(evil)


async def test_the_pages_fit_a_phone(visita: Visita, tienda: Tienda) -> None:
    await visita.page.set_viewport_size(TELEFONO)  # type: ignore[arg-type]
    await park(tienda, 3, Causa.ESQUEMA, "LSX-00213: only 0 occurrences of particle " * 3)
    for path in ("/pendientes", "/reenviar?todo=true"):
        await fits(await visita.open(path))
    await visita.page.get_by_role("button", name="Reenviar 3").click()
    await expect(visita.page.locator("progress")).to_be_visible()
    await fits(visita.page)


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= TELEFONO["width"], page.url

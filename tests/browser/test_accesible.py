"""Every page for whoever does not see it well, or has no mouse: axe finds nothing, and the keyboard gets everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from services.monitor.main import open_replay
from services.monitor.replay import Pedido
from shared.adapters.mongo.parados import FiltroParados
from shared.dte.causa import Causa
from shared.dte.tipos import TipoDte
from shared.messages import Referencia
from shared.settings import Settings
from tests.browser.conftest import Visita
from tests.integration.monitor.papeles import SOBRE, send_and_park, store_signed
from tests.integration.monitor.rutas import Direccion, read_direcciones
from tests.integration.monitor.tienda import Tienda
from tests.records import make_record

ANCHOS = {"desktop": (1280, 900), "phone": (390, 844)}
_NO_PAGES = ("/pdf", "/xml", ".png", ".svg", ".csv", ".json", "/metrics", "/impreso")
"""Files, and the printed document, whose sandbox lets no script look at it."""


@dataclass(frozen=True)
class Escena:
    """What there is to be seen, by its id."""

    documento: str
    operacion: str


@pytest.fixture
async def escena(settings: Settings, tienda: Tienda) -> Escena:
    """A shop with one of each trouble, a note that is parked and annulled by another, and a replay."""
    await tienda.accept(await tienda.sell(3))
    await tienda.deliver(await tienda.sell(1, tipo=TipoDte.FACTURA))
    await tienda.object_to(await tienda.sell(1), "La dirección no coincide")
    await tienda.reject(await tienda.sell(1), Causa.ESQUEMA, "ENV-3-0", "falta GiroRecep")
    await tienda.doubt(await tienda.sell(1))
    await store_signed(tienda.store, TipoDte.FACTURA, 7, "factura_simple")
    nota = await store_signed(tienda.store, TipoDte.NOTA_CREDITO, 7, "credito_corrige_texto")
    await send_and_park(tienda.store, nota)
    debito = make_record(1, tipo=TipoDte.NOTA_DEBITO, clave="debito", refiere_a=(Referencia(dte=nota, codigo=1),))
    assert await tienda.store.documents.insert([debito]) == {}
    parked = await tienda.sell(1)
    await tienda.postpone(parked, Causa.CAF, "CAF vencido", espera=None)
    async with open_replay(settings) as replay:
        operacion = await replay.start(Pedido(FiltroParados(ids=parked)), quien="ana")
    return Escena(nota, operacion.id)


@pytest.mark.parametrize("esquema", ["light", "dark"])
async def test_axe_finds_nothing_on_any_page(
    visita: Visita, escena: Escena, monkeypatch: pytest.MonkeyPatch, esquema: Literal["light", "dark"]
) -> None:
    page, axe = visita.page, Axe()
    await page.emulate_media(color_scheme=esquema, reduced_motion="reduce")
    wrong: list[str] = []
    seen = 0
    for path in _pages(read_direcciones(monkeypatch), escena):
        answer = await page.goto(visita.address + path)
        if answer is None or "text/html" not in answer.headers["content-type"]:
            continue
        seen += 1
        for width, (wide, high) in ANCHOS.items():
            await page.set_viewport_size({"width": wide, "height": high})
            found = (await axe.run(page)).response["violations"]
            wrong += [f"{path} {width}: {_describe(violation)}" for violation in found]
            if await _scrolls_sideways(page):
                wrong.append(f"{path} {width}: wider than the screen")
    assert wrong == []
    assert seen >= 20


def _pages(direcciones: list[Direccion], escena: Escena) -> list[str]:
    """One address of every page: with an id of ours where one is wanted, else one that leads to the page of errors."""
    known = {"{documento}": escena.documento, "{sobre}": SOBRE, "{operacion}": escena.operacion}
    paths = ["/documentos?q=estado:nada", f"/reenviar?ids={escena.documento}", "/nada"]
    for direccion in direcciones:
        if direccion.method == "GET" and not direccion.path.startswith(("/api/", "/facturacion")):
            path = direccion.path
            for name, value in known.items():
                path = path.replace(name, value)
            paths.append(path)
    return [path for path in paths if not path.endswith(_NO_PAGES)]


def _describe(violation: dict[str, Any]) -> str:
    nodes = [f"{node['html'][:160]} ({node['failureSummary'][:300]})" for node in violation["nodes"][:3]]
    return f"{violation['id']}: {' | '.join(nodes)}"


async def _scrolls_sideways(page: Page) -> bool:
    wider: bool = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wider


async def test_the_keyboard_gets_everywhere_and_one_sees_where_it_is(visita: Visita, tienda: Tienda) -> None:
    ids = await tienda.sell(3)
    page = await visita.open("/documentos")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Ir al contenido")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("#contenido")).to_be_focused()
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox", name="Buscar documentos")).to_be_focused()
    await page.keyboard.type("?jkr")
    await expect(page.get_by_role("searchbox", name="Buscar documentos")).to_have_value("?jkr")
    await page.locator("#contenido").focus()
    await page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Ayuda")
    await expect(help_.get_by_role("button", name="Cerrar")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(help_).to_be_hidden()
    rows = page.locator("#lista tbody th a")
    for key, row in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        await page.keyboard.press(key)
        await expect(rows.nth(row)).to_be_focused()
    assert await rows.nth(1).evaluate("(link) => getComputedStyle(link).outlineStyle") == "solid"
    async with page.expect_event("domcontentloaded"):
        await page.keyboard.press("r")
    await expect(rows).to_have_count(3)
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{visita.address}/documentos/{ids[-1]}")

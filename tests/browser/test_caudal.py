"""The throughput on the panel, as a person sees it and as a screen reader does."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.conftest import Visita
from tests.integration.monitor.tienda import Tienda


async def test_what_is_issued_and_accepted_is_drawn_without_reloading(visita: Visita, tienda: Tienda) -> None:
    page = await visita.open()
    figure = page.locator("#caudal-minuto")
    await expect(figure.locator("figcaption")).to_contain_text("0 emitidos, 0 aceptados")
    await expect(figure.locator("rect")).to_have_count(0)
    tienda.advance(-120)  # what happens in the minute to come is not on the page yet
    await tienda.accept(await tienda.sell(7))
    await expect(figure.locator("figcaption")).to_contain_text("7 emitidos, 7 aceptados")
    await expect(figure.locator("rect")).not_to_have_count(0)
    drawing = page.get_by_role("img", name=re.compile("emitidos y aceptados. Última hora"))
    await expect(drawing).to_have_accessible_description(re.compile("^7 emitidos y 7 aceptados"))
    assert visita.complaints == []


async def test_the_same_numbers_are_in_a_table_that_stays_open(visita: Visita, tienda: Tienda) -> None:
    page = await visita.open()
    table = page.locator("#caudal-hora table")
    await expect(table).to_be_hidden()
    await page.locator("#caudal-hora summary").click()
    await expect(table.locator("tbody tr")).to_have_count(24)
    tienda.advance(-120)
    await tienda.sell(3)
    await expect(page.locator("#caudal-hora figcaption")).to_contain_text("3 emitidos")
    await expect(table).to_be_visible()
    emitidos = await table.locator("tbody td:nth-of-type(1)").all_text_contents()
    assert sum(map(int, emitidos)) == 3

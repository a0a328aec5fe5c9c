"""What a till can print: the stamp and the page of its own documents."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from shared.administracion.main import open_admin
from shared.dte.modelo import DatosEmisor
from shared.dte.tipos import Canal
from shared.messages import Resolucion
from tests.dte_data import EMISOR, venta_factura
from tests.emitter_world import RESOLUCIONES, World, request_of
from tests.unit.dte.impresion.lectores import draw_pages, draw_svg, read_barcode, read_pages, read_png

OTRA_RUT = "76987654-5"


async def issue(http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await http.post("/v1/dte", **request_of("venta-1", venta_factura()))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.parametrize("formato", ["carta", "80mm"])
async def test_a_document_is_printed_with_the_stamp_that_was_answered(http: httpx.AsyncClient, formato: str) -> None:
    made = await issue(http)
    ted = made["ted"].encode("iso-8859-1")

    png, svg, pdf = [
        await http.get(made["enlaces"][enlace], params={"formato": formato})
        for enlace in ("timbre_png", "timbre_svg", "pdf")
    ]

    assert png.headers["content-type"] == "image/png"
    assert read_png(png.content) == ted
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert read_barcode(draw_svg(svg.text)).bytes == ted
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"] == f'inline; filename="{made["id"]}.pdf"'
    (pagina,) = draw_pages(pdf.content)
    assert read_barcode(pagina).bytes == ted
    (texto,) = read_pages(pdf.content)
    assert "Res. 0 de 2026" in texto
    assert "CEDIBLE" not in texto


async def test_the_assignable_copy_and_the_office_can_be_asked_for(http: httpx.AsyncClient) -> None:
    made = await issue(http)
    pdf = await http.get(made["enlaces"]["pdf"], params={"cedible": "true", "oficina": "Santiago Oriente"})
    (texto,) = read_pages(pdf.content)
    assert "CEDIBLE" in texto
    assert "S.I.I. - SANTIAGO ORIENTE" in texto


async def test_letter_paper_is_the_default(http: httpx.AsyncClient) -> None:
    made = await issue(http)
    png = Image.open(BytesIO((await http.get(made["enlaces"]["timbre_png"])).content))
    assert png.width > 576
    (pagina,) = draw_pages((await http.get(made["enlaces"]["pdf"])).content, ppp=72)
    assert pagina.size == (612, 792)


async def test_a_company_without_a_resolution_for_the_channel_prints_the_one_of_certification(
    world: World, http: httpx.AsyncClient
) -> None:
    made = await issue(http)
    async with open_admin(world.settings) as admin:
        await admin.create_emisor(EMISOR, {Canal.FACTURA: Resolucion(fecha=date(2014, 8, 22), numero=80)})
    (texto,) = read_pages((await http.get(made["enlaces"]["pdf"])).content)
    assert "Res. 80 de 2014" in texto

    async with open_admin(world.settings) as admin:
        await admin.create_emisor(EMISOR, {Canal.BOLETA: Resolucion(fecha=date(2014, 8, 22), numero=80)})
    (texto,) = read_pages((await http.get(made["enlaces"]["pdf"])).content)
    assert "Res. 0 de " in texto


@pytest.mark.parametrize("enlace", ["timbre_png", "timbre_svg", "pdf"])
async def test_a_till_prints_nothing_of_another_company(world: World, http: httpx.AsyncClient, enlace: str) -> None:
    lugar = (await issue(http))["enlaces"][enlace]
    async with open_admin(world.settings) as admin:
        await admin.create_emisor(DatosEmisor(**EMISOR.model_dump() | {"rut": OTRA_RUT}), RESOLUCIONES)
        stranger = await admin.create_terminal(OTRA_RUT, "Sur", "1")
    assert (await http.get(lugar, headers={"Authorization": f"Bearer {stranger.llave}"})).status_code == 404
    assert (await http.get(lugar, headers={"Authorization": ""})).status_code == 401


async def test_a_paper_that_does_not_exist_is_refused(http: httpx.AsyncClient) -> None:
    made = await issue(http)
    answer = await http.get(made["enlaces"]["pdf"], params={"formato": "A4"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert "formato" in answer.json()["detail"]

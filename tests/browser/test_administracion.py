"""Companies as an administrator opens them: from nothing to a till that sells, and what is read of a wrong file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, FilePayload, Locator, Page, expect

from shared.administracion.main import open_admin, open_pausas
from shared.clock import chile, now
from shared.dte.tipos import Canal, TipoDte
from shared.messages import ClasePausa
from shared.settings import Settings
from tests.browser.conftest import Visita, visiting
from tests.browser.test_pendientes import TELEFONO, fits
from tests.dte_data import EMISOR, EMISOR_RUT, PASSWORD, RECEPTOR_RUT, make_caf_xml, make_p12
from tests.emitter_world import RESOLUCIONES, World, import_folios, request_of, running_emitter, with_authority

CAMINO = f"/empresas/{EMISOR_RUT}"
DTD = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><AUTORIZACION>&e;</AUTORIZACION>'


@pytest.fixture
def ours(settings: Settings) -> Settings:
    """Settings of an installation that believes the CAFs of the tests."""
    return with_authority(settings)


@pytest.fixture
async def oficina(ours: Settings, browser: Browser) -> AsyncIterator[Visita]:
    """An administrator in front of a browser."""
    async with visiting(ours, browser) as visit:
        yield visit


def file_of(contenido: bytes, nombre: str = "archivo") -> FilePayload:
    return FilePayload(name=nombre, mimeType="application/octet-stream", buffer=contenido)


def good_caf() -> bytes:
    return make_caf_xml(hasta=60, fecha=chile(now()).date() - timedelta(days=1))


async def put_certificado(page: Page, archivo: bytes, contrasena: str = PASSWORD) -> None:
    form = await opened(page.locator("#certificado"), "Archivo .p12 o .pfx")
    await form.get_by_label("Archivo .p12 o .pfx").set_input_files(file_of(archivo, "yo.p12"))
    await form.get_by_label("Contraseña del archivo").fill(contrasena)
    await send(form, "Guardar el certificado")


async def put_caf(page: Page, archivo: bytes) -> None:
    form = await opened(page.locator("#folios"), "Archivo XML")
    await form.get_by_label("Archivo XML").set_input_files(file_of(archivo, "caf.xml"))
    await send(form, "Importar el CAF")


async def opened(section: Locator, label: str) -> Locator:
    """The form with this field, unfolded if it is not."""
    details = section.locator("details").filter(has=section.page.get_by_label(label))
    if await details.get_attribute("open") is None:
        await details.locator("summary").click()
    return details.locator("form")


async def send(form: Locator, boton: str) -> None:
    await form.get_by_label("Motivo").fill("apertura de la tienda")
    await form.get_by_role("button", name=boton).click()


async def register(page: Page) -> None:
    await page.get_by_role("navigation", name="Secciones").get_by_role("link", name="Empresas").click()
    await page.get_by_role("link", name="Empresa nueva").click()
    for label, value in (
        ("RUT", EMISOR_RUT),
        ("Razón social", EMISOR.razon_social),
        ("Giro", EMISOR.giro),
        ("Códigos de actividad económica", "471990"),
        ("Dirección de la casa matriz", EMISOR.direccion),
        ("Comuna", EMISOR.comuna),
    ):
        await page.get_by_label(label).fill(value)
    boletas = page.get_by_role("group", name="Resolución del SII para boletas")
    await boletas.get_by_label("Fecha").fill("2026-01-02")
    await boletas.get_by_label("Número").fill("0")
    await page.get_by_label("Motivo").fill("empresa nueva")
    await page.get_by_role("button", name="Registrar").click()
    await expect(page.get_by_role("heading", name=EMISOR.razon_social, level=1)).to_be_visible()


async def test_an_administrator_opens_a_company_and_its_till_sells(oficina: Visita, ours: Settings) -> None:
    page = await oficina.open("/")
    await register(page)
    await expect(page.get_by_text("Falta el certificado")).to_be_visible()
    await put_certificado(page, make_p12())
    await expect(page.get_by_role("status")).to_contain_text("firma con el certificado de María Peña")
    await put_caf(page, good_caf())
    await expect(page.get_by_role("status")).to_contain_text("60 folios del tipo 39 importados: 1 a 60")
    form = await opened(page.locator("#terminales"), "Caja")
    await form.get_by_label("Tienda").fill("Centro")
    await form.get_by_label("Caja").fill("7")
    await send(form, "Crear el terminal")
    llave = await page.locator("#secreto").inner_text()
    terminal = page.locator("#terminales article")
    await expect(terminal).to_contain_text("Nunca ha vendido")

    world = World(ours, llave, llave.split("_")[1])
    async with running_emitter(world), world.http() as http:
        sold = await http.post("/v1/dte", **request_of("venta-1"))
        assert (sold.status_code, sold.json()["folio"]) == (201, 1), sold.text
    await oficina.open(CAMINO)
    await expect(terminal).to_contain_text("Última venta")
    await expect(page.locator("#secreto")).to_have_count(0)
    await terminal.get_by_text("Revocar", exact=True).click()
    await send(terminal.locator("form"), "Revocar su llave")
    await expect(terminal).to_contain_text("Revocado.")
    await oficina.open("/auditoria")
    for accion in ("emisor.create", "cert.set", "caf.import", "terminal.create", "terminal.revoke"):
        await expect(page.get_by_text(accion).first).to_be_visible()
    assert oficina.complaints == []


async def test_what_is_wrong_with_a_file_is_read_on_the_page(oficina: Visita, ours: Settings) -> None:
    async with open_admin(ours) as admin:
        await admin.create_emisor(EMISOR, RESOLUCIONES)
    page = await oficina.open(CAMINO)
    said = page.get_by_role("alert").filter(has_text="No se hizo nada")
    for archivo, words in (
        (make_caf_xml(TipoDte.FACTURA, fecha=date(2020, 1, 5)), "Vigencia del CAF: el CAF venció el 2020-07-03"),
        (make_caf_xml(emisor=RECEPTOR_RUT), f"Empresa del CAF: el CAF es de {RECEPTOR_RUT}"),
        (make_caf_xml(idk=300), "Ambiente del CAF:"),
        (make_caf_xml().replace(b"<H>100<", b"<H>900<"), "Firma del SII:"),
        (DTD, "XML seguro:"),
        (b"hola", "XML bien formado:"),
    ):
        await put_caf(page, archivo)
        await expect(said).to_contain_text(words)
    await put_certificado(page, make_p12(), "no es ésta")
    await expect(said).to_contain_text("Contraseña: la contraseña del certificado no es correcta")
    await expect(page.get_by_label("Contraseña del archivo")).to_have_value("")
    await put_caf(page, b"x" * 20_000_000)
    await expect(page.get_by_text("El archivo es muy grande: tiene 20.000 kB y se admiten 20 kB")).to_be_visible()
    await put_caf(page, good_caf())
    await expect(page.get_by_role("status")).to_contain_text("60 folios")


async def test_a_file_that_is_far_too_large_is_refused_on_a_page_without_javascript_too(
    oficina: Visita, ours: Settings, browser: Browser
) -> None:
    async with open_admin(ours) as admin:
        await admin.create_emisor(EMISOR, RESOLUCIONES)
    known = await oficina.page.context.storage_state()
    page = await browser.new_page(java_script_enabled=False, storage_state=known)
    await page.goto(oficina.address + CAMINO)
    await put_caf(page, b"x" * 10_000_000)
    await expect(page.get_by_role("heading", name="Es demasiado grande")).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text("se admiten hasta 2 MB. Un CAF tiene hasta 20 kB")
    await page.go_back()
    await put_caf(page, good_caf())
    await expect(page.get_by_role("status")).to_contain_text("60 folios")
    await page.close()


async def test_folios_are_voided_on_the_page_of_their_range(oficina: Visita, ours: Settings) -> None:
    async with open_admin(ours) as admin:
        await admin.create_emisor(EMISOR, RESOLUCIONES)
        await import_folios(admin, TipoDte.BOLETA, 1, 60)
    page = await oficina.open(CAMINO)
    await page.get_by_role("link", name="Tipo 39: 1 a 60").click()
    form = await opened(page.get_by_role("main"), "Desde el folio")
    await form.get_by_label("Desde el folio").fill("58")
    await form.get_by_label("Hasta el folio").fill("60")
    await send(form, "Anular")
    await expect(page.get_by_role("status")).to_contain_text("Folios 58 a 60 anulados")
    await expect(page.get_by_text("58-60: apertura de la tienda")).to_be_visible()


@pytest.mark.parametrize("esquema", ["light", "dark"])
async def test_the_pages_of_companies_fit_a_phone_and_axe_finds_nothing_on_them(
    oficina: Visita, ours: Settings, esquema: Literal["light", "dark"]
) -> None:
    axe = Axe()
    await oficina.page.emulate_media(color_scheme=esquema, reduced_motion="reduce")
    await oficina.page.set_viewport_size(TELEFONO)  # type: ignore[arg-type]
    async with open_admin(ours) as admin:
        await admin.create_emisor(EMISOR.model_copy(update={"razon_social": "W" * 60}), RESOLUCIONES)
        await admin.set_certificado(EMISOR_RUT, make_p12(), PASSWORD)
        await admin.create_terminal(EMISOR_RUT, "T" * 40, "C" * 40, por_segundo=2.5)
        await import_folios(admin, TipoDte.BOLETA, 1, 60, tienda="T" * 40)
    async with open_pausas(ours, "W" * 200) as pausas:
        await pausas.pause(ClasePausa.EMISOR, EMISOR_RUT)
        await pausas.pause(ClasePausa.CANAL, Canal.FACTURA)
    for path in ("/empresas", "/empresas/nueva", CAMINO, f"{CAMINO}/editar", f"{CAMINO}/caf/{EMISOR_RUT}-39-1"):
        page = await oficina.open(path)
        await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        await fits(page)
        found = (await axe.run(page)).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], path

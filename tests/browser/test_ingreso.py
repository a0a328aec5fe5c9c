"""Logging in and out as a person does it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, expect

from services.monitor.main import open_cuentas
from shared.cuentas import Rol
from shared.settings import Settings
from tests.conditions import eventually
from tests.integration.monitor.servicio import CONTRASENA, address_of, create_account, monitor_running

OTRA = "otros nueve caballos"


@dataclass(frozen=True)
class Puerta:
    """A browser in front of a monitor that does not know it."""

    page: Page
    settings: Settings

    async def enter(self, nombre: str = "ana", contrasena: str = CONTRASENA) -> None:
        await self.page.get_by_label("Usuario").fill(nombre)
        await self.page.get_by_label("Contraseña").fill(contrasena)
        async with self.page.expect_event("domcontentloaded"):
            await self.page.get_by_role("button", name="Entrar").click()

    async def go(self, path: str) -> None:
        await self.page.goto(address_of(self.settings) + path)

    async def expect_at(self, path: str) -> None:
        await expect(self.page).to_have_url(address_of(self.settings) + path)


@pytest.fixture
async def puerta(settings: Settings, browser: Browser) -> AsyncIterator[Puerta]:
    async with monitor_running(settings):
        await create_account(settings)
        page = await browser.new_page(locale="es-CL")
        yield Puerta(page, settings)
        await page.close()


async def test_a_wrong_password_is_told_and_the_right_one_leads_to_where_one_was_going(puerta: Puerta) -> None:
    await puerta.go("/documentos?q=estado:pendiente")
    await expect(puerta.page.get_by_label("Usuario")).to_be_focused()
    await puerta.enter("Ana", "nueve caballos verdes")
    await expect(puerta.page.get_by_role("alert")).to_have_text("El nombre o la contraseña no son correctos.")
    await expect(puerta.page.get_by_label("Usuario")).to_have_value("Ana")
    await expect(puerta.page.get_by_label("Contraseña")).to_be_focused()
    await expect(puerta.page.get_by_label("Contraseña")).to_have_value("")
    await puerta.enter("Ana")
    await puerta.expect_at("/documentos?q=estado:pendiente")
    await puerta.page.get_by_role("button", name="Salir").click()
    await puerta.expect_at("/entrar")
    await puerta.go("/documentos")
    await expect(puerta.page).to_have_title("Entrar · Posta")


async def test_who_guesses_is_told_to_wait_and_how_long(puerta: Puerta) -> None:
    await puerta.go("/")
    for _ in range(6):
        await puerta.enter("ana", "no es ésta")
        await expect(puerta.page.get_by_role("alert")).to_be_visible()
    await expect(puerta.page.get_by_role("alert")).to_contain_text("Demasiados intentos. Vuelva a intentar en")
    await puerta.enter()
    await expect(puerta.page.get_by_role("alert")).to_contain_text("Demasiados intentos")


async def test_a_session_that_ends_leads_to_the_login_and_from_there_back(puerta: Puerta) -> None:
    await puerta.go("/documentos?q=tienda:Centro")
    await puerta.enter()
    await puerta.expect_at("/documentos?q=tienda:Centro")
    await _end_sessions(puerta.settings)
    await eventually(lambda: _reloaded_as(puerta.page, "Entrar · Posta"))
    await puerta.enter()
    await puerta.expect_at("/documentos?q=tienda:Centro")


async def test_an_open_panel_notices_by_itself_that_its_session_is_over(puerta: Puerta) -> None:
    await puerta.go("/")
    await puerta.enter()
    await puerta.page.wait_for_selector("#vivo[data-estado=vivo]")
    await _end_sessions(puerta.settings)
    await expect(puerta.page).to_have_title("Entrar · Posta")
    await puerta.enter()
    await puerta.page.wait_for_selector("#vivo[data-estado=vivo]")


async def test_a_password_that_somebody_else_gave_has_to_be_changed_first(puerta: Puerta) -> None:
    async with open_cuentas(puerta.settings) as cuentas:
        await cuentas.create("luis", CONTRASENA, Rol.LECTURA, provisoria=True)
    await puerta.go("/documentos")
    await puerta.enter("luis")
    await puerta.expect_at("/cuenta")
    await expect(puerta.page.get_by_role("note")).to_contain_text("ponga una contraseña propia")
    await expect(puerta.page.get_by_role("navigation", name="Secciones")).to_have_count(0)
    await _change(puerta.page, CONTRASENA, CONTRASENA)
    await expect(puerta.page.get_by_role("alert")).to_contain_text("es la misma de antes")
    await _change(puerta.page, CONTRASENA, OTRA)
    await puerta.expect_at("/entrar")
    await puerta.enter("luis", OTRA)
    await puerta.page.wait_for_selector("#vivo[data-estado=vivo]")


async def _change(page: Page, actual: str, nueva: str) -> None:
    await page.get_by_label("Contraseña actual").fill(actual)
    await page.get_by_label("Contraseña nueva").fill(nueva)
    await page.get_by_label("La nueva, otra vez").fill(nueva)
    async with page.expect_event("domcontentloaded"):
        await page.get_by_role("button", name="Cambiar y entrar de nuevo").click()


async def _end_sessions(settings: Settings) -> None:
    async with open_cuentas(settings) as cuentas:
        await cuentas.end_sessions("ana")


async def _reloaded_as(page: Page, title: str) -> bool:
    await page.reload()
    return await page.title() == title

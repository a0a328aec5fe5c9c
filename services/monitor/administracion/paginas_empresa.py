"""The page of one company, and what is done on it: forms, and a page that says what came of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse
from pydantic import ConfigDict

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.administracion.api import find_ficha
from services.monitor.administracion.chequeos import describe_fallas
from services.monitor.administracion.mesa import require_archivo
from services.monitor.administracion.paginas_empresas import RECHAZADO
from services.monitor.administracion.pedidos import (
    Archivo,
    Contrasena,
    MotivoForm,
    PedidoCorreo,
    PedidoDtebox,
    PedidoTerminal,
    Rut,
    TerminalForm,
    TerminalId,
    TiendaForm,
)
from services.monitor.formato import format_miles
from shared.administracion.admin import LIMITE_P12
from shared.correo import Seguridad
from shared.dte.caf import LIMITE_CAF

if TYPE_CHECKING:
    from services.monitor.acceso.permisos import Actor
    from services.monitor.administracion.mesa import Mesa
    from services.monitor.administracion.vista import Vista
    from services.monitor.paginas import Paginas
    from shared.administracion.admin import Admin


class FormularioTerminal(PedidoTerminal):
    model_config = ConfigDict(extra="ignore")


class FormularioDtebox(PedidoDtebox):
    model_config = ConfigDict(extra="ignore")


class FormularioCorreo(PedidoCorreo):
    model_config = ConfigDict(extra="ignore")


Hecho = tuple[str, str]
"""What was done, in words; and a secret that is shown this once, or nothing."""
Trabajo = Callable[["Admin", str], Awaitable[Hecho]]
"""Something done to the company with this RUT."""


class _Pagina:
    """The page, with what was done on it."""

    def __init__(self, mesa: Mesa, vista: Vista, paginas: Paginas) -> None:
        self._mesa = mesa
        self._vista = vista
        self._paginas = paginas

    async def act(self, actor: Actor, rut: str, motivo: str, work: Trabajo) -> Response:
        """Do it; the page then says what was done, or every check that did not pass."""
        ficha = await find_ficha(self._vista, rut)
        try:
            hecho, secreto = await work(self._mesa.take(actor, motivo), ficha.rut)
        except tuple(RECHAZADO) as error:
            html = await self.render(actor, ficha.rut, fallas=describe_fallas(error))
            return HTMLResponse(html, RECHAZADO[type(error)])
        return HTMLResponse(await self.render(actor, ficha.rut, hecho=hecho, secreto=secreto))

    async def render(self, actor: Actor, rut: str, **said: object) -> str:
        values = {"hecho": "", "secreto": "", "fallas": (), "seguridades": tuple(Seguridad)} | said
        limites = {"limite_caf": LIMITE_CAF, "limite_p12": LIMITE_P12}
        ficha = await find_ficha(self._vista, rut)
        return self._paginas.render("empresa.html", actor, empresa=ficha, **values, **limites)


def create_empresa_pages(mesa: Mesa, vista: Vista, paginas: Paginas) -> APIRouter:
    """The page and its forms."""
    pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Ruta)
    page = _Pagina(mesa, vista, paginas)

    @pages.get("/empresas/{rut}")
    @exige(Permiso.VER)
    async def empresa(rut: Rut, actor: Quien) -> str:
        return await page.render(actor, rut)

    _add_archivos(pages, page)
    _add_terminales(pages, page)
    _add_envio(pages, page)
    return pages


def _add_archivos(pages: APIRouter, page: _Pagina) -> None:
    @pages.post("/empresas/{rut}/certificado")
    @exige(Permiso.EMPRESAS)
    async def certificado(
        rut: Rut, actor: Quien, archivo: Archivo = b"", contrasena: Contrasena = "", motivo: MotivoForm = ""
    ) -> Response:
        async def work(admin: Admin, rut: str) -> Hecho:
            firmante = await admin.set_certificado(rut, require_archivo(archivo), contrasena)
            return f"{rut} firma con el certificado de {firmante.titular}, hasta el {firmante.vence:%d-%m-%Y}.", ""

        return await page.act(actor, rut, motivo, work)

    @pages.post("/empresas/{rut}/certificado/retirar")
    @exige(Permiso.EMPRESAS)
    async def retire(rut: Rut, actor: Quien, motivo: MotivoForm = "") -> Response:
        async def work(admin: Admin, rut: str) -> Hecho:
            await admin.retire_certificado(rut)
            return f"Certificado retirado: {rut} no firma hasta que tenga otro.", ""

        return await page.act(actor, rut, motivo, work)

    @pages.post("/empresas/{rut}/caf")
    @exige(Permiso.EMPRESAS)
    async def caf(
        rut: Rut,
        actor: Quien,
        *,
        archivo: Archivo = b"",
        tienda: TiendaForm = "",
        terminal: TerminalForm = "",
        motivo: MotivoForm = "",
    ) -> Response:
        async def work(admin: Admin, rut: str) -> Hecho:
            guardado = await admin.cafs.import_caf(
                require_archivo(archivo), emisor=rut, tienda=tienda or None, terminal=terminal or None
            )
            cuantos = format_miles(guardado.disponibles)
            return f"{cuantos} folios del tipo {guardado.tipo:d} importados: {guardado.desde} a {guardado.hasta}.", ""

        return await page.act(actor, rut, motivo, work)


def _add_terminales(pages: APIRouter, page: _Pagina) -> None:
    @pages.post("/empresas/{rut}/terminales")
    @exige(Permiso.EMPRESAS)
    async def create(rut: Rut, dado: Annotated[FormularioTerminal, Form()], actor: Quien) -> Response:
        async def work(admin: Admin, rut: str) -> Hecho:
            creado = await admin.create_terminal(rut, dado.tienda, dado.caja, por_segundo=dado.por_segundo)
            return f"Llave de {dado.tienda} / {dado.caja}, que no se mostrará otra vez:", creado.llave

        return await page.act(actor, rut, dado.motivo, work)

    @pages.post("/empresas/{rut}/terminales/{terminal}/revocar")
    @exige(Permiso.EMPRESAS)
    async def revoke(rut: Rut, terminal: TerminalId, actor: Quien, motivo: MotivoForm = "") -> Response:
        async def work(admin: Admin, rut: str) -> Hecho:
            await admin.revoke_terminal(terminal, rut)
            return f"La llave del terminal {terminal} ya no vale.", ""

        return await page.act(actor, rut, motivo, work)


def _add_envio(pages: APIRouter, page: _Pagina) -> None:
    @pages.post("/empresas/{rut}/dtebox")
    @exige(Permiso.EMPRESAS)
    async def dtebox(rut: Rut, dado: Annotated[FormularioDtebox, Form()], actor: Quien) -> Response:
        async def work(admin: Admin, rut: str) -> Hecho:
            await admin.set_dtebox(rut, dado.url, dado.llave)
            return "DTEBox guardado.", ""

        return await page.act(actor, rut, dado.motivo, work)

    @pages.post("/empresas/{rut}/correo")
    @exige(Permiso.EMPRESAS)
    async def correo(rut: Rut, dado: Annotated[FormularioCorreo, Form()], actor: Quien) -> Response:
        async def work(admin: Admin, rut: str) -> Hecho:
            correo = await admin.correo.change(rut, dado.cambio)
            return f"Correo guardado: los clientes {'reciben' if correo.activo else 'no reciben'} copia.", ""

        return await page.act(actor, rut, dado.motivo, work)

"""Pages of all companies: their list, and the form with which one is registered or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.administracion.api import find_ficha
from services.monitor.administracion.chequeos import describe_fallas
from services.monitor.administracion.formulario import CAMPOS, read_formulario, write_formulario
from services.monitor.administracion.pedidos import MotivoForm, Rut
from shared.errors import Conflict, Invalid, Misconfigured, PostaError
from shared.messages import Proveedor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.monitor.acceso.permisos import Actor
    from services.monitor.administracion.mesa import Mesa
    from services.monitor.administracion.vista import Vista
    from services.monitor.paginas import Paginas

OTRA_PAGINA = 303
_VALOR_MAX = 300
RECHAZADO = {Invalid: 422, Conflict: 409, Misconfigured: 503}
"""What a person can put right, and the status of the page that says so."""


def create_empresas_pages(mesa: Mesa, vista: Vista, paginas: Paginas) -> APIRouter:
    """The list, and the form."""
    pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Ruta)
    _add_list(pages, vista, paginas)
    _add_nueva(pages, mesa, paginas)
    _add_edit(pages, mesa, vista, paginas)
    return pages


def _add_list(pages: APIRouter, vista: Vista, paginas: Paginas) -> None:
    @pages.get("/empresas")
    @exige(Permiso.VER)
    async def empresas(actor: Quien) -> str:
        return paginas.render("empresas.html", actor, empresas=await vista.list_empresas())


def _add_nueva(pages: APIRouter, mesa: Mesa, paginas: Paginas) -> None:
    @pages.get("/empresas/nueva")
    @exige(Permiso.EMPRESAS)
    async def nueva(actor: Quien) -> Response:
        return _render(paginas, actor, dict.fromkeys(CAMPOS, ""))

    @pages.post("/empresas")
    @exige(Permiso.EMPRESAS)
    async def add(request: Request, actor: Quien, motivo: MotivoForm = "") -> Response:
        dado = await _read(request)
        try:
            emisor = await mesa.take(actor, motivo).add_emisor(read_formulario(dado))
        except tuple(RECHAZADO) as error:
            return _render(paginas, actor, dado, motivo=motivo, error=error)
        return RedirectResponse(f"/empresas/{emisor.rut}", OTRA_PAGINA)


def _add_edit(pages: APIRouter, mesa: Mesa, vista: Vista, paginas: Paginas) -> None:
    @pages.get("/empresas/{rut}/editar")
    @exige(Permiso.EMPRESAS)
    async def edit(rut: Rut, actor: Quien) -> Response:
        ficha = await find_ficha(vista, rut)
        return _render(paginas, actor, write_formulario(ficha), rut=ficha.rut)

    @pages.post("/empresas/{rut}/editar")
    @exige(Permiso.EMPRESAS)
    async def change(request: Request, rut: Rut, actor: Quien, motivo: MotivoForm = "") -> Response:
        ficha = await find_ficha(vista, rut)
        dado = await _read(request) | {"rut": ficha.rut}
        try:
            await mesa.take(actor, motivo).change_emisor(ficha.rut, read_formulario(dado))
        except tuple(RECHAZADO) as error:
            return _render(paginas, actor, dado, rut=ficha.rut, motivo=motivo, error=error)
        return RedirectResponse(f"/empresas/{ficha.rut}", OTRA_PAGINA)


def _render(
    paginas: Paginas,
    actor: Actor,
    dado: Mapping[str, str],
    *,
    rut: str = "",
    motivo: str = "",
    error: PostaError | None = None,
) -> HTMLResponse:
    """The form with what was typed into it; `rut` of the company that is changed, if it is one that is there."""
    fallas = [] if error is None else describe_fallas(error)
    said = {"rut": rut, "dicho": motivo, "fallas": fallas, "proveedores": tuple(Proveedor)}
    html = paginas.render("empresa_form.html", actor, dado=dado, **said)
    return HTMLResponse(html, 200 if error is None else RECHAZADO[type(error)])


async def _read(request: Request) -> dict[str, str]:
    form = await request.form()
    return {campo: str(form.get(campo, ""))[:_VALOR_MAX] for campo in CAMPOS}

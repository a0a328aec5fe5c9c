"""The page of one range of folios: what became of each, and what is done about those that are left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse
from pydantic import ConfigDict

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.administracion.api import find_rango, find_revision
from services.monitor.administracion.chequeos import describe_fallas
from services.monitor.administracion.paginas_empresas import RECHAZADO
from services.monitor.administracion.pedidos import PedidoReparto, PedidoTramo, RangoId, Rut
from services.monitor.formato import format_miles

if TYPE_CHECKING:
    from services.monitor.acceso.permisos import Actor
    from services.monitor.administracion.mesa import Mesa
    from services.monitor.administracion.vista import Vista
    from services.monitor.paginas import Paginas
    from shared.administracion.cafs import CafAdmin


class FormularioTramo(PedidoTramo):
    model_config = ConfigDict(extra="ignore")


class FormularioReparto(PedidoReparto):
    model_config = ConfigDict(extra="ignore")


class _Pagina:
    """The page, with what was done on it."""

    def __init__(self, mesa: Mesa, vista: Vista, paginas: Paginas) -> None:
        self._mesa = mesa
        self._vista = vista
        self._paginas = paginas

    async def act(
        self, actor: Actor, rut: str, rango: str, motivo: str, *, work: Callable[[CafAdmin], Awaitable[str]]
    ) -> Response:
        """Do it; the page then says what was done, or every check that did not pass."""
        await find_rango(self._vista, rut, rango)
        try:
            hecho = await work(self._mesa.take(actor, motivo).cafs)
        except tuple(RECHAZADO) as error:
            html = await self.render(actor, rut, rango, fallas=describe_fallas(error))
            return HTMLResponse(html, RECHAZADO[type(error)])
        return HTMLResponse(await self.render(actor, rut, rango, hecho=hecho))

    async def render(self, actor: Actor, rut: str, rango: str, **said: object) -> str:
        ficha, found, revision = await find_revision(self._vista, rut, rango)
        values = {"hecho": "", "secreto": "", "fallas": ()} | said
        return self._paginas.render("caf.html", actor, empresa=ficha, rango=found, revision=revision, **values)


def create_caf_pages(mesa: Mesa, vista: Vista, paginas: Paginas) -> APIRouter:
    """The page and its forms."""
    pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Ruta)
    page = _Pagina(mesa, vista, paginas)

    @pages.get("/empresas/{rut}/caf/{rango}")
    @exige(Permiso.VER)
    async def caf(rut: Rut, rango: RangoId, actor: Quien) -> str:
        return await page.render(actor, rut, rango)

    @pages.post("/empresas/{rut}/caf/{rango}/anular")
    @exige(Permiso.EMPRESAS)
    async def void(rut: Rut, rango: RangoId, dado: Annotated[FormularioTramo, Form()], actor: Quien) -> Response:
        async def work(cafs: CafAdmin) -> str:
            hasta = dado.desde if dado.hasta is None else dado.hasta
            await cafs.void(rango, dado.desde, hasta, dado.motivo)
            return (
                f"Folios {dado.desde} a {hasta} anulados: Posta no los emitirá. Anúlelos también en el sitio del SII."
            )

        return await page.act(actor, rut, rango, dado.motivo, work=work)

    @pages.post("/empresas/{rut}/caf/{rango}/asignar")
    @exige(Permiso.EMPRESAS)
    async def assign(rut: Rut, rango: RangoId, dado: Annotated[FormularioReparto, Form()], actor: Quien) -> Response:
        async def work(cafs: CafAdmin) -> str:
            caf = await cafs.assign(rango, tienda=dado.tienda, terminal=dado.terminal)
            quien = caf.destino.terminal or caf.destino.tienda or "toda la empresa"
            return f"Los {format_miles(caf.disponibles)} folios que quedan son para {quien}."

        return await page.act(actor, rut, rango, dado.motivo, work=work)

    return pages

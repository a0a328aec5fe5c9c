"""Pausing a channel or a company: the page and the API, the same as `posta pausa`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Actor, Permiso, exige
from services.monitor.app import Monitor
from services.monitor.paginas import Paginas
from services.monitor.pausas import PausaVista, channels_of, companies_of, describe_pausa
from shared.administracion.pausas import MOTIVO_MAX, PausaAdmin
from shared.errors import Conflict, Invalid
from shared.messages import ClasePausa

OpenPausas = Callable[[str, str], PausaAdmin]
"""Pausing in the hands of somebody, with their reason."""
Motivo = Annotated[str, Query(max_length=MOTIVO_MAX, description="Queda en la auditoría")]
_OTHER_PAGE = 303


class Objeto(BaseModel):
    """Qué se pausa, y por qué."""

    model_config = ConfigDict(extra="forbid")

    clase: ClasePausa
    objeto: str = Field(max_length=20, description="Un canal, como «boleta», o el RUT de una empresa")
    motivo: str = Field(default="", max_length=1_000, description="Queda a la vista y en la auditoría")


class Formulario(Objeto):
    model_config = ConfigDict(extra="ignore")


def create_pausas_router(monitor: Monitor, open_pausas: OpenPausas, paginas: Paginas) -> APIRouter:
    """Page and API."""
    router = APIRouter()
    router.include_router(_pages(monitor, open_pausas, paginas))
    router.include_router(_api(open_pausas))
    return router


def _pages(monitor: Monitor, open_pausas: OpenPausas, paginas: Paginas) -> APIRouter:
    pages = APIRouter(prefix="/pausas", include_in_schema=False, default_response_class=HTMLResponse, route_class=Ruta)

    async def render(actor: Actor, falla: str = "", pedido: Objeto | None = None) -> str:
        admin = open_pausas(actor.quien, "")
        pausas = [describe_pausa(pausa) for pausa in await admin.list()]
        return paginas.render(
            "pausas.html",
            actor,
            por_canal=channels_of(pausas),
            por_emisor=companies_of(pausas),
            detenidos=monitor.panel().detenidos,
            emisores=await admin.list_emisores(),
            falla=falla,
            pedido=pedido,
        )

    @pages.get("")
    @exige(Permiso.VER)
    async def page(actor: Quien) -> str:
        return await render(actor)

    @pages.post("")
    @exige(Permiso.PAUSAR)
    async def pause(actor: Quien, pedido: Annotated[Formulario, Form()]) -> Response:
        try:
            await open_pausas(actor.quien, pedido.motivo).pause(pedido.clase, pedido.objeto)
        except Invalid as error:
            falla = "; ".join(f"«{each.ruta}»: {each.mensaje}." for each in error.fallas)
            return HTMLResponse(await render(actor, falla, pedido), 422)
        except Conflict as error:
            return HTMLResponse(await render(actor, f"{error}."), 409)
        return RedirectResponse("/pausas", _OTHER_PAGE)

    @pages.post("/quitar")
    @exige(Permiso.PAUSAR)
    async def resume(actor: Quien, pedido: Annotated[Formulario, Form()]) -> Response:
        try:
            await open_pausas(actor.quien, pedido.motivo).resume(pedido.clase, pedido.objeto)
        except (Invalid, Conflict):
            return HTMLResponse(await render(actor, "Esa pausa ya no está: alguien la quitó antes."), 409)
        return RedirectResponse("/pausas", _OTHER_PAGE)

    return pages


def _api(open_pausas: OpenPausas) -> APIRouter:
    api = APIRouter(prefix="/api/pausas", tags=["Pausas"], route_class=Ruta)

    @api.get("", summary="Lo que está en pausa")
    @exige(Permiso.VER)
    async def pausas(actor: Quien) -> list[PausaVista]:
        """Desde cuándo, quién la puso y por qué; la más antigua primero."""
        return [describe_pausa(pausa) for pausa in await open_pausas(actor.quien, "").list()]

    @api.post("", summary="Pausar un canal o una empresa", status_code=201)
    @exige(Permiso.PAUSAR)
    async def pause(pedido: Objeto, actor: Quien) -> PausaVista:
        """En dos segundos nada de lo suyo va al SII; las ventas siguen, y lo enviado se sigue consultando."""
        return describe_pausa(await open_pausas(actor.quien, pedido.motivo).pause(pedido.clase, pedido.objeto))

    @api.delete("/{clase}/{objeto}", summary="Quitar una pausa")
    @exige(Permiso.PAUSAR)
    async def resume(
        clase: ClasePausa,
        objeto: Annotated[str, Path(max_length=20, description="Un canal, o el RUT de una empresa")],
        actor: Quien,
        motivo: Motivo = "",
    ) -> PausaVista:
        """Lo que se juntó sale solo, de a poco. Responde con la pausa que había."""
        return describe_pausa(await open_pausas(actor.quien, motivo).resume(clase, objeto))

    return api

"""The thresholds of alerts: the page and the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Actor, Permiso, exige
from services.monitor.paginas import Paginas
from shared.administracion.umbrales import UmbralAdmin, UmbralVista
from shared.errors import Invalid
from shared.messages.umbral import Umbral

OpenUmbrales = Callable[[str, str], UmbralAdmin]
"""The thresholds in the hands of somebody, with their reason."""
Texto = Annotated[str, Form(max_length=200)]
_OTHER_PAGE = 303


class Valor(BaseModel):
    """El valor nuevo, en la unidad del umbral."""

    model_config = ConfigDict(extra="forbid")

    valor: int = Field(strict=True)
    motivo: str = Field(default="", max_length=200, description="Queda en la auditoría")


def create_umbrales_router(open_umbrales: OpenUmbrales, paginas: Paginas) -> APIRouter:
    """Page and API."""
    router = APIRouter()
    router.include_router(_pages(open_umbrales, paginas))
    router.include_router(_api(open_umbrales))
    return router


def _pages(open_umbrales: OpenUmbrales, paginas: Paginas) -> APIRouter:
    pages = APIRouter(
        prefix="/umbrales", include_in_schema=False, default_response_class=HTMLResponse, route_class=Ruta
    )

    async def render(actor: Actor, falla: str = "") -> str:
        umbrales = await open_umbrales(actor.quien, "").list()
        return paginas.render("umbrales.html", actor, umbrales=umbrales, falla=falla)

    async def act(actor: Actor, work: Callable[[], Awaitable[object]]) -> Response:
        try:
            await work()
        except Invalid as error:
            return HTMLResponse(await render(actor, _say(error)), 422)
        return RedirectResponse("/umbrales", _OTHER_PAGE)

    @pages.get("")
    @exige(Permiso.VER)
    async def page(actor: Quien) -> str:
        return await render(actor)

    @pages.post("/{umbral}")
    @exige(Permiso.UMBRALES)
    async def change(actor: Quien, umbral: Umbral, valor: Texto = "", motivo: Texto = "") -> Response:
        admin = open_umbrales(actor.quien, motivo)
        return await act(actor, lambda: admin.change(umbral, _parse(umbral, valor)))

    @pages.post("/{umbral}/defecto")
    @exige(Permiso.UMBRALES)
    async def reset(actor: Quien, umbral: Umbral) -> Response:
        return await act(actor, lambda: open_umbrales(actor.quien, "").reset(umbral))

    return pages


def _api(open_umbrales: OpenUmbrales) -> APIRouter:
    api = APIRouter(prefix="/api/umbrales", tags=["Umbrales"], route_class=Ruta)

    @api.get("", summary="Desde cuándo se avisa")
    @exige(Permiso.VER)
    async def umbrales(actor: Quien) -> list[UmbralVista]:
        """Cada umbral con su valor, el valor por defecto, y quién lo cambió."""
        return await open_umbrales(actor.quien, "").list()

    @api.put("/{umbral}", summary="Cambiar un umbral")
    @exige(Permiso.UMBRALES)
    async def change(umbral: Umbral, pedido: Valor, actor: Quien) -> UmbralVista:
        """Vale desde la próxima mirada de cada proceso, segundos después."""
        return await open_umbrales(actor.quien, pedido.motivo).change(umbral, pedido.valor)

    @api.delete("/{umbral}", summary="Volver al valor por defecto")
    @exige(Permiso.UMBRALES)
    async def reset(umbral: Umbral, actor: Quien) -> UmbralVista:
        """El de la configuración (POSTA_…)."""
        return await open_umbrales(actor.quien, "").reset(umbral)

    return api


def _parse(umbral: Umbral, texto: str) -> int:
    try:
        return int(texto)
    except ValueError as error:
        raise Invalid.one(umbral, "POSTA-UMB-01", f"debe ser un número entero, y se escribió «{texto}»") from error


def _say(error: Invalid) -> str:
    return "; ".join(f"{Umbral(falla.ruta).definicion.nombre}: {falla.mensaje}." for falla in error.fallas)

"""Searches of one's own over HTTP: kept with a name for whoever is logged in, on any of their machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.busqueda.vistas import Vistero

if TYPE_CHECKING:
    from shared.adapters.mongo.vistas import VistaPropia

NOMBRE_MAX = 40
Nombre = Annotated[str, Path(max_length=NOMBRE_MAX, description="Nombre de la vista")]
_OTHER_PAGE = 303


class Busqueda(BaseModel):
    """Lo que se guarda con ese nombre."""

    q: str = Field(max_length=2_000, description="Como se escribe en el buscador")


class VistaGuardada(BaseModel):
    """Una búsqueda con nombre."""

    nombre: str
    q: str


def create_vistas_router(vistero: Vistero) -> APIRouter:
    """The forms of the list, and the same as JSON."""
    router = APIRouter()
    router.include_router(_forms(vistero))
    router.include_router(_api(vistero))
    return router


def _forms(vistero: Vistero) -> APIRouter:
    forms = APIRouter(include_in_schema=False, route_class=Ruta)

    @forms.post("/documentos/vistas")
    @exige(Permiso.CUENTA_PROPIA)
    async def save(
        actor: Quien,
        nombre: Annotated[str, Form(max_length=NOMBRE_MAX)] = "",
        q: Annotated[str, Form(max_length=2_000)] = "",
    ) -> RedirectResponse:
        await vistero.save(actor.nombre, nombre, q)
        return _list(q)

    @forms.post("/documentos/vistas/quitar")
    @exige(Permiso.CUENTA_PROPIA)
    async def remove(
        actor: Quien,
        nombre: Annotated[str, Form(max_length=NOMBRE_MAX)] = "",
        q: Annotated[str, Form(max_length=2_000)] = "",
    ) -> RedirectResponse:
        await vistero.remove(actor.nombre, nombre)
        return _list(q)

    return forms


def _list(q: str) -> RedirectResponse:
    return RedirectResponse(f"/documentos?{urlencode({'q': q})}", _OTHER_PAGE)


def _api(vistero: Vistero) -> APIRouter:
    api = APIRouter(prefix="/api/vistas", tags=["Datos"], route_class=Ruta)

    @api.get("", summary="Las búsquedas guardadas de quien pregunta")
    @exige(Permiso.CUENTA_PROPIA)
    async def vistas(actor: Quien) -> list[VistaGuardada]:
        return [_show(vista) for vista in await vistero.of(actor.nombre)]

    @api.put("/{nombre}", summary="Guardar una búsqueda con ese nombre", status_code=204)
    @exige(Permiso.CUENTA_PROPIA)
    async def save(nombre: Nombre, busqueda: Busqueda, actor: Quien) -> None:
        """La que tenía ese nombre deja de estar."""
        await vistero.save(actor.nombre, nombre, busqueda.q)

    @api.delete("/{nombre}", summary="Quitar una búsqueda guardada", status_code=204)
    @exige(Permiso.CUENTA_PROPIA)
    async def remove(nombre: Nombre, actor: Quien) -> None:
        await vistero.remove(actor.nombre, nombre)

    return api


def _show(vista: VistaPropia) -> VistaGuardada:
    return VistaGuardada(nombre=vista.nombre, q=vista.q)

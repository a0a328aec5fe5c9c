"""The page and the address of the books compared."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.paginas import Paginas
from services.monitor.revision import DIAS, Revision, Revisor

Completa = Annotated[bool, Query(description="Todos los rangos de folios, y no sólo los que no cuadran: demora")]
Dias = Annotated[int, Query(ge=1, le=31, description="De cuántos días son los documentos que se comparan con el SII")]


def create_cuadratura_router(revisor: Revisor, paginas: Paginas) -> APIRouter:
    """For everybody who may look."""
    router = APIRouter(tags=["Datos"], route_class=Ruta)

    @router.get("/cuadratura", response_class=HTMLResponse, include_in_schema=False)
    @exige(Permiso.VER)
    async def page(actor: Quien, *, completa: Completa = False, dias: Dias = DIAS) -> str:
        revision = await revisor.review(completa=completa, dias=dias)
        return paginas.render("cuadratura.html", actor, revision=revision, dias=dias)

    @router.get("/api/cuadratura", summary="Los libros comparados, con los folios que no cuadran")
    @exige(Permiso.VER)
    async def cuadratura(*, completa: Completa = False, dias: Dias = DIAS) -> Revision:
        """Emitidos = Σ estados, contra el libro de folios, las colas y lo que el SII respondió por cada sobre."""
        return await revisor.review(completa=completa, dias=dias)

    return router

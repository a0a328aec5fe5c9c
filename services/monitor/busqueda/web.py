"""The list of documents over HTTP: the page, the same as JSON, and as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.busqueda.buscador import LIMITE, Buscador, Lista
from services.monitor.busqueda.campos import EJEMPLOS
from services.monitor.busqueda.planilla import name_file, write_csv
from services.monitor.busqueda.sugerencias import SUGERENCIAS
from services.monitor.busqueda.vistas import PREDEFINIDAS, Vistero
from services.monitor.paginas import Paginas
from shared.adapters.mongo.busqueda import REVISADOS_MAX
from shared.clock import Clock
from shared.errors import Falla, Invalid

_FIELDS = ", ".join(f"`{ejemplo}` ({que})" for ejemplo, que in EJEMPLOS.values())
Q = Annotated[str, Query(max_length=20_000, description=f"Lo que se busca: un valor suelto, o condiciones: {_FIELDS}")]
Cursor = Annotated[str | None, Query(max_length=100, description="«siguiente» o «anterior» de otra respuesta")]


def create_busqueda_router(buscador: Buscador, vistero: Vistero, paginas: Paginas, clock: Clock) -> APIRouter:
    """Every search, however it is asked for, is read and bounded in the same way."""
    router = APIRouter(tags=["Datos"], route_class=Ruta)
    _add_page(router, buscador, vistero, paginas)
    _add_search(router, buscador)
    _add_export(router, buscador, clock)
    return router


def _add_page(router: APIRouter, buscador: Buscador, vistero: Vistero, paginas: Paginas) -> None:
    @router.get("/documentos", include_in_schema=False, response_class=HTMLResponse)
    @exige(Permiso.VER)
    async def page(actor: Quien, q: Q = "", cursor: Cursor = None) -> Response:
        consulta = buscador.read(q)
        lista: Lista | None = None
        fallas: tuple[Falla, ...] = ()
        try:
            lista = await buscador.search(consulta, cursor=cursor)
        except Invalid as error:
            fallas = tuple(error.fallas)
        html = paginas.render(
            "documentos.html",
            actor,
            consulta=consulta,
            lista=lista,
            fallas=fallas,
            vistas=PREDEFINIDAS,
            propias=await vistero.of(actor.nombre) if actor.sesion else (),
            sugerencias=SUGERENCIAS,
            ejemplos=EJEMPLOS,
            revisados=REVISADOS_MAX,
        )
        return HTMLResponse(html, 422 if fallas else 200)


def _add_search(router: APIRouter, buscador: Buscador) -> None:
    @router.get("/api/documentos", summary="Buscar documentos")
    @exige(Permiso.VER)
    async def search(q: Q = "", cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=200)] = LIMITE) -> Lista:
        """Los más nuevos primero; los folios, de mayor a menor. Un término que no se entiende es un 422 que lo nombra.

        Las páginas no se mueven aunque se emita mientras tanto. «completa» falsa dice que se revisó lo que cabe en una
        respuesta: siga con «siguiente», aunque haya venido vacía.
        """
        return await buscador.search(buscador.read(q), limite=limit, cursor=cursor)


def _add_export(router: APIRouter, buscador: Buscador, clock: Clock) -> None:
    @router.get(
        "/documentos.csv",
        summary="Una búsqueda como planilla",
        response_class=Response,
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    @exige(Permiso.VER)
    async def export(q: Q = "") -> Response:
        """Todo lo que cumple la búsqueda: UTF-8 con BOM y punto y coma, como lo abre Excel en Chile. Sin límite."""
        rows = write_csv(buscador.export(buscador.read(q)))
        head = [await anext(rows), await anext(rows, b"")]  # what is wrong is said before the file begins
        headers = {"Content-Disposition": f'attachment; filename="{name_file(q, clock())}"'}
        return StreamingResponse(_chain(head, rows), media_type="text/csv; charset=utf-8", headers=headers)


async def _chain(head: list[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for one in head:
        yield one
    async for one in rest:
        yield one

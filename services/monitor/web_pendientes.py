"""Pages about what waits for a person: cards by cause, a look before a replay, and replays under way."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ConfigDict

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.paginas import Paginas
from services.monitor.pedidos import Filtro, Nota, Reenvio, Seleccion
from services.monitor.replay import Replay
from services.monitor.web_operaciones import CausaNombrada, Detencion, OperacionId

_OTHER_PAGE = 303


class FormularioReenvio(Reenvio):
    """What the page of the preview sends back."""

    model_config = ConfigDict(extra="ignore")


class FormularioNota(Nota):
    model_config = ConfigDict(extra="ignore")


class FormularioDetencion(Detencion):
    model_config = ConfigDict(extra="ignore")


def create_pendientes_pages(replay: Replay, paginas: Paginas) -> APIRouter:
    """The pages. A form that did what it was asked for leads to where that can be watched."""
    pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Ruta)

    @pages.get("/pendientes")
    @exige(Permiso.VER)
    async def pendientes(filtro: Annotated[Filtro, Query()], actor: Quien) -> str:
        causas, operaciones = await replay.list_causas(filtro.filtro), await replay.list_operaciones()
        return paginas.render_pendientes(filtro, causas, operaciones, actor)

    @pages.post("/pendientes/{causa}/nota")
    @exige(Permiso.REENVIAR)
    async def nota(causa: CausaNombrada, nota: Annotated[FormularioNota, Form()], actor: Quien) -> RedirectResponse:
        await replay.write_nota(causa, nota.texto.strip(), quien=actor.quien)
        return RedirectResponse(f"/pendientes#causa-{causa}", _OTHER_PAGE)

    @pages.get("/reenviar")
    @exige(Permiso.REENVIAR)
    async def previa(seleccion: Annotated[Seleccion, Query()], actor: Quien) -> str:
        return paginas.render_previa(seleccion, await replay.preview(seleccion.pedido), actor)

    @pages.post("/reenviar")
    @exige(Permiso.REENVIAR)
    async def start(reenvio: Annotated[FormularioReenvio, Form()], actor: Quien) -> RedirectResponse:
        operacion = await replay.start(reenvio.pedido, quien=actor.quien, motivo=reenvio.motivo)
        return RedirectResponse(f"/reenvios/{operacion.id}", _OTHER_PAGE)

    @pages.get("/reenvios/{operacion}")
    @exige(Permiso.VER)
    async def reenvio(operacion: OperacionId, actor: Quien) -> str:
        return paginas.render_reenvio(await replay.report(operacion), actor)

    @pages.post("/reenvios/{operacion}/detener")
    @exige(Permiso.REENVIAR)
    async def stop(
        operacion: OperacionId, detencion: Annotated[FormularioDetencion, Form()], actor: Quien
    ) -> RedirectResponse:
        await replay.stop(operacion, quien=actor.quien, motivo=detencion.motivo)
        return RedirectResponse(f"/reenvios/{operacion}", _OTHER_PAGE)

    return pages

"""Alerts over HTTP: what is wrong, what was told of it and whether it arrived; the same as `posta alerts`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.alerts import Alerts
from services.monitor.avisador import MOTIVOS
from services.monitor.paginas import Paginas
from shared.adapters.mongo.auditoria import Registro
from shared.errors import Invalid
from shared.messages import AlertaVigente, Aviso, EstadoAviso

OpenRegistro = Callable[[str, str], Registro]
"""The audit in the hands of somebody, with their reason."""
Cuantos = Annotated[int, Query(ge=1, le=1_000, description="Cuántos, los últimos")]
_VISIBLES = 50
_OTHER_PAGE = 303


class ReenvioAvisos(BaseModel):
    """Qué avisos se envían de nuevo."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] = Field(default=[], max_length=1_000, description="Cuáles, de los apartados")
    todo: bool = Field(default=False, description="Todos los apartados: si no hay ids")
    motivo: str = Field(default="", max_length=200, description="Queda en la auditoría")

    @property
    def pedidos(self) -> list[str] | None:
        """None for all. Invalid if it says neither which nor all, or both."""
        if bool(self.ids) == self.todo:
            raise Invalid.one("ids", "POSTA-MON-06", "nombre los avisos, o diga «todo»")
        return self.ids or None


class FormularioAvisos(ReenvioAvisos):
    model_config = ConfigDict(extra="ignore")


class Prueba(BaseModel):
    """Por qué se prueba."""

    motivo: str = Field(default="", max_length=200, description="Queda en la auditoría")


class Reenviados(BaseModel):
    """Cuántos avisos van de nuevo; los entrega el monitor."""

    reenviados: int


def create_alertas_router(alerts: Alerts, open_registro: OpenRegistro, paginas: Paginas) -> APIRouter:
    """Page and API."""
    router = APIRouter()
    router.include_router(_pages(alerts, open_registro, paginas))
    router.include_router(_api(alerts, open_registro))
    return router


def _pages(alerts: Alerts, open_registro: OpenRegistro, paginas: Paginas) -> APIRouter:
    pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Ruta)

    @pages.get("/alertas")
    @exige(Permiso.VER)
    async def page(actor: Quien) -> str:
        return paginas.render("alertas.html", actor, **await _read(alerts))

    @pages.post("/alertas/prueba")
    @exige(Permiso.ALERTAS)
    async def test(actor: Quien) -> RedirectResponse:
        await alerts.test(open_registro(actor.quien, ""))
        return RedirectResponse("/alertas#enviados", _OTHER_PAGE)

    @pages.post("/alertas/avisos/reenviar")
    @exige(Permiso.ALERTAS)
    async def replay(actor: Quien, pedido: Annotated[FormularioAvisos, Form()]) -> RedirectResponse:
        await alerts.replay(pedido.pedidos, open_registro(actor.quien, pedido.motivo))
        return RedirectResponse("/alertas#enviados", _OTHER_PAGE)

    return pages


async def _read(alerts: Alerts) -> dict[str, Any]:
    return {
        "vigentes": await alerts.list_vigentes(),
        "resueltas": await alerts.list_resueltas(_VISIBLES),
        "avisos": await alerts.list_avisos(limite=_VISIBLES),
        "apartados": await alerts.list_avisos(EstadoAviso.APARTADO, _VISIBLES),
        "destinos": alerts.destinos,
        "motivos": MOTIVOS,
    }


def _api(alerts: Alerts, open_registro: OpenRegistro) -> APIRouter:
    api = APIRouter(prefix="/api/alertas", tags=["Alertas"], route_class=Ruta)

    @api.get("", summary="Lo que está mal ahora")
    @exige(Permiso.VER)
    async def vigentes() -> list[AlertaVigente]:
        """Desde cuándo, qué hacer, y cuándo se avisó por última vez; lo más antiguo primero."""
        return await alerts.list_vigentes()

    @api.get("/resueltas", summary="Lo que estuvo mal")
    @exige(Permiso.VER)
    async def resueltas(limit: Cuantos = _VISIBLES) -> list[AlertaVigente]:
        """De los últimos 30 días, lo último primero."""
        return await alerts.list_resueltas(limit)

    @api.get("/avisos", summary="Los avisos, y qué fue de cada uno")
    @exige(Permiso.VER)
    async def avisos(
        estado: Annotated[EstadoAviso | None, Query(description="«apartado»: los que no se pudieron entregar")] = None,
        limit: Cuantos = _VISIBLES,
    ) -> list[Aviso]:
        return await alerts.list_avisos(estado, limit)

    @api.post("/avisos/reenviar", summary="Enviar de nuevo lo que no se pudo entregar")
    @exige(Permiso.ALERTAS)
    async def replay(pedido: ReenvioAvisos, actor: Quien) -> Reenviados:
        """Sólo los apartados; los demás ya llegaron o se siguen intentando."""
        cuantos = await alerts.replay(pedido.pedidos, open_registro(actor.quien, pedido.motivo))
        return Reenviados(reenviados=cuantos)

    @api.post("/prueba", summary="Enviar un aviso de prueba a cada destino", status_code=201)
    @exige(Permiso.ALERTAS)
    async def test(pedido: Prueba, actor: Quien) -> list[Aviso]:
        """Quedan en camino; qué fue de ellos se ve en los avisos."""
        return await alerts.test(open_registro(actor.quien, pedido.motivo))

    return api

"""The monitor's addresses: pages for people, JSON for machines, and the stream that keeps the page alive."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from services.monitor.acceso.guardia import Guardia, Quien, Ruta
from services.monitor.acceso.ingreso import Ingreso
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.acceso.web import create_acceso_router
from services.monitor.acceso.web_cuentas import OpenCuentas, create_cuentas_router
from services.monitor.administracion.mesa import Mesa
from services.monitor.administracion.vista import Vista
from services.monitor.administracion.web import create_administracion_router
from services.monitor.alerts import Alerts
from services.monitor.anterior import Anterior, build_anterior
from services.monitor.app import Monitor
from services.monitor.busqueda.buscador import Buscador
from services.monitor.busqueda.vistas import Vistero
from services.monitor.busqueda.web import create_busqueda_router
from services.monitor.busqueda.web_vistas import create_vistas_router
from services.monitor.documento import Ficha
from services.monitor.esquema import build_esquema
from services.monitor.eventos import EventStream
from services.monitor.expediente.archivo import Archivo
from services.monitor.expediente.web import DocumentoId, create_expediente_router
from services.monitor.fallas import add_error_pages, no_existe, sin_plazas
from services.monitor.live import Feed
from services.monitor.medidas import record_panel
from services.monitor.paginas import CARPETA, Paginas
from services.monitor.panel import Panel
from services.monitor.replay import Replay
from services.monitor.revision import Revisor
from services.monitor.web_alertas import create_alertas_router
from services.monitor.web_cuadratura import create_cuadratura_router
from services.monitor.web_operaciones import create_operaciones_router
from services.monitor.web_pausas import OpenPausas, create_pausas_router
from services.monitor.web_pendientes import create_pendientes_pages
from services.monitor.web_umbrales import OpenUmbrales, create_umbrales_router
from shared.adapters.mongo.auditoria import Registro
from shared.clock import now
from shared.metrics import CONTENT_TYPE, render

if TYPE_CHECKING:
    from shared.adapters.mongo import Auditoria


class Stats(Panel):
    """The panel as JSON."""

    fragmentos: dict[str, str] | None = None
    """The page's own HTML, for a browser whose event stream does not work."""


def create_app(
    monitor: Monitor,
    feed: Feed,
    paginas: Paginas,
    replay: Replay,
    buscador: Buscador,
    *,
    archivo: Archivo,
    guardia: Guardia,
    ingreso: Ingreso,
    cuentas: OpenCuentas,
    auditoria: Auditoria,
    alerts: Alerts,
    pausas: OpenPausas,
    umbrales: OpenUmbrales,
    mesa: Mesa,
    vista: Vista,
    revisor: Revisor,
    vistero: Vistero,
) -> FastAPI:
    """The web application. It serves what `monitor` knows; reading the sources is somebody else's loop.

    `guardia` decides on each route; each says with `@exige` what it wants.
    """
    app = _create_empty()
    app.state.guardia = guardia
    app.include_router(create_acceso_router(ingreso, paginas))
    app.include_router(create_cuentas_router(cuentas, auditoria, paginas))
    app.include_router(_pages(app, monitor, paginas))
    app.include_router(_api(monitor, feed, paginas, guardia))
    app.include_router(create_pendientes_pages(replay, paginas))
    app.include_router(create_alertas_router(alerts, partial(Registro, auditoria), paginas))
    app.include_router(create_pausas_router(monitor, pausas, paginas))
    app.include_router(create_umbrales_router(umbrales, paginas))
    app.include_router(create_vistas_router(vistero))
    app.include_router(create_busqueda_router(buscador, vistero, paginas, now))
    app.include_router(create_expediente_router(archivo, paginas))
    app.include_router(create_operaciones_router(replay))
    app.include_router(create_administracion_router(mesa, vista, paginas))
    app.include_router(create_cuadratura_router(revisor, paginas))
    app.include_router(_health(monitor))
    app.mount("/static", StaticFiles(directory=CARPETA / "static"), name="static")
    add_error_pages(app, paginas)
    return app


def _create_empty() -> FastAPI:
    """No address yet, the framework's own pages neither."""
    return FastAPI(
        title="Posta · monitor",
        version="1",
        description="Estado de los documentos tributarios electrónicos, y reenvío de los que esperan a una persona.",
        docs_url=None,  # the ones that come with the framework load from another host
        redoc_url=None,
        openapi_url=None,  # it is served behind the door, like everything
    )


def _pages(app: FastAPI, monitor: Monitor, paginas: Paginas) -> APIRouter:
    pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Ruta)

    @pages.get("/")
    @exige(Permiso.VER)
    async def panel(actor: Quien) -> str:
        return paginas.render_panel(monitor.panel(), actor)

    @pages.get("/docs")
    @exige(Permiso.VER)
    async def docs(actor: Quien) -> str:
        return paginas.render_api(build_esquema(app), actor)

    @pages.get("/openapi.json", response_class=JSONResponse)
    @exige(Permiso.VER)
    async def openapi() -> JSONResponse:
        return JSONResponse(build_esquema(app))

    return pages


def _api(monitor: Monitor, feed: Feed, paginas: Paginas, guardia: Guardia) -> APIRouter:
    api = APIRouter(tags=["Datos"], route_class=Ruta)

    @api.get("/api/stats", summary="Todo lo que muestra el panel")
    @exige(Permiso.VER, pasivo=True)
    async def stats(
        *,
        fragmentos: Annotated[bool, Query(description="También el HTML de cada parte de la página")] = False,
        limit: Annotated[int, Query(ge=0, le=25, description="Cuántos de los últimos documentos")] = 25,
    ) -> Stats:
        """Lo último que dijeron MongoDB y RabbitMQ; «problemas» nombra al que no responde y de cuándo son sus datos."""
        panel = monitor.panel()
        rendered = paginas.render_fragmentos(panel) if fragmentos else None
        return Stats(**{**dict(panel), "ultimos": panel.ultimos[:limit], "fragmentos": rendered})

    @api.get("/facturacion-electronica/monitor/stats/", summary="Cifras, como las daba el sistema anterior")
    @exige(Permiso.VER, pasivo=True)
    async def stats_anteriores() -> Anterior:
        """Para páginas que ya existían; lo demás está en /api/stats."""
        return build_anterior(monitor.panel())

    @api.get("/api/documentos/{documento}", summary="Un documento con su historia")
    @exige(Permiso.VER)
    async def ficha(documento: DocumentoId) -> Ficha:
        """Cada paso con su momento, su duración, su sobre y su error."""
        return await _ficha(monitor, documento)

    @api.get("/api/eventos", summary="Cambios en vivo", response_class=Response, responses=_EVENTOS)
    @exige(Permiso.VER, pasivo=True)
    async def eventos(request: Request) -> EventStream:
        """Server-sent events «panel»: primero el HTML de todas las partes de la página, luego el de las que cambian."""
        if feed.is_full:
            raise sin_plazas()
        return EventStream(feed, lambda: guardia.is_valid(request))

    return api


def _health(monitor: Monitor) -> APIRouter:
    health = APIRouter(tags=["Salud"], route_class=Ruta)

    @health.get("/health/live", summary="El proceso responde")
    @exige(Permiso.ABIERTO)
    async def live() -> dict[str, str]:
        return {"estado": "vivo"}

    @health.get("/health/ready", summary="La página puede mostrarse", responses=_in("application/json", 503))
    @exige(Permiso.ABIERTO)
    async def ready() -> JSONResponse:
        """Listo desde que se preguntó una vez a cada fuente: sin ellas la página sirve igual, y lo dice."""
        problemas = [problema.model_dump(mode="json") for problema in monitor.panel().problemas]
        return JSONResponse(
            {"estado": "listo" if monitor.ready else "partiendo", "problemas": problemas}, 200 if monitor.ready else 503
        )

    @health.get("/metrics", summary="Métricas para Prometheus", response_class=Response, responses=_in("text/plain"))
    @exige(Permiso.METRICAS)
    async def metrics() -> Response:
        record_panel(monitor.panel())
        return Response(render(), headers={"Content-Type": CONTENT_TYPE})

    return health


async def _ficha(monitor: Monitor, id_: str) -> Ficha:
    ficha = await monitor.get_ficha(id_)
    if ficha is None:
        raise no_existe(id_)
    return ficha


def _in(media_type: str, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """How OpenAPI says that an answer is not what the route returns."""
    kind = "object" if media_type == "application/json" else "string"
    return {status: {"content": {media_type: {"schema": {"type": kind}}}, "description": HTTPStatus(status).phrase}}


_EVENTOS: dict[int | str, dict[str, Any]] = {
    **_in("text/event-stream"),
    503: {"description": "Hay demasiadas páginas en vivo: pregunte a /api/stats cada 5 segundos"},
}

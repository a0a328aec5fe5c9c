"""The POS way in over HTTP: one sale in, its document or a problem out; and a look at documents that are there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from services.emitter.answers import Documento, Problema, ProblemError, to_documento
from services.emitter.asyncapi import build_asyncapi
from services.emitter.openapi import VENTA_BODY, build_openapi, render_docs
from services.emitter.peticion import add_problems, authenticate, read_cuerpo
from services.emitter.terminals import read_clave
from shared.messages import Dte
from shared.metrics import CONTENT_TYPE, RESPUESTA_POS, render

if TYPE_CHECKING:
    from services.emitter.app import Emitter
    from services.emitter.terminals import Terminals
    from shared.adapters.mongo import Documents

_XML = "application/xml; charset=ISO-8859-1"
PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problema, "description": "Falta la llave del terminal, o no existe, o fue revocada"},
    404: {"model": Problema, "description": "No hay tal documento en la empresa de este terminal"},
    503: {"model": Problema, "description": "No disponible por ahora: repita después de `Retry-After`"},
}
_EMIT_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problema, "description": "El cuerpo no es JSON, o falta `Idempotency-Key`"},
    401: PROBLEMS[401],
    409: {"model": Problema, "description": "La clave ya se usó para otra venta"},
    413: {"model": Problema, "description": "La venta pasa de 1.000.000 de bytes"},
    415: {"model": Problema, "description": "El cuerpo no se declara como JSON en UTF-8"},
    429: {
        "model": Problema,
        "description": "El terminal o su empresa vende más rápido que su límite: repita después de `Retry-After`",
    },
    422: {"model": Problema, "description": "La venta tiene errores: cada uno, con su ruta, en `errores`"},
    503: {
        "model": Problema,
        "description": "No disponible por ahora, o no quedan folios: repita la misma clave después de `Retry-After`",
    },
}


class Pos:
    """The endpoints. A till sees the documents of its own company and no others."""

    def __init__(
        self, emitter: Emitter, terminals: Terminals, documents: Documents, ping: Callable[[], Awaitable[None]]
    ) -> None:
        self._emitter = emitter
        self._terminals = terminals
        self._documents = documents
        self._ping = ping

    async def emit(self, request: Request) -> Response:
        """Emite un documento, y sólo uno por cada `Idempotency-Key` de este terminal, las veces que se pida.

        Lo que se puede derivar se omite: folio, fecha, emisor, totales, números y montos de línea.
        """
        with RESPUESTA_POS.time():
            terminal = await authenticate(request, self._terminals)
            self._terminals.limites.admit(terminal)
            clave = read_clave(request.headers.get("idempotency-key"))
            emitido = await self._emitter.emit(await read_cuerpo(request), clave, terminal)
        documento = to_documento(emitido.dte, emitido.advertencias)
        headers = {"Location": documento.enlaces.documento}
        if not emitido.nuevo:
            headers["Idempotency-Replayed"] = "true"
        return Response(documento.model_dump_json(), 201 if emitido.nuevo else 200, headers, "application/json")

    async def get(self, id_: str, request: Request) -> Documento:
        """El documento y su estado."""
        return to_documento(await self.find_own(id_, request))

    async def get_xml(self, id_: str, request: Request) -> Response:
        """El XML firmado, byte por byte como se envía al SII."""
        dte = await self.find_own(id_, request)
        etag = f'"{dte.sha256}"'
        headers = {"ETag": etag, "Content-Disposition": f'inline; filename="{quote(dte.id)}.xml"'}
        if etag in request.headers.get("if-none-match", ""):
            return Response(None, 304, headers)
        return Response(await self._documents.get_xml(dte.id), 200, headers, _XML)

    async def ready(self) -> dict[str, str]:
        """Si puede emitir: partió, y MongoDB responde."""
        self._emitter.require_running()
        await self._ping()
        return {"estado": "listo"}

    async def find_own(self, id_: str, request: Request) -> Dte:
        """A document of the company of the till that asks; 401 or 404 otherwise."""
        terminal = await authenticate(request, self._terminals)
        dte = await self._documents.get(id_)
        if dte is None or dte.emisor != terminal.emisor:
            raise ProblemError(404, "no-existe", "No existe", f"no hay un documento «{id_[:60]}» en esta empresa")
        return dte


async def live() -> dict[str, str]:
    """Si el proceso responde."""
    return {"estado": "vivo"}


async def metrics() -> Response:
    """Métricas en el formato de Prometheus."""
    return Response(render(), media_type=CONTENT_TYPE)


def create_app(pos: Pos, *routers: APIRouter) -> FastAPI:
    """The HTTP application, with further routes. Nothing in it loads anything from another machine."""
    app = FastAPI(title="Posta: emisor", version="1", docs_url=None, redoc_url=None)
    add_problems(app)
    app.add_api_route(
        "/v1/dte",
        pos.emit,
        methods=["POST"],
        status_code=201,
        summary="Emitir un documento",
        responses={200: {"model": Documento, "description": "Ya estaba emitido con esta clave"}, **_EMIT_PROBLEMS},
        response_model=Documento,
        openapi_extra=VENTA_BODY,
    )
    app.add_api_route("/v1/dte/{id_}", pos.get, summary="Ver un documento", responses=PROBLEMS)
    app.add_api_route(
        "/v1/dte/{id_}/xml",
        pos.get_xml,
        summary="Bajar el XML firmado",
        response_class=Response,
        responses={200: {"content": {_XML: {"schema": {"type": "string"}}}}, 304: {}, **PROBLEMS},
    )
    for router in routers:
        app.include_router(router)
    app.add_api_route("/health/live", live, summary="¿Vive?")
    app.add_api_route("/health/ready", pos.ready, summary="¿Puede emitir?", responses={503: PROBLEMS[503]})
    app.add_api_route("/metrics", metrics, summary="Métricas", response_class=Response)
    app.openapi = lambda: build_openapi(app)  # type: ignore[method-assign]
    asyncapi = build_asyncapi(app.version)
    app.add_api_route("/asyncapi.json", lambda: JSONResponse(asyncapi), include_in_schema=False)
    app.add_api_route(
        "/docs", lambda: HTMLResponse(render_docs(app.openapi())), include_in_schema=False, response_class=HTMLResponse
    )
    return app

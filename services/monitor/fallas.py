"""What a person or a machine reads when something is not as asked: never a stack trace."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match

from services.monitor.limites import DEMASIADO
from services.monitor.paginas import Paginas
from shared.errors import Conflict, Falla, Invalid, Misconfigured, PostaError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

_TITULOS: Mapping[int, str] = {
    400: "No se entiende",
    303: "Entre primero",
    401: "Falta entrar",
    403: "No permitido",
    404: "No existe",
    405: "Eso no se puede hacer aquí",
    409: "No se puede ahora",
    413: "Es demasiado grande",
    422: "La consulta no es válida",
    500: "El monitor falló",
    503: "Sin datos por ahora",
}
_METODOS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_REINTENTO = {"Retry-After": "5", "Refresh": "5"}  # for machines, and for a browser that is left open
_ANOTADO = "Quedó anotado en el registro del servicio. Los documentos no se ven afectados."
_DETALLE_404 = "Aquí no hay nada. Revise la dirección."
_DETALLES: Mapping[int, str] = {400: "El cuerpo está mal formado, o trae campos demasiado grandes."}
"""In place of what the framework says in English."""


def no_existe(id_: str) -> HTTPException:
    return HTTPException(404, f"No hay un documento {id_}. Su identidad es emisor-tipo-folio, como 76192083-9-39-1201.")


def no_hay_sobre(id_: str) -> HTTPException:
    return HTTPException(404, f"No hay un sobre {id_}, o nunca llegó a hacerse.")


def sin_plazas() -> HTTPException:
    """Too many pages follow live: the one that comes now goes on by asking."""
    detalle = "Ya hay demasiadas páginas abiertas en vivo (POSTA_MONITOR_NAVEGADORES): pregunte cada 5 segundos."
    return HTTPException(503, detalle, {"Retry-After": "15"})


def add_error_pages(app: FastAPI, paginas: Paginas) -> None:
    """Answer every failure in Spanish: problem+json (RFC 9457) under `/api/`, a page anywhere else."""
    answer = partial(_answer, paginas)

    @app.exception_handler(StarletteHTTPException)
    async def http_error(request: Request, error: StarletteHTTPException) -> Response:
        detalle, headers = _describe_http(request, error)
        return answer(request, error.status_code, detalle, headers=headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        fallas = tuple(Falla(str(e["loc"][-1]), e["type"], _mensaje(e)) for e in error.errors())
        return answer(request, 422, "; ".join(map(str, fallas)), fallas=fallas)

    @app.exception_handler(PostaError)
    async def known(request: Request, error: PostaError) -> Response:
        status, detalle, headers, fallas = _explain(error)
        return answer(request, status, detalle, headers=headers, fallas=fallas)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, _error: Exception) -> Response:
        return answer(request, 500, _ANOTADO)


def refuse_large(paginas: Paginas, request: Request) -> Response:
    """What is said of a body that nobody reads; whoever sent it is not known yet."""
    return _answer(paginas, request, 413, DEMASIADO)


def _answer(
    paginas: Paginas,
    request: Request,
    status: int,
    detalle: str,
    *,
    headers: Mapping[str, str] | None = None,
    fallas: tuple[Falla, ...] = (),
) -> Response:
    titulo = _TITULOS.get(status, HTTPStatus(status).phrase)
    if not request.url.path.startswith("/api/"):
        html = paginas.render_aviso(titulo, detalle, getattr(request.state, "actor", None))
        return HTMLResponse(html, status, headers)
    body: dict[str, object] = {"type": "about:blank", "title": titulo, "status": status, "detail": detalle}
    if fallas:
        body["fallas"] = [{"ruta": f.ruta, "codigo": f.codigo, "mensaje": f.mensaje} for f in fallas]
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _describe_http(request: Request, error: StarletteHTTPException) -> tuple[str, Mapping[str, str] | None]:
    """Detail and headers."""
    if error.status_code == 405:
        methods = ", ".join(_methods_at(request))
        return f"Esta dirección sólo acepta {methods}.", {"Allow": methods}
    said = error.detail if isinstance(error, HTTPException) else _DETALLE_404
    return _DETALLES.get(error.status_code, said), error.headers


def _methods_at(request: Request) -> list[str]:
    """What may be done at this address: several routes share it, and the framework names those of the first."""
    return [
        method
        for method in _METODOS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]


def _explain(error: PostaError) -> tuple[int, str, Mapping[str, str] | None, tuple[Falla, ...]]:
    """Status, detail, headers and the single faults of what Posta knows to be wrong."""
    match error:
        case Unavailable():
            return 503, f"{error.servicio} no responde. Vuelva a intentar en unos segundos.", _REINTENTO, ()
        case Invalid():
            return 422, str(error), None, tuple(error.fallas)
        case Conflict():
            return 409, str(error), None, ()
        case Misconfigured():
            return 503, str(error), None, ()
        case _:
            return 500, _ANOTADO, None, ()


def _mensaje(error: Mapping[str, object]) -> str:
    ctx = error.get("ctx")
    limits = ctx if isinstance(ctx, dict) else {}
    return _MENSAJES.get(str(error["type"]), "el valor no es válido").format_map(limits)


_MENSAJES: Mapping[str, str] = {
    "bool_given": "se espera un número, no true ni false",
    "bool_parsing": "se espera true o false",
    "extra_forbidden": "no es un campo de esta petición: quítelo",
    "float_parsing": "se espera un número",
    "greater_than_equal": "el mínimo es {ge}",
    "int_parsing": "se espera un número entero",
    "int_type": "se espera un número entero, como 5, sin comillas",
    "json_invalid": "el cuerpo no es JSON",
    "less_than_equal": "el máximo es {le}",
    "missing": "falta: agréguelo",
    "string_too_long": "admite hasta {max_length} caracteres",
}

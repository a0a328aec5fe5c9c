"""What is common to all HTTP requests of a till: who sends it, how much of it is read, and how failures look."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from services.emitter.answers import Problema, ProblemError, to_problema
from services.emitter.venta import MAX_BYTES
from shared.errors import PostaError
from shared.log import get_logger
from shared.messages import TerminalGuardado

if TYPE_CHECKING:
    from services.emitter.terminals import Terminals

log = get_logger("posta.emitter.http")

_JSON = re.compile(r"application/(?:[a-z.+-]+\+)?json\s*(?:;\s*charset\s*=\s*\"?utf-?8\"?\s*)?", re.IGNORECASE)
_NDJSON = re.compile(
    r"application/(?:x-)?(?:ndjson|jsonl|jsonlines)\s*(?:;\s*charset\s*=\s*\"?utf-?8\"?\s*)?", re.IGNORECASE
)
_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
_TITLES = {404: "No existe", 405: "Método no permitido"}


async def authenticate(request: Request, terminals: Terminals) -> TerminalGuardado:
    """The till that sends the request, by `Authorization: Bearer <terminal key>`; 401 otherwise."""
    scheme, _, llave = request.headers.get("authorization", "").partition(" ")
    return await terminals.require(llave.strip() if scheme.lower() == "bearer" else "")


def require_ndjson(request: Request) -> None:
    """ProblemError (415) unless the body is declared as lines of JSON in UTF-8."""
    if not _NDJSON.fullmatch(request.headers.get("content-type", "")):
        detail = "envíe las ventas como «application/x-ndjson» en UTF-8: una por línea"
        raise ProblemError(415, "formato", "Formato no admitido", detail)


async def read_cuerpo(request: Request) -> bytes:
    """The body, never more than the bound in memory, whether or not its length was announced."""
    if not _JSON.fullmatch(request.headers.get("content-type", "")):
        raise ProblemError(415, "formato", "Formato no admitido", "envíe la venta como «application/json» en UTF-8")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > MAX_BYTES:
        raise _too_large()
    cuerpo = bytearray()
    async for chunk in request.stream():
        cuerpo += chunk
        if len(cuerpo) > MAX_BYTES:
            raise _too_large()
    return bytes(cuerpo)


def add_problems(app: FastAPI) -> None:
    """Make every failure a problem document (RFC 9457). No stack trace ever leaves; the log has it."""
    app.add_exception_handler(PostaError, _on_posta_error)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_exception_handler(Exception, _on_bug)


def respond_problema(problema: Problema) -> Response:
    headers = {}
    if problema.reintentar_en is not None:
        headers["Retry-After"] = str(problema.reintentar_en)
    if problema.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="posta"'
    if problema.status == 413:
        headers["Connection"] = "close"  # the rest of the body is not going to be read
    return Response(problema.model_dump_json(exclude_none=True), problema.status, headers, "application/problem+json")


def _too_large() -> ProblemError:
    return ProblemError(413, "muy-grande", "La venta es muy grande", f"se admiten {MAX_BYTES} bytes; divida la venta")


async def _on_posta_error(request: Request, error: Exception) -> Response:
    problema = to_problema(error, request.url.path)
    if problema.status >= 500:
        log.warning("peticion_fallida", ruta=request.url.path, status=problema.status, error=str(error))
    return respond_problema(problema)


async def _on_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    title = _TITLES.get(status, "Petición rechazada")
    clase = {404: "no-existe", 405: "metodo"}.get(status, "peticion")
    detail = f"{request.method} {request.url.path}: {title.lower()}; vea /docs"
    response = respond_problema(ProblemError(status, clase, title, detail).problema)
    if status == 405:
        response.headers["Allow"] = ", ".join(_methods_at(request))
    return response


def _methods_at(request: Request) -> list[str]:
    """What may be done at this path: several routes share it, and the first one alone speaks for itself."""
    return [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]


async def _on_validation(request: Request, error: Exception) -> Response:
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    problem = ProblemError.of_parametros({str(e["loc"][-1]): _remedio(e) for e in errors})
    return respond_problema(to_problema(problem, request.url.path))


def _remedio(error: Mapping[str, Any]) -> str:
    """What a parameter must be, in Spanish."""
    contexto = {nombre: str(valor).replace(" or ", " o ") for nombre, valor in error.get("ctx", {}).items()}
    return _REMEDIOS.get(error["type"], "no es válido: vea /docs").format_map(contexto)


_REMEDIOS: Mapping[str, str] = {
    "enum": "debe ser uno de {expected}",
    "extra_forbidden": "no es un parámetro de esta consulta: quítelo",
    "missing": "falta",
    "int_parsing": "debe ser un número entero",
    "bool_parsing": "debe ser true o false",
    "less_than": "debe ser menor que {lt}",
    "less_than_equal": "debe ser {le} o menos",
    "greater_than_equal": "debe ser {ge} o más",
    "string_pattern_mismatch": "debe tener de 1 a 128 caracteres ASCII imprimibles, sin espacios a los lados",
    "string_too_short": "no puede estar vacío",
    "string_too_long": "debe tener {max_length} caracteres o menos",
    "date_from_datetime_parsing": "debe ser una fecha, AAAA-MM-DD",
    "date_from_datetime_inexact": "debe ser una fecha, AAAA-MM-DD",
}
"""By pydantic's error types."""


async def _on_disconnect(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it: the sale was not received, and the till asks again


async def _on_bug(request: Request, error: Exception) -> Response:
    return respond_problema(to_problema(error, request.url.path))

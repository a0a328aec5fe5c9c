"""The OpenAPI document: besides what the framework reads from the routes, who may call each, and how it says no."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from services.monitor.acceso.guardia import CABECERA_CSRF
from services.monitor.acceso.permisos import PERMISOS, Permiso

if TYPE_CHECKING:
    from fastapi import FastAPI

Esquema = dict[str, Any]
PERMISO = "x-permiso"
"""Under this name each operation says the line of the table of permissions that it wants; `x-rol` is the least role."""
_MAQUINA: Esquema = {"token": []}
_PERSONA: Esquema = {"sesion": []}
_PERSONA_CAMBIA: Esquema = {"sesion": [], "csrf": []}

ESQUEMAS_DE_ACCESO: Esquema = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Para programas: «posta token create NOMBRE --rol lectura», o en /tokens.",
    },
    "sesion": {
        "type": "apiKey",
        "in": "cookie",
        "name": "posta_sesion",
        "description": "De quien entró en /entrar; por https se llama __Host-posta_sesion.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": CABECERA_CSRF,
        "description": "Junto con la sesión, en todo lo que cambia algo: el que trae cada página.",
    },
}
PROBLEMA: Esquema = {
    "type": "object",
    "title": "Problema",
    "description": "Por qué no (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "Para una persona: qué pasó y qué hacer"},
        "fallas": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["ruta", "codigo", "mensaje"],
                "properties": {name: {"type": "string"} for name in ("ruta", "codigo", "mensaje")},
            },
        },
    },
}


def build_esquema(app: FastAPI) -> Esquema:
    """The whole document."""
    esquema = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    components = esquema.setdefault("components", {})
    components["securitySchemes"] = ESQUEMAS_DE_ACCESO
    components.setdefault("schemas", {})["Problema"] = PROBLEMA
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    for path, method, operation in _operations(esquema):
        _add_access(operation, method)
        operation["responses"] |= _problems(path, operation)
    _tell_durations(esquema)
    return esquema


def _tell_durations(node: Any) -> None:
    """Durations have parts of a second (ISO 8601), which `format: duration` (RFC 3339) does not know."""
    if isinstance(node, dict):
        if node.get("format") == "duration":
            del node["format"]
            node.setdefault("description", "Duración ISO 8601, como PT2.4S")
        for part in node.values():
            _tell_durations(part)
    if isinstance(node, list):
        for part in node:
            _tell_durations(part)


def _operations(esquema: Esquema) -> Iterator[tuple[str, str, Esquema]]:
    for path, methods in esquema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _add_access(operation: Esquema, method: str) -> None:
    permiso = Permiso(operation[PERMISO])
    operation["x-rol"] = None if permiso is Permiso.ABIERTO else PERMISOS[permiso].value
    match permiso:
        case Permiso.ABIERTO:
            operation["security"] = []
        case Permiso.METRICAS:
            operation["security"] = [{}, _MAQUINA, _PERSONA]
        case Permiso.CUENTA_PROPIA:
            operation["security"] = [_PERSONA if method == "get" else _PERSONA_CAMBIA]
        case _:
            operation["security"] = [_MAQUINA, _PERSONA if method == "get" else _PERSONA_CAMBIA]


_PALABRAS: Mapping[int, str] = {
    400: "El cuerpo no se puede leer, o el nombre del servidor no es de este monitor",
    401: "Falta entrar, o el token no vale",
    403: "La cuenta o el token no lo permiten",
    404: "No existe",
    409: "No se puede ahora",
    413: "Es demasiado grande",
    422: "La consulta no es válida: qué está mal y qué hacer",
    503: "MongoDB no responde; vuelva a intentar",
}


def _problems(path: str, operation: Esquema) -> Esquema:
    """Each status with which it may say no; under `/api/` as problem+json, elsewhere as a page."""
    api = path.startswith("/api/")
    media = "application/problem+json" if api else "text/html"
    schema = {"$ref": "#/components/schemas/Problema"} if api else {"type": "string"}
    content = {media: {"schema": schema}}
    said = {status: answer["description"] for status, answer in operation["responses"].items() if status != "422"}
    return {
        str(status): {"description": said.get(str(status), _PALABRAS[status]), "content": content}
        for status in _statuses(path, operation)
    }


def _statuses(path: str, operation: Esquema) -> Iterator[int]:
    has_body, has_input = "requestBody" in operation, "requestBody" in operation or "parameters" in operation
    known = operation[PERMISO] != Permiso.ABIERTO
    yield from (400,)
    yield from (401, 403, 503) if known else ()
    yield from (404,) if "{" in path else ()
    yield from (409, 413) if has_body else ()
    yield from (422,) if has_input else ()

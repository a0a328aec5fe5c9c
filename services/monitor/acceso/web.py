"""The login's pages."""

from __future__ import annotations

import math
from typing import Annotated, assert_never

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.monitor.acceso.guardia import Ruta, client_address, cookie_name
from services.monitor.acceso.ingreso import Bloqueado, Dentro, Fuera, Ingreso
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.formato import format_duracion
from services.monitor.paginas import Paginas
from shared.errors import Unavailable

_MAL = "El nombre o la contraseña no son correctos."
Siguiente = Annotated[str, Query(max_length=500)]


def create_acceso_router(ingreso: Ingreso, paginas: Paginas) -> APIRouter:
    """Logging in and out."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Ruta)

    @router.get("/entrar")
    @exige(Permiso.ABIERTO)
    async def show(siguiente: Siguiente = "/") -> str:
        return paginas.render_entrar(siguiente=_local(siguiente), sin_cuentas=await _is_empty(ingreso))

    @router.post("/entrar")
    @exige(Permiso.ABIERTO)
    async def enter(
        request: Request,
        nombre: Annotated[str, Form(max_length=200)] = "",
        contrasena: Annotated[str, Form(max_length=1000)] = "",
        siguiente: Annotated[str, Form(max_length=500)] = "/",
    ) -> Response:
        await _drop(ingreso, request)  # whoever had a session here before is not this one
        resultado = await ingreso.enter(nombre, contrasena, client_address(request))
        match resultado:
            case Dentro():
                return _let_in(request, resultado, _local(siguiente))
            case Fuera():
                page = paginas.render_entrar(siguiente=_local(siguiente), nombre=nombre, falla=_MAL)
                return HTMLResponse(page, 401)
            case Bloqueado(espera):
                falla = f"Demasiados intentos. Vuelva a intentar en {format_duracion(espera)}."
                page = paginas.render_entrar(siguiente=_local(siguiente), nombre=nombre, falla=falla)
                return HTMLResponse(page, 429, {"Retry-After": str(math.ceil(espera.total_seconds()))})
        assert_never(resultado)

    @router.post("/salir")
    @exige(Permiso.CUENTA_PROPIA)
    async def leave(request: Request) -> Response:
        await _drop(ingreso, request)
        return forget_session(request)

    return router


def forget_session(request: Request) -> Response:
    """To the login, without the cookie."""
    answer = RedirectResponse("/entrar", 303)
    answer.delete_cookie(cookie_name(request), secure=request.url.scheme == "https", httponly=True, samesite="strict")
    return answer


def _let_in(request: Request, dentro: Dentro, siguiente: str) -> Response:
    answer = RedirectResponse(siguiente, 303)
    answer.set_cookie(
        cookie_name(request),
        dentro.token,
        max_age=int(dentro.vence.total_seconds()),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


async def _drop(ingreso: Ingreso, request: Request) -> None:
    token = request.cookies.get(cookie_name(request))
    if token:
        await ingreso.leave(token)


async def _is_empty(ingreso: Ingreso) -> bool:
    try:
        return not await ingreso.has_accounts()
    except Unavailable:  # whoever tries to log in is told
        return False


def _local(siguiente: str) -> str:
    """Where to go after the login: never to another host (browsers take a backslash for a slash)."""
    if not siguiente.startswith("/") or siguiente[1:2] in ("/", "\\") or not siguiente.isprintable():
        return "/"
    return siguiente

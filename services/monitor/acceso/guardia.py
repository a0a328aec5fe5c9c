"""The door: nothing behind it runs, and no body is read as a form of it, before the permission is found.

A browser shows its session's cookie, a machine `Authorization: Bearer`. What changes something, and comes with a
cookie, must also come from our own page: by its Origin, and by the session's CSRF token in a field or a header.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Coroutine
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, HTTPException, Request, Response
from fastapi.routing import APIRoute

from services.monitor.acceso.credenciales import Credenciales
from services.monitor.acceso.permisos import Actor, Exigencia, Permiso, find_exigencia
from shared.errors import Unavailable

if TYPE_CHECKING:
    from services.monitor.acceso.credenciales import Titular

_LECTURA = frozenset({"GET", "HEAD"})
_FORMULARIO = ("application/x-www-form-urlencoded", "multipart/form-data")
_REENVIADO = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
CAMPO_CSRF = "csrf"
CABECERA_CSRF = "X-CSRF-Token"


class Ruta(APIRoute):
    """A route behind the door."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        self.exigencia = find_exigencia(endpoint)
        said = {**(kwargs.pop("openapi_extra", None) or {}), "x-permiso": self.exigencia.permiso.value}
        super().__init__(path, endpoint, openapi_extra=said, **kwargs)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            guardia: Guardia = request.app.state.guardia
            request.state.actor = await guardia.admit(request, self.exigencia)
            return await handle(request)

        return guarded


class Guardia:
    """Says who a request is from. HTTPException: 401 or a way to the login, 403 for what they may not."""

    def __init__(self, credenciales: Credenciales) -> None:
        self._credenciales = credenciales

    async def admit(self, request: Request, exigencia: Exigencia) -> Actor | None:
        """None where nobody has to be known."""
        if exigencia.permiso is Permiso.ABIERTO:
            if request.method not in _LECTURA:
                check_origin(request)
            return None
        if exigencia.permiso is Permiso.METRICAS and _asked_directly(request):
            return None
        actor = await self._identify(request, exigencia)
        if actor is None:
            raise _way_in(request)
        request.state.actor = actor
        if not actor.puede(exigencia.permiso):
            raise HTTPException(403, _why_not(actor, exigencia))
        if actor.debe_cambiar and exigencia.permiso is not Permiso.CUENTA_PROPIA:
            raise _way_to_own(request)
        return actor

    async def is_valid(self, request: Request) -> bool:
        """Whether the session or token of a request that goes on is still good; so it is while nobody can tell."""
        try:
            return await self._find(request) is not None
        except Unavailable:
            return True

    async def _identify(self, request: Request, exigencia: Exigencia) -> Actor | None:
        titular = await self._find(request)
        if titular is None:
            return None
        direccion = client_address(request)
        if _bearer(request):
            await _leniently(self._credenciales.note_token(titular))
            return Actor(titular.nombre, titular.rol, direccion)
        if request.method not in _LECTURA:
            check_origin(request)
            await _check_csrf(request, titular)
        if not exigencia.pasivo:
            await _leniently(self._credenciales.note_sesion(titular))
        return Actor(titular.nombre, titular.rol, direccion, titular.id, titular.csrf, titular.debe_cambiar)

    async def _find(self, request: Request) -> Titular | None:
        token = _bearer(request)
        if token:
            return await self._credenciales.find_token(token)
        cookie = request.cookies.get(cookie_name(request))
        return await self._credenciales.find_sesion(cookie) if cookie else None


def cookie_name(request: Request) -> str:
    """Over https with the prefix that makes the browser itself insist on Secure, Path=/ and no Domain."""
    return "__Host-posta_sesion" if request.url.scheme == "https" else "posta_sesion"


def client_address(request: Request) -> str:
    """Where it comes from, as far as the trusted proxies tell."""
    return request.client.host if request.client else "?"


def get_actor(request: Request) -> Actor:
    """Who asks. Only for routes that are not open."""
    actor = request.state.actor
    if not isinstance(actor, Actor):
        raise TypeError("esta ruta es abierta: no tiene actor")
    return actor


Quien = Annotated[Actor, Depends(get_actor)]
"""Who asks, as a parameter of an endpoint."""


def check_origin(request: Request) -> None:
    """403 unless it comes from a page of ours; programs, which send no Origin, are told apart by other means."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    ours = urlsplit(str(request.url))
    if origin is not None and origin != f"{ours.scheme}://{ours.netloc}":
        remedio = "Si hay un proxy delante, debe entregar la cabecera Host y estar en POSTA_MONITOR_PROXIES."
        raise HTTPException(403, f"Esto no vino de una página de este monitor. {remedio}")
    if origin is None and site not in (None, "same-origin"):
        raise HTTPException(403, "Esto no vino de una página de este monitor.")


async def _check_csrf(request: Request, titular: Titular) -> None:
    given: object = request.headers.get(CABECERA_CSRF)
    if given is None and request.headers.get("content-type", "").startswith(_FORMULARIO):
        given = (await request.form()).get(CAMPO_CSRF)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), titular.csrf.encode()):
        raise HTTPException(403, "La página es de otra sesión. Vuelva a cargarla e inténtelo de nuevo.")


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _way_in(request: Request) -> HTTPException:
    path = request.url.path
    if path.startswith(("/api/", "/metrics")) or request.method not in _LECTURA or _bearer(request):
        detalle = "Entre al monitor, o envíe un token vigente como «Authorization: Bearer TOKEN»: «posta token create»."
        return HTTPException(401, detalle, {"WWW-Authenticate": "Bearer"})
    query = f"?{request.url.query}" if request.url.query else ""
    return HTTPException(303, "Entre primero.", {"Location": f"/entrar?siguiente={quote(path + query)}"})


def _why_not(actor: Actor, exigencia: Exigencia) -> str:
    if exigencia.permiso is Permiso.CUENTA_PROPIA and actor.sesion is None:
        return "Esto es de quien entra con su contraseña: un token no lo tiene."
    return f"Su cuenta ({actor.rol}) no permite esto. Pídalo a un administrador."


def _way_to_own(request: Request) -> HTTPException:
    detalle = "Cambie antes su contraseña, en /cuenta: la que tiene la conoce otra persona."
    if request.url.path.startswith("/api/") or request.method not in _LECTURA:
        return HTTPException(403, detalle)
    return HTTPException(303, detalle, {"Location": "/cuenta"})


def _asked_directly(request: Request) -> bool:
    """By this machine at its own address, without a proxy between: one that forgets to pass Host on lets nobody in."""
    host = request.url.hostname or ""
    loopback = all(_is_loopback(name) for name in (host, client_address(request)))
    return loopback and not any(name in request.headers for name in _REENVIADO)


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


async def _leniently(note: Coroutine[Any, Any, None]) -> None:
    """When MongoDB is away the last use is not noted; the page is shown all the same."""
    try:
        await note
    except Unavailable:
        return

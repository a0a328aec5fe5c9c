"""Turns a fault of the scenario into what the client sees on the wire."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import assert_never, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from services.sandbox.app import Sii
from services.sandbox.scenarios import (
    Averia,
    Caida,
    Corte,
    ErrorDtebox,
    Goteo,
    Html,
    Http,
    Limite,
    Momento,
    Operacion,
    Status,
    TokenVencido,
    Vacio,
)
from services.sandbox.upload import TIPO_RECEPCION, Recepcion, build_recepcion
from shared.dte.tipos import Canal
from shared.log import get_logger

log = get_logger("posta.sandbox")

Handler = Callable[[Request], Awaitable[Response]]

_CONEXION = "conexion"
_GOTAS = 60
_SALIDA = 0.05
"""Seconds for what was written to leave this machine, before the reset throws away what has not."""


class Conexion(H11Protocol):
    """uvicorn's HTTP connection, which also hands each request its socket so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.app_state = {**self.app_state, _CONEXION: transport}


class CorteResponse(Response):
    """No response, or half of one: the connection is reset (RST), as when a firewall or a dying server drops it."""

    def __init__(self, mitad_de: Response | None = None, *, subiendo: bool = False) -> None:
        """`mitad_de`: this answer's head and half of its body go out first. `subiendo`: some of the request is read."""
        super().__init__()
        self._mitad_de = mitad_de
        self._subiendo = subiendo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        conexion = cast("asyncio.Transport", scope["state"][_CONEXION])
        if self._subiendo:
            await receive()
        if self._mitad_de is not None:
            await _send_piece(self._mitad_de, send, len(self._mitad_de.body) // 2)
            await asyncio.sleep(_SALIDA)
        enchufe = cast("socket.socket", conexion.get_extra_info("socket"))
        enchufe.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        conexion.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class GoteoResponse(Response):
    """An answer that comes a few bytes at a time, evenly over `segundos`."""

    def __init__(self, respuesta: Response, segundos: float) -> None:
        super().__init__()
        self._respuesta = respuesta
        self._segundos = segundos

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - all of it is taken
        body = bytes(self._respuesta.body)
        gotas = min(_GOTAS, max(1, len(body)))
        piece = -(-len(body) // gotas)
        await _send_piece(self._respuesta, send, 0)
        for start in range(0, len(body), piece):
            await asyncio.sleep(self._segundos / gotas)
            await send({"type": "http.response.body", "body": body[start : start + piece], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _send_piece(respuesta: Response, send: Send, cuanto: int) -> None:
    """The head of an answer with its full length, and so much of its body."""
    await send({"type": "http.response.start", "status": respuesta.status_code, "headers": respuesta.raw_headers})
    await send({"type": "http.response.body", "body": bytes(respuesta.body)[:cuanto], "more_body": True})


async def play(sii: Sii, request: Request, canal: Canal, operacion: Operacion, handler: Handler) -> Response:
    """Answer a request as the scenario wants it: late, wrong, or not at all; and otherwise as the SII would.

    Half of the latency passes before the request is taken and half after: who hangs up in between cannot know which.
    """
    averia, latencia = sii.escena.draw(canal, operacion)
    if averia is not None:
        log.info("averia", clase=averia.clase, canal=canal, operacion=operacion)
    if averia is not None and averia.cuando is Momento.ANTES:
        negada = _build(sii, averia, canal)
        if negada is not None:
            return negada
    await asyncio.sleep(latencia / 2)
    respuesta = await handler(request)
    await asyncio.sleep(latencia / 2)
    if averia is None or averia.cuando is Momento.ANTES:
        return respuesta
    if isinstance(averia, Status):
        # 0 is what came; 99 is what the SII says when the same bytes come again, so they do.
        return respuesta if averia.codigo == 0 else await handler(request)
    return _spoil(averia, respuesta) or _build(sii, averia, canal) or respuesta


def _spoil(averia: Averia, respuesta: Response) -> Response | None:
    """The true answer, spoiled on its way; None when the fault has another in its place."""
    match averia:
        case Goteo(segundos=segundos):
            return GoteoResponse(respuesta, segundos)
        case Corte(momento=Momento.RESPONDIENDO):
            return CorteResponse(respuesta)
        case _:
            return None


def _build(sii: Sii, averia: Averia, canal: Canal) -> Response | None:
    """The answer that a fault puts in the place of the true one; None when the true one goes on."""
    match averia:
        case Corte(momento=momento):
            return CorteResponse(subiendo=momento is Momento.SUBIENDO)
        case Goteo():
            return None  # it spoils the true answer
        case Status(codigo=codigo):
            xml = build_recepcion(None, Recepcion(codigo, errores=("Error simulado",)), sii.clock())
            return Response(xml, media_type=TIPO_RECEPCION)
        case TokenVencido():
            sii.sesiones.forget_tokens(canal)
            return None
        case Caida() | Html() | Vacio() | Http() | Limite() | ErrorDtebox():
            pagina = averia.pagina
            return Response(pagina.texto, pagina.status, pagina.headers, pagina.tipo)
        case _:
            assert_never(averia)

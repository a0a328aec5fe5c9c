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


class Conexion(H11Protocol):
    """uvicorn's HTTP connection, which also hands each request its socket so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.app_state = {**self.app_state, _CONEXION: transport}


class CorteResponse(Response):
    """No response at all: the connection is reset (RST), as when a firewall or a dying server drops it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nothing is sent
        conexion = cast("asyncio.Transport", scope["state"][_CONEXION])
        enchufe = cast("socket.socket", conexion.get_extra_info("socket"))
        enchufe.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        conexion.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


async def play(sii: Sii, request: Request, canal: Canal, operacion: Operacion, handler: Handler) -> Response:
    """Answer a request as the scenario wants it: late, wrong, or not at all; and otherwise as the SII would.

    Half of the latency passes before the request is taken and half after: who hangs up in between cannot know which.
    """
    averia, latencia = sii.escena.draw(canal, operacion)
    if averia is not None:
        log.info("averia", clase=averia.clase, canal=canal, operacion=operacion)
    if averia is not None and averia.cuando is Momento.ANTES:
        respuesta = _build(sii, averia, canal)
        if respuesta is not None:
            return respuesta
    await asyncio.sleep(latencia / 2)
    respuesta = await handler(request)
    await asyncio.sleep(latencia / 2)
    if averia is None or averia.cuando is Momento.ANTES:
        return respuesta
    if isinstance(averia, Status):
        # 0 is what came; 99 is what the SII says when the same bytes come again, so they do.
        return respuesta if averia.codigo == 0 else await handler(request)
    return _build(sii, averia, canal) or respuesta


def _build(sii: Sii, averia: Averia, canal: Canal) -> Response | None:
    """The answer that a fault puts in the place of the true one; None when the true one goes on."""
    match averia:
        case Corte():
            return CorteResponse()
        case Status(codigo=codigo):
            xml = build_recepcion(None, Recepcion(codigo, errores=("Error simulado",)), sii.clock())
            return Response(xml, media_type=TIPO_RECEPCION)
        case TokenVencido():
            sii.sesiones.forget_tokens(canal)
            return None
        case Caida() | Html() | Vacio() | Http() | Limite():
            pagina = averia.pagina
            return Response(pagina.texto, pagina.status, pagina.headers, pagina.tipo)
        case _:
            assert_never(averia)

"""How much a client may send: more is refused before anybody reads it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from fastapi import HTTPException, Request

from shared.administracion.admin import LIMITE_P12
from shared.dte.caf import LIMITE_CAF

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CUERPO_MAX = 2 * 1024 * 1024
"""Bytes of a request's body; a CAF or a certificate is a few thousand."""
DEMASIADO = (
    f"Demasiado grande: se admiten hasta {CUERPO_MAX // 1024**2} MB. Un CAF tiene hasta {LIMITE_CAF // 1000} kB "
    f"y un certificado hasta {LIMITE_P12 // 1000} kB: vuelva y elija otro archivo."
)
_TIRADOS_MAX = 64 * 1024 * 1024
_PACIENCIA = 30
"""So many bytes, for so many seconds, are taken in and thrown away after the refusal."""


class Limites:
    """An application whose requests have a bounded body, whether they say its length or not."""

    def __init__(self, app: ASGIApp, refuse: Callable[[Request], Response]) -> None:
        """`refuse`: the answer to a body that says that it is too large."""
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _announced(scope) > CUERPO_MAX:
            await self._answer_at_once(scope, receive, send)
        else:
            await self._bound(scope, receive, send)

    async def _answer_at_once(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The whole answer, and then what the client goes on sending, into nowhere.

        A browser reads an answer when it has sent everything: closed before, it would show its own page of a
        connection that broke.
        """

        async def send_open(message: Message) -> None:
            more = {"more_body": True} if message["type"] == "http.response.body" else {}
            await send({**message, **more})

        await self._refuse(Request(scope))(scope, receive, send_open)
        with suppress(TimeoutError):
            async with asyncio.timeout(_PACIENCIA):
                await _drain(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _bound(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0

        async def receive_bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > CUERPO_MAX:
                raise HTTPException(413, DEMASIADO)
            return message

        async def send_truthfully(message: Message) -> None:
            if message["type"] == "http.response.start" and received > CUERPO_MAX:
                message = {**message, "status": 413}  # the framework makes a 400 of whatever breaks off a body
            await send(message)

        await self._app(scope, receive_bounded, send_truthfully)


async def _drain(receive: Receive) -> None:
    """Until the body, the client or our willingness ends."""
    drained, more = 0, True
    while more and drained < _TIRADOS_MAX:
        message = await receive()
        drained += len(message.get("body", b""))
        more = message.get("more_body", False)


def _announced(scope: Scope) -> int:
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0

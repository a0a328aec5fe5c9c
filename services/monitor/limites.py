"""How much a client may send: more is refused before anybody reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CUERPO_MAX = 2 * 1024 * 1024
"""Bytes of a request's body; a CAF or a certificate is a few thousand."""
_DEMASIADO = f"Demasiado grande: hasta {CUERPO_MAX // 1024} KiB."


class Limites:
    """An application whose requests have a bounded body, whether they say its length or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _announced(scope) > CUERPO_MAX:
            await PlainTextResponse(_DEMASIADO, 413)(scope, receive, send)
            return
        received = 0

        async def receive_bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > CUERPO_MAX:
                raise HTTPException(413, _DEMASIADO)
            return message

        async def send_truthfully(message: Message) -> None:
            if message["type"] == "http.response.start" and received > CUERPO_MAX:
                message = {**message, "status": 413}  # the framework makes a 400 of whatever breaks off a body
            await send(message)

        await self._app(scope, receive_bounded, send_truthfully)


def _announced(scope: Scope) -> int:
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0

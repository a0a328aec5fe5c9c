"""By which names the monitor may be asked for: a page of another name that leads here gets nothing.

A name that somebody else controls can be made to lead to this machine (DNS rebinding). An address cannot, and neither
can the machine's own name.
"""

from __future__ import annotations

import re
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from shared.errors import Misconfigured

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_NOMBRE = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_HOST = re.compile(r"(?P<nombre>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[0-9]{1,5})?")
_AJENO = (
    "Este nombre no es de este monitor. Si debe serlo, agréguelo a POSTA_MONITOR_HOSTS "
    "(varios con comas, «*.empresa.cl» para todos los de un dominio)."
)


def parse_anfitriones(texto: str) -> frozenset[str]:
    """Names with commas between them, as POSTA_MONITOR_HOSTS has them. Misconfigured names the one that is none."""
    nombres = frozenset(filter(None, (uno.strip().lower() for uno in texto.split(","))))
    for nombre in nombres:
        if not _NOMBRE.fullmatch(nombre):
            raise Misconfigured(f"POSTA_MONITOR_HOSTS: «{nombre}» no es un nombre, como monitor.empresa.cl, sin puerto")
    return nombres


class Anfitriones:
    """An application that answers 400 to whoever asks for it by a name that is not its own."""

    def __init__(self, app: ASGIApp, nombres: frozenset[str]) -> None:
        self._app = app
        self._nombres = nombres | {"localhost", socket.gethostname().lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(scope):
            await PlainTextResponse(_AJENO, 400)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        given = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        host = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        if host is None:
            return False
        nombre = host["nombre"].strip("[]").removesuffix(".")
        return nombre in self._nombres or _is_address(nombre) or self._is_under(nombre)

    def _is_under(self, nombre: str) -> bool:
        """Whether a whole domain of which it is one is listed."""
        _, _, dominio = nombre.partition(".")
        return f"*.{dominio}" in self._nombres


def _is_address(nombre: str) -> bool:
    try:
        ip_address(nombre)
    except ValueError:
        return False
    return True

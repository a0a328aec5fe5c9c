"""A customer's mail server of a test's own, on a free port of loopback."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from deploy.local.ports import LOOPBACK, free_ports
from services.sandbox.averias_correo import AveriaCorreo
from services.sandbox.correo import Buzon, mail_server
from shared.correo import Seguridad, ServidorCorreo


@dataclass
class ServidorPrueba:
    """A running server; `averias` are used up one for each mail, in their order."""

    port: int
    buzon: Buzon
    averias: deque[AveriaCorreo] = field(default_factory=deque)

    @property
    def servidor(self) -> ServidorCorreo:
        return ServidorCorreo(LOOPBACK, self.port, Seguridad.NINGUNA)

    def draw(self) -> AveriaCorreo | None:
        return self.averias.popleft() if self.averias else None

    def correos(self) -> list[EmailMessage]:
        """The mails that were taken, in their order."""
        return [message_from_bytes(a.read_bytes(), policy=default) for a in self.buzon.list_archivos()]


@asynccontextmanager
async def servidor_correo(
    carpeta: Path, *averias: AveriaCorreo, port: int | None = None, **options: Any
) -> AsyncIterator[ServidorPrueba]:
    """The server until the block ends; the same folder and port again is the same server."""
    servidor = ServidorPrueba(port or free_ports(1)[0], Buzon(carpeta), deque(averias))
    async with mail_server(servidor.buzon, servidor.draw, LOOPBACK, servidor.port, **options):
        yield servidor

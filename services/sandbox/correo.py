"""The customers' mail server: takes every mail and keeps it as a file, unless the scenario wants it otherwise."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, assert_never, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.sandbox.averias_correo import AveriaCorreo, CorteCorreo, Lento, MomentoCorreo, Rechaza
from shared.errors import Misconfigured
from shared.log import get_logger

log = get_logger("posta.sandbox")
logging.getLogger("mail.log").setLevel(logging.WARNING)  # it writes down every address

DrawCorreo = Callable[[], AveriaCorreo | None]
_TOMADO = "250 2.0.0 recibido"


class Buzon:
    """The mails that were taken, one file each, in the order in which they came."""

    def __init__(self, carpeta: Path) -> None:
        self._carpeta = carpeta

    def add(self, contenido: bytes) -> None:
        self._carpeta.mkdir(parents=True, exist_ok=True)
        (self._carpeta / f"{len(self.list_archivos()) + 1:06d}.eml").write_bytes(contenido)

    def list_archivos(self) -> list[Path]:
        return sorted(self._carpeta.glob("*.eml"))

    def describe(self) -> list[dict[str, Any]]:
        """Each mail: who, to whom, what about, its Message-ID and the names of its attachments."""
        return [_describe(archivo) for archivo in self.list_archivos()]


class ServidorClientes:
    """The hooks of one conversation at a time; the fault of a mail is drawn at its address."""

    def __init__(self, buzon: Buzon, draw: DrawCorreo) -> None:
        self._buzon = buzon
        self._draw = draw
        self._averias: dict[Session, AveriaCorreo | None] = {}

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        averia = self._averias[session] = self._draw()
        if averia is not None:
            log.info("averia", clase=averia.clase, canal="correo")
        match averia:
            case Rechaza(momento=MomentoCorreo.ANTES, codigo=codigo):
                return _refusal(codigo)
            case CorteCorreo(momento=MomentoCorreo.ANTES):
                _cut(server)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 conocido"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        averia = self._averias.pop(session, None)
        if isinstance(averia, Rechaza):
            return _refusal(averia.codigo)
        self._buzon.add(envelope.original_content or b"")
        match averia:
            case None:
                pass
            case Lento(segundos=segundos):
                await asyncio.sleep(segundos)
            case CorteCorreo():
                _cut(server)
            case _ as never:
                assert_never(never)
        return _TOMADO


@asynccontextmanager
async def mail_server(buzon: Buzon, draw: DrawCorreo, host: str, port: int, **options: Any) -> AsyncIterator[None]:
    """The server on this event loop until the block ends. Misconfigured if the port cannot be had.

    `options` are the library's own: TLS, who may log in.
    """
    loop = asyncio.get_running_loop()
    clientes = ServidorClientes(buzon, draw)
    try:
        server = await loop.create_server(lambda: SMTP(clientes, hostname=host, loop=loop, **options), host, port)
    except OSError as error:
        raise Misconfigured(f"no se puede escuchar en {host}:{port}: el puerto está ocupado o no es nuestro") from error
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()


def _refusal(codigo: int) -> str:
    temporal = codigo < 500
    return f"{codigo} {'4.2.0 ahora no' if temporal else '5.1.1 no existe'}"


def _cut(server: SMTP) -> None:
    cast("asyncio.Transport", server.transport).abort()


def _describe(archivo: Path) -> dict[str, Any]:
    correo = message_from_bytes(archivo.read_bytes(), policy=default)
    return {
        "archivo": archivo.name,
        "de": str(correo["From"]),
        "para": str(correo["To"]),
        "asunto": str(correo["Subject"]),
        "message_id": str(correo["Message-ID"]),
        "adjuntos": [parte.get_filename() for parte in correo.iter_attachments()],
    }

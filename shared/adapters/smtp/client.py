"""One mail to one server, and what became of it. Every failure is read here; nothing of the library leaves.

RFC 5321, section 4.2.1: 4xx is "not now", 5xx is "never like this"; section 6.1: who gets no answer to the data does
not know whether the mail was taken.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from datetime import timedelta

import aiosmtplib
from aiosmtplib import SMTPException, SMTPNotSupported, SMTPResponseException

from shared.correo import (
    CausaCorreo,
    Entregado,
    Incierto,
    Mensaje,
    NoAhora,
    Rechazado,
    ResultadoCorreo,
    Seguridad,
    ServidorCorreo,
    clean,
)

_TEXTO_MAX = 300
_CLOSING = 421
_AUTH_REQUIRED = frozenset({530, 534, 535, 538})
"""RFC 4954, section 6, and 530 of RFC 3207: what is wrong is who we are, wherever in the conversation it is said."""


class Smtp:
    """Opens one connection for each mail: exchange copies are few, and a kept connection goes stale."""

    def __init__(self, timeout: timedelta, tls: ssl.SSLContext | None = None) -> None:
        """`timeout` bounds each step of the conversation; `tls` replaces the system's trusted certificates."""
        self._timeout = timeout.total_seconds()
        self._tls = tls

    async def send(self, servidor: ServidorCorreo, mensaje: Mensaje) -> ResultadoCorreo:
        """Hand in one mail. ValueError if an address in it is none; every failure of the server is an outcome."""
        contenido = mensaje.to_bytes()
        client = aiosmtplib.SMTP(
            hostname=servidor.host,
            port=servidor.puerto,
            timeout=self._timeout,
            local_hostname=socket.gethostname(),
            use_tls=servidor.seguridad is Seguridad.SSL,
            start_tls=servidor.seguridad is Seguridad.STARTTLS,
            tls_context=self._tls,
        )
        try:
            return await _refused_before(client, servidor, mensaje) or await _hand_in(client, contenido)
        finally:
            with contextlib.suppress(SMTPException, OSError):
                await client.quit()
            client.close()


async def _refused_before(
    client: aiosmtplib.SMTP, servidor: ServidorCorreo, mensaje: Mensaje
) -> ResultadoCorreo | None:
    """Everything before the mail itself; None if the server is ready for it."""
    causa = CausaCorreo.CONEXION
    try:
        await client.connect()
        if servidor.usuario is not None:
            causa = CausaCorreo.CREDENCIALES
            await client.login(servidor.usuario, servidor.clave or "")
        causa = CausaCorreo.REMITENTE
        await client.mail(mensaje.remitente)
        causa = CausaCorreo.DIRECCION
        await client.rcpt(mensaje.destino)
    except SMTPResponseException as error:
        return _read_response(error, causa)
    except (SMTPException, OSError, ValueError) as error:
        return _read_failure(error)
    return None


async def _hand_in(client: aiosmtplib.SMTP, contenido: bytes) -> ResultadoCorreo:
    try:
        respuesta = await client.data(contenido)
    except SMTPResponseException as error:
        return _read_response(error, CausaCorreo.RECHAZADO)
    except (SMTPException, OSError) as error:
        return Incierto(_short(str(error)))
    return Entregado(_short(respuesta.message))


def _read_response(error: SMTPResponseException, causa: CausaCorreo) -> ResultadoCorreo:
    """What the server said, at the step at which `causa` is what a definite no means."""
    codigo, texto = str(error.code), _short(error.message)
    if error.code in _AUTH_REQUIRED:
        return Rechazado(CausaCorreo.CREDENCIALES, codigo, texto)
    if causa is CausaCorreo.CONEXION or error.code == _CLOSING or not 400 <= error.code <= 599:
        return NoAhora(CausaCorreo.CONEXION, codigo, texto)
    if error.code < 500:
        temporary = CausaCorreo.CONEXION if causa is CausaCorreo.CREDENCIALES else CausaCorreo.POSPUESTO
        return NoAhora(temporary, codigo, texto)
    return Rechazado(causa, codigo, texto)


def _read_failure(error: Exception) -> ResultadoCorreo:
    """No answer at all before the mail: nothing has left. Only a lack of TLS, or of a way to log in, needs a person."""
    if isinstance(error, SMTPNotSupported):
        return Rechazado(CausaCorreo.CREDENCIALES, "", _short(str(error)))
    if _caused_by_tls(error) or "starttls" in str(error).lower():
        return Rechazado(CausaCorreo.TLS, "", _short(str(error)))
    return NoAhora(CausaCorreo.CONEXION, "", _short(str(error)))


def _caused_by_tls(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None


def _short(texto: str) -> str:
    return clean(texto, _TEXTO_MAX)

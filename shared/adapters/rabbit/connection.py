"""How Posta connects to RabbitMQ, and the one place where its exceptions become ours."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractRobustConnection, TimeoutType
from aio_pika.exceptions import AMQPException, AuthenticationError, ProbableAuthenticationError
from aiormq.exceptions import AMQPChannelError, AMQPError, ConnectionClosed, DeliveryError

from shared.errors import Misconfigured, Unavailable
from shared.settings import Settings, read_secret

# The default of 60 s leaves a frozen broker unnoticed for three minutes (measured); 10 s takes half a minute.
_HEARTBEAT_SECONDS = 10


@contextmanager
def translated() -> Iterator[None]:
    """Turn the library's exceptions into Misconfigured (credentials, vhost) or Unavailable (all the rest)."""
    try:
        yield
    except (AuthenticationError, ProbableAuthenticationError) as error:
        raise Misconfigured(
            "POSTA_RABBIT_USER / POSTA_RABBIT_PASSWORD_FILE: el broker no acepta a este usuario con su contraseña"
        ) from error
    except (AMQPException, AMQPError, OSError, TimeoutError, RuntimeError) as error:
        raise Unavailable("RabbitMQ", _explain(error)) from error
    except Exception as error:
        if type(error) is not Exception:
            raise
        # aiormq ends with the bare class what waits on a connection that is closed without a reason.
        raise Unavailable("RabbitMQ", "la conexión se cerró") from error
    except asyncio.CancelledError as error:
        # A frozen broker makes the library cancel its own waits: that is not somebody cancelling us.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise Unavailable("RabbitMQ", "no hubo respuesta") from error


def _explain(error: Exception) -> str:
    """The library's reason in a few words, and the name that it has there; its own text is the exception's cause."""
    match error:
        case TimeoutError():
            reason = "no respondió a tiempo"
        case ConnectionClosed():
            reason = "cerró la conexión"
        case OSError(__cause__=ssl.SSLCertVerificationError() as refused):
            reason = f"su certificado no vale aquí: {refused.verify_message}"
        case OSError():
            reason = "no se llegó a él, o se cortó la conexión"
        case DeliveryError():
            reason = "no recibió lo publicado"
        case AMQPChannelError():
            reason = "no aceptó la operación"
        case _:
            reason = "el canal ya no servía"
    return f"{reason} ({type(error).__name__})"


async def connect(settings: Settings, name: str) -> AbstractConnection:
    """A connection that is gone when it breaks; `name` is what the broker's own tools show."""
    arguments = _arguments(settings, name) | {"connection_class": _Connection}
    return cast("AbstractConnection", await aio_pika.connect(**arguments))


async def connect_robust(settings: Settings, name: str, *, reconnect_interval: float) -> AbstractRobustConnection:
    """A connection that comes back by itself, trying every so many seconds."""
    ours = {"connection_class": _RobustConnection, "reconnect_interval": reconnect_interval}
    return cast("AbstractRobustConnection", await aio_pika.connect_robust(**_arguments(settings, name) | ours))


class _Connection(aio_pika.Connection):
    """Closed when it is refused: the library leaves that to the garbage collector, which may come without a loop."""

    async def connect(self, timeout: TimeoutType = None) -> None:  # noqa: ASYNC109  it is the library's
        try:
            await super().connect(timeout)
        except BaseException:
            await self.close()
            raise


class _RobustConnection(_Connection, aio_pika.RobustConnection):
    pass


def _arguments(settings: Settings, name: str) -> dict[str, Any]:
    """Arguments of the library's `connect…` for this installation."""
    password = "guest"  # noqa: S105  the broker's own default, which it takes from loopback only
    if settings.rabbit_password_file is not None:
        password = read_secret(settings.rabbit_password_file, "rabbit_password_file")
    tls = {"ssl": True, "ssl_context": _tls_context(settings.rabbit_ca_file)} if settings.rabbit_tls else {}
    return {
        **tls,
        "host": settings.rabbit_host,
        "port": settings.rabbit_port,
        "login": settings.rabbit_user,
        "password": password,
        "virtualhost": settings.rabbit_vhost,
        "timeout": settings.rabbit_timeout.total_seconds(),
        "client_properties": {"connection_name": name},
        "heartbeat": _HEARTBEAT_SECONDS,
    }


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"POSTA_RABBIT_CA_FILE: {ca_file} no tiene certificados PEM ({error})") from error

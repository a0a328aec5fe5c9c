"""An alert posted to an address of the company's own, signed so that the other side can tell who sent it.

The headers and the signature are those of the Standard Webhooks specification (1.0): HMAC-SHA256 over
`id.timestamp.body`, so that a receiver can check it with any library of that name.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.adapters.transport import Answer, Cut, Transport
from shared.errors import Misconfigured
from shared.settings import Settings, read_secret

_TEXTO_MAX = 200
_SECRETO_MIN = 32
_COME_AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Tomado:
    """The other side has it."""


@dataclass(frozen=True, slots=True)
class Despues:
    """Not now, or nobody knows: the same again later, which its id makes harmless."""

    texto: str


@dataclass(frozen=True, slots=True)
class Negado:
    """It will never be taken like this."""

    texto: str


ResultadoWebhook = Tomado | Despues | Negado


class Webhook:
    def __init__(self, url: str, secreto: str, timeout: timedelta) -> None:
        self._url = url
        self._secreto = secreto.encode()
        self._transport = Transport(timeout)

    async def post(self, id_: str, momento: datetime, body: bytes) -> ResultadoWebhook:
        """Hand in one body. `id_` stays the same when it is sent again: by it a repetition is told."""
        headers = {"Content-Type": "application/json", **sign(self._secreto, id_, momento, body)}
        match await self._transport.post(self._url, headers, body):
            case Answer(status=status) if 200 <= status < 300:
                return Tomado()
            case Answer(status=status) if status >= 500 or status in _COME_AGAIN:
                return Despues(f"HTTP {status}")
            case Answer(status=status):
                return Negado(f"HTTP {status}")
            case Cut(detail=detail):
                return Despues(detail[:_TEXTO_MAX])

    async def close(self) -> None:
        await self._transport.close()


def open_webhook(settings: Settings) -> Webhook | None:
    """The webhook that the settings name, if they do. Misconfigured if its secret could be guessed."""
    if settings.alertas_webhook_url is None:
        return None
    secreto = read_secret(settings.alertas_webhook_secret_file, "alertas_webhook_secret_file")
    if len(secreto) < _SECRETO_MIN:
        raise Misconfigured(f"POSTA_ALERTAS_WEBHOOK_SECRET_FILE: debe tener {_SECRETO_MIN} caracteres o más")
    return Webhook(settings.alertas_webhook_url, secreto, settings.alertas_timeout)


def sign(secreto: bytes, id_: str, momento: datetime, body: bytes) -> dict[str, str]:
    """The three headers by which the receiver knows the sender, the moment and the body."""
    segundos = str(int(momento.timestamp()))
    firma = hmac.new(secreto, f"{id_}.{segundos}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": id_,
        "webhook-timestamp": segundos,
        "webhook-signature": f"v1,{base64.b64encode(firma).decode()}",
    }

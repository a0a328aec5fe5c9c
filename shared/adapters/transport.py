"""One request to the SII, or to a DTEBox, and what came of it: an answer, or a cut that knows whether anything left.

The exceptions of the HTTP library end here. Nobody is spoken to through connections kept open: one that the other side
closed meanwhile looks, for an upload, exactly like one that was cut after the file arrived.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from shared.dte.lectura import MAX_RESPUESTA

USER_AGENT = "Mozilla/4.0 (compatible; PROG 1.0; Posta)"
"""The boleta gateway answers 401 to any client whose agent does not have this form (PROG: a program)."""

_CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; `body` is cut to MAX_RESPUESTA bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """No complete answer came. `sent` is False only if surely no byte of the request had left."""

    sent: bool
    detail: str


@dataclass(slots=True)
class _Progress:
    """Notes, for one request, its connection and when its first byte goes out."""

    sent: bool = False
    connection: httpcore.AsyncNetworkStream | None = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self.connection = info["return_value"]
        if ".send_request_headers" in event:
            self.sent = True

    async def hang_up(self) -> None:
        """Close the connection: the library forgets one whose TLS handshake it has timed out."""
        if self.connection is not None:
            await self.connection.aclose()


class Transport:
    """HTTPS with bounds on time and size; follows no redirect, because that leads to a login page."""

    def __init__(self, timeout: timedelta) -> None:
        """`timeout` bounds a whole exchange, however slowly its bytes drip."""
        self._seconds = timeout.total_seconds()
        self._client = httpx.AsyncClient(
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Accept-Language": "es-cl"},
            timeout=httpx.Timeout(self._seconds, connect=min(_CONNECT_SECONDS, self._seconds)),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # the token is the only cookie ever sent
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
        )

    async def get(self, url: str, headers: Mapping[str, str], params: Mapping[str, str] | None = None) -> Answer | Cut:
        return await self._send("GET", url, headers=dict(headers), params=params)

    async def post(self, url: str, headers: Mapping[str, str], content: bytes) -> Answer | Cut:
        return await self._send("POST", url, headers=dict(headers), content=content)

    async def upload(
        self, url: str, headers: Mapping[str, str], campos: Mapping[str, str], archivo: str, contenido: bytes
    ) -> Answer | Cut:
        """A form whose fields go first, in order, and then the file; with Content-Length, never in chunks."""
        files = {"archivo": (archivo, contenido, "text/xml")}
        return await self._send("POST", url, headers=dict(headers), data=dict(campos), files=files)

    async def close(self) -> None:
        await self._client.aclose()

    async def _send(self, method: str, url: str, **arguments: Any) -> Answer | Cut:
        progress = _Progress()
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream(method, url, extensions={"trace": progress.trace}, **arguments) as response,
            ):
                body = await _read_bounded(response)
                return Answer(response.status_code, dict(response.headers), body)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError) as error:
            await progress.hang_up()
            return Cut(progress.sent, f"{type(error).__name__} {error}".strip())


async def _read_bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) >= MAX_RESPUESTA:
            break
    return bytes(body[:MAX_RESPUESTA])

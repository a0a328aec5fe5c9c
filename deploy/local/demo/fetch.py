"""Plain GETs to the services of this machine."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any

from shared.errors import Unavailable

_PATIENCE = 10
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # nothing leaves this machine


async def fetch(url: str, llave: str | None = None) -> bytes:
    """The body of a 200; `llave`: a terminal key, or a token of the monitor. Unavailable if there is no such answer."""
    return await asyncio.to_thread(_fetch, url, llave)


async def fetch_json(url: str, llave: str | None = None) -> Any:
    return json.loads(await fetch(url, llave))


def _fetch(url: str, llave: str | None) -> bytes:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {llave}"} if llave else {})  # noqa: S310
    try:
        with _OPENER.open(request, timeout=_PATIENCE) as response:
            body: bytes = response.read()
    except (urllib.error.URLError, OSError) as error:
        raise Unavailable(url, str(error)) from error
    return body

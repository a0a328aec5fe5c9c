"""Tills that cost next to nothing: HTTP by hand, so that what is measured is the emitter and not its client."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Self

from tests.dte_data import venta_boleta
from tests.emitter_world import World

_VENTA = json.dumps(venta_boleta()).encode()


class Till:
    """One keep-alive connection; one sale at a time."""

    def __init__(self, world: World, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._head = (
            f"POST /v1/dte HTTP/1.1\r\nHost: posta\r\nAuthorization: Bearer {world.llave}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(_VENTA)}\r\nIdempotency-Key: "
        ).encode()
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, world: World) -> Self:
        return cls(world, *await asyncio.open_connection(world.settings.emitter_host, world.settings.emitter_port))

    async def sell(self, clave: str) -> float:
        """Milliseconds until the document was there. RuntimeError for any answer but 201."""
        began = time.perf_counter()
        self._writer.write(self._head + clave.encode() + b"\r\n\r\n" + _VENTA)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 201"):
            raise RuntimeError(f"{head.decode()}{body.decode()}")
        return (time.perf_counter() - began) * 1000

    def close(self) -> None:
        self._writer.close()

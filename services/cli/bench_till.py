"""Tills that cost next to nothing: HTTP by hand, so that what is measured is the emitter and not its client."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Self

_HASTA_CABECERAS = b"\r\n\r\n"


class Till:
    """One keep-alive connection of one till; one request at a time. Use it as an async context manager."""

    def __init__(self, host: str, port: int, llave: str) -> None:
        self._address = (host, port)
        self._head = f"HTTP/1.1\r\nHost: posta\r\nAuthorization: Bearer {llave}\r\n"
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(*self._address, limit=1 << 20)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._writer.close()

    async def sell(self, venta: bytes, clave: str) -> float:
        """Milliseconds until the document of this sale was there. RuntimeError for any answer but 201."""
        head = f"Content-Type: application/json\r\nContent-Length: {len(venta)}\r\nIdempotency-Key: {clave}\r\n\r\n"
        began = time.perf_counter()
        await self._ask(f"POST /v1/dte {self._head}{head}".encode() + venta, b"201")
        return (time.perf_counter() - began) * 1000

    async def ping(self) -> float:
        """Milliseconds of one round trip to the emitter that does nothing there."""
        began = time.perf_counter()
        await self._get("/health/live")
        return (time.perf_counter() - began) * 1000

    async def read_metric(self, nombre: str) -> float:
        """One of the emitter's figures about itself, as it stands now."""
        metrics = (await self._get("/metrics")).decode()
        return float(metrics.split(f"\n{nombre} ")[1].split("\n")[0])

    async def sell_lote(self, lineas: Iterable[bytes]) -> int:
        """Send lines of NDJSON and read the results while they come; how many. RuntimeError unless all are 201."""
        head = "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        self._writer.write(f"POST /v1/dte/lote {self._head}{head}".encode())
        sending = asyncio.create_task(self._send(lineas))
        status = await self._reader.readuntil(_HASTA_CABECERAS)
        if b" 200 " not in status.partition(b"\r\n")[0]:
            raise RuntimeError(status.decode())
        hechos = 0
        async for linea in self._lines():
            if json.loads(linea)["status"] != 201:
                raise RuntimeError(linea.decode())
            hechos += 1
        await sending
        return hechos

    async def _get(self, path: str) -> bytes:
        return await self._ask(f"GET {path} {self._head}\r\n".encode(), b"200")

    async def _ask(self, peticion: bytes, esperado: bytes) -> bytes:
        self._writer.write(peticion)
        head = await self._reader.readuntil(_HASTA_CABECERAS)
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = await self._reader.readexactly(length)
        if head.split(b" ", 2)[1] != esperado:
            raise RuntimeError(f"{head.decode()}{body.decode()}")
        return body

    async def _send(self, lineas: Iterable[bytes]) -> None:
        for linea in lineas:
            self._writer.write(b"%x\r\n%b\r\n" % (len(linea), linea))
            await self._writer.drain()
        self._writer.write(b"0\r\n\r\n")

    async def _lines(self) -> AsyncIterator[bytes]:
        """The lines in a chunked body."""
        pending = b""
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            *lines, pending = (pending + (await self._reader.readexactly(size + 2))[:-2]).split(b"\n")
            for line in lines:
                yield line
        await self._reader.readuntil(b"\r\n")

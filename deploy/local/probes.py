"""Questions that tell whether a server is there yet, asked without any client library."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_AMQP_HEADER = b"AMQP\x00\x00\x09\x01"
_FRAME_METHOD = b"\x01"
_PATIENCE = 5.0


async def accepts(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    try:
        async with _connection(host, port):
            return True
    except OSError:
        return False


async def speaks_amqp(host: str, port: int) -> bool:
    """Whether an AMQP 0-9-1 broker there greets a client (Connection.Start)."""
    return await _answer(host, port, _AMQP_HEADER, 1) == _FRAME_METHOD


async def http_ok(host: str, port: int, path: str) -> bool:
    """Whether a GET is answered with a status of 2xx."""
    request = f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n"
    status_line = await _answer(host, port, request.encode("ascii"), len("HTTP/1.1 2"))
    return status_line.startswith(b"HTTP/") and status_line.endswith(b" 2")


async def _answer(host: str, port: int, question: bytes, length: int) -> bytes:
    """The first bytes that come back, or none."""
    try:
        async with asyncio.timeout(_PATIENCE), _connection(host, port) as (reader, writer):
            writer.write(question)
            return await reader.readexactly(length)
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return b""


@asynccontextmanager
async def _connection(host: str, port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


if __name__ == "__main__":  # the health check of a container: PORT PATH
    sys.exit(0 if asyncio.run(http_ok("127.0.0.1", int(sys.argv[1]), sys.argv[2])) else 1)

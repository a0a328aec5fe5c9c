"""A wire that can be cut: a TCP proxy in front of one server."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Wire:
    """Forwards from a port of its own for as long as it is whole."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._target = (host, port)
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def join(self) -> None:
        """Take connections, on the same port as before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Drop every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
        while self._ends:
            for end in list(self._ends):
                end.transport.abort()
            await asyncio.sleep(0)  # each forwarder sees it and takes its ends out

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None or not self._server.is_serving():  # it came in the moment of the cut
            writer.transport.abort()
            return
        self._ends.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            self._ends.add(far_writer)
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
            self._ends.discard(far_writer)
        finally:
            self._ends.discard(writer)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def wire_to(host: str, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Wire]:
    """A whole wire; cut at the end. With `tls` the near end of it is encrypted."""
    wire = Wire(host, port, tls)
    await wire.join()
    try:
        yield wire
    finally:
        await wire.cut()

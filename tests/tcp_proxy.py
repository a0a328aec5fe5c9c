"""A network that can be cut at a chosen moment (after a request has gone through, before its answer comes back), that
can be slow, and that can swallow everything without a word.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from deploy.local.ports import LOOPBACK


class Proxy:
    """Passes bytes on to `port` of this machine until it is told to cut."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._pattern: bytes | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.latency = 0.0
        """Seconds that every piece of data takes, each way."""
        self.was_cut = asyncio.Event()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def cut_after(self, pattern: bytes) -> None:
        """Let the next request with `pattern` in it through, and nothing any more after that, in either direction."""
        self._pattern = pattern

    def heal(self) -> None:
        self._pattern = None
        self.was_cut.clear()

    def swallow(self) -> None:
        """Let nothing through, and let nobody notice: connections stay, and new ones are taken."""
        self._flowing.clear()

    def flow(self) -> None:
        """Let everything through that was held back."""
        self._flowing.set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.flow()
        self._hang_up()
        await self._server.wait_closed()

    def _hang_up(self) -> None:
        for writer in self._writers:
            writer.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.was_cut.is_set():
            writer.close()
            return
        there_reader, there_writer = await asyncio.open_connection(LOOPBACK, self._target)
        both = {writer, there_writer}
        self._writers |= both
        try:
            with suppress(OSError):
                await asyncio.gather(self._pump(reader, there_writer, watched=True), self._pump(there_reader, writer))
        finally:
            self._writers -= both
            for end in both:
                end.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, watched: bool = False) -> None:
        while chunk := await source.read(65536):
            if self.latency:
                await asyncio.sleep(self.latency)
            await self._flowing.wait()
            if self.was_cut.is_set():
                break
            sink.write(chunk)
            await sink.drain()
            if watched and self._pattern is not None and self._pattern in chunk:
                self.was_cut.set()
        sink.close()


@asynccontextmanager
async def proxy_to(port: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.close()

"""How deep the queues are and who consumes them, asked of the broker itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity

from shared.adapters.rabbit.connection import connect, translated
from shared.errors import Unavailable
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Profundidad:
    """Messages ready in one queue (not those in flight), and its consumers."""

    mensajes: int
    consumidores: int


class Depths:
    """One small connection of its own, opened when it is needed and again after a failure."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = f"{name} mide"
        self._timeout = settings.rabbit_timeout.total_seconds()
        self._asking = asyncio.Lock()  # two who ask at once would open two connections, and one would be forgotten
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._connecting: asyncio.Future[AbstractConnection] | None = None

    async def measure(self, queues: Iterable[str]) -> dict[str, Profundidad]:
        """Depth of each queue that exists. Unavailable when the broker does not answer within the bound."""
        async with self._asking:
            try:
                with translated():
                    async with asyncio.timeout(self._timeout):
                        measured = {name: await self._measure(name) for name in queues}
            except BaseException:
                await self.close()  # whatever it was, the next question starts on a new connection
                raise
        return {name: depth for name, depth in measured.items() if depth is not None}

    async def close(self) -> None:
        """Disconnect, without waiting long for a broker that does not answer."""
        await self._finish_connecting()
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None and not connection.is_closed:
            with contextlib.suppress(Unavailable), translated():
                async with asyncio.timeout(self._timeout):
                    await connection.close()

    async def _measure(self, name: str) -> Profundidad | None:
        channel = await self._open()
        try:
            queue = await channel.declare_queue(name, passive=True)
        except ChannelNotFoundEntity:
            return None  # with this answer the broker closes the channel: the next question opens another
        result = queue.declaration_result
        return Profundidad(result.message_count or 0, result.consumer_count or 0)

    async def _connect(self) -> AbstractConnection:
        self._connecting = asyncio.ensure_future(connect(self._settings, self._name))
        connection = await asyncio.shield(self._connecting)
        self._connecting = None
        return connection

    async def _finish_connecting(self) -> None:
        """Let a connection that is being made be made, to close it: cut short, the library leaves its socket open."""
        connecting, self._connecting = self._connecting, None
        if connecting is not None:
            with contextlib.suppress(Unavailable), translated():
                self._connection = await connecting

    async def _open(self) -> AbstractChannel:
        if self._connection is None or self._connection.is_closed:
            self._connection, self._channel = await self._connect(), None
        if self._channel is None or self._channel.is_closed:
            self._channel = await self._connection.channel()
        return self._channel

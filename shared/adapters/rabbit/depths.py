"""How deep the queues are and who consumes them, asked of the broker itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractConnection

from shared.adapters.rabbit.connection import connection_arguments, translated
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
        self._connection: AbstractConnection | None = None

    async def measure(self, queues: Iterable[str]) -> dict[str, Profundidad]:
        """Depth of each queue that exists. Unavailable when the broker does not answer within the bound."""
        with translated():
            async with asyncio.timeout(self._settings.rabbit_timeout.total_seconds()):
                connection = await self._open()
                async with connection.channel() as channel:
                    found = {}
                    for name in queues:
                        result = (await channel.declare_queue(name, passive=True)).declaration_result
                        found[name] = Profundidad(result.message_count or 0, result.consumer_count or 0)
                    return found

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed:
            with translated():
                await connection.close()

    async def _open(self) -> AbstractConnection:
        if self._connection is None or self._connection.is_closed:
            self._connection = await aio_pika.connect(**connection_arguments(self._settings, self._name))
        return self._connection

"""Consuming: deliveries up to a prefetch limit, acknowledged one by one, by whoever has recorded their outcome."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue, AbstractRobustConnection

from shared.adapters.rabbit.connection import connection_arguments, translated
from shared.adapters.rabbit.topology import declare_topology
from shared.errors import Unavailable
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Entrega:
    """One delivery. The broker keeps it until `ack`, and gives it to somebody else if this process dies before."""

    queue: str
    body: bytes
    headers: dict[str, Any]
    redelivered: bool
    message: AbstractIncomingMessage

    @property
    def reply_to(self) -> str | None:
        """The queue where whoever sent this waits for an answer."""
        return self.message.reply_to

    @property
    def correlation_id(self) -> str | None:
        """What the sender wants to find in the answer."""
        return self.message.correlation_id

    async def ack(self) -> None:
        """Say that this delivery's outcome is on record. When that cannot be said it comes again, which is harmless."""
        with contextlib.suppress(Unavailable), translated():
            await self.message.ack()

    async def requeue(self) -> None:
        """Give the delivery back: interrupted, not failed."""
        with contextlib.suppress(Unavailable), translated():
            await self.message.nack(requeue=True)

    async def reject(self) -> None:
        """Hand a delivery that nobody can read to the queue's dead-letter target, as it is."""
        with contextlib.suppress(Unavailable), translated():
            await self.message.reject(requeue=False)


Handler = Callable[[Entrega], Awaitable[None]]


class Consumer:
    """One connection that only consumes, and comes back by itself after a failure of the broker or of the network."""

    def __init__(self, settings: Settings, name: str, prefetch: int) -> None:
        self._settings = settings
        self._name = f"{name} consume"
        self._prefetch = prefetch
        self._connection: AbstractRobustConnection | None = None
        self._queues: dict[str, AbstractQueue] = {}
        self._tags: dict[str, str] = {}

    async def start(self, queues: Collection[str], handle: Handler) -> None:
        """Connect, declare the topology and consume each queue up to the prefetch limit. Unavailable if that fails."""
        self._handle = handle
        connecting = asyncio.ensure_future(aio_pika.connect_robust(**connection_arguments(self._settings, self._name)))
        try:
            with translated():
                self._connection = connection = await asyncio.shield(connecting)
                channel = await connection.channel(publisher_confirms=False)
                self._queues = await declare_topology(channel, self._settings.ambiente)
                await channel.set_qos(prefetch_count=self._prefetch)
            for name in queues:
                await self.resume(name)
        except BaseException:  # else the half-open connection would go on reconnecting beside the next one
            await self._abandon(connecting)
            raise

    async def _abandon(self, connecting: asyncio.Future[AbstractRobustConnection]) -> None:
        """Close what was begun. Cancelled in the middle, the library would go on connecting for ever."""
        with contextlib.suppress(Unavailable), translated():
            self._connection = await connecting
        await self.close()

    async def pause(self, queue: str) -> None:
        """Take no more of this queue; deliveries already here can still be acknowledged. Harmless when paused."""
        tag = self._tags.pop(queue, None)
        if tag is not None:
            with translated():
                await self._queues[queue].cancel(tag)

    async def resume(self, queue: str) -> None:
        """Take from this queue again. Harmless when it is not paused."""
        if queue not in self._tags:
            with translated():
                self._tags[queue] = await self._queues[queue].consume(self._receiver(queue))

    async def fetch_one(self, queue: str) -> Entrega | None:
        """One message of a queue that is paused, if it has any."""
        with translated():
            message = await self._queues[queue].get(fail=False)
        if message is None:
            return None
        return Entrega(queue, message.body, dict(message.headers), bool(message.redelivered), message)

    async def close(self) -> None:
        """Stop consuming and disconnect. Acknowledge first what is done: the rest goes back to the queues."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Unavailable):
                for queue in list(self._tags):
                    await self.pause(queue)
            with contextlib.suppress(Unavailable), translated():
                await connection.close()

    def _receiver(self, queue: str) -> Callable[[AbstractIncomingMessage], Awaitable[None]]:
        async def receive(message: AbstractIncomingMessage) -> None:
            headers = dict(message.headers)
            await self._handle(Entrega(queue, message.body, headers, bool(message.redelivered), message))

        return receive

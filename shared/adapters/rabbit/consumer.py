"""Consuming: deliveries up to a prefetch limit, acknowledged one by one, by whoever has recorded their outcome."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from aio_pika.abc import AbstractIncomingMessage, AbstractQueue, AbstractRobustConnection

from shared.adapters.rabbit.connection import connect_robust, translated
from shared.adapters.rabbit.topology import declare_topology
from shared.errors import Unavailable
from shared.settings import Settings

_RECONNECT = (2, 6)
"""Seconds between attempts to connect again."""


@dataclass(frozen=True, slots=True)
class Entrega:
    """One delivery. The broker keeps it until `ack`, and gives it to somebody else if this process dies before."""

    queue: str
    body: bytes
    headers: dict[str, Any]
    redelivered: bool
    message: AbstractIncomingMessage
    settled: Callable[[], None]
    """Called when it is in nobody's hands any more."""

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
        await self._settle(self.message.ack())

    async def requeue(self) -> None:
        """Give the delivery back: interrupted, not failed."""
        await self._settle(self.message.nack(requeue=True))

    async def reject(self) -> None:
        """Hand a delivery that nobody can read to the queue's dead-letter target, as it is."""
        await self._settle(self.message.reject(requeue=False))

    async def _settle(self, word: Awaitable[None]) -> None:
        self.settled()
        with contextlib.suppress(Unavailable), translated():
            await word


Handler = Callable[[Entrega], Awaitable[None]]


class Consumer:
    """One connection that only consumes, and comes back by itself after a failure of the broker or of the network.

    Where it does not, a `Watchdog` sees it and opens it again.
    """

    def __init__(self, settings: Settings, name: str, prefetch: int) -> None:
        self._settings = settings
        self._name = f"{name} consume"
        self.prefetch = prefetch
        self._timeout = settings.rabbit_timeout.total_seconds()
        self._connection: AbstractRobustConnection | None = None
        self._queues: dict[str, AbstractQueue] = {}
        self._tags: dict[str, str] = {}
        self._in_hand: Counter[str] = Counter()
        self._changing = asyncio.Lock()
        self.wanted: set[str] = set()
        """The queues that are to be consumed, whether or not they are."""
        self.arrived: Counter[str] = Counter()
        """Deliveries from each queue so far."""
        self.broken = False
        """True when only opening it again helps: nobody knows what the broker has made of a request."""

    async def start(self, queues: Collection[str], handle: Handler) -> None:
        """Connect, declare the topology and consume each queue up to the prefetch limit. Unavailable if that fails."""
        self._handle = handle
        connecting = asyncio.ensure_future(
            connect_robust(
                self._settings,
                self._name,
                # Drawn for each process, so that a broker that is back is not stormed by all at one time.
                reconnect_interval=random.uniform(*_RECONNECT),  # noqa: S311
            )
        )
        try:
            with translated():
                self._connection = connection = await asyncio.shield(connecting)
                channel = await connection.channel(publisher_confirms=False)
                self._queues = await declare_topology(channel, self._settings.ambiente)
                await channel.set_qos(prefetch_count=self.prefetch)
            for name in queues:
                self.wanted.add(name)
                await self._consume(name)
        except BaseException:  # else the half-open connection would go on reconnecting beside the next one
            await self._abandon(connecting)
            raise

    async def reopen(self) -> None:
        """Drop the connection and start again with what was consumed. What was in hand comes again from the broker.

        Unavailable if that fails: then it stays `broken`.
        """
        async with self._changing:
            self.broken, self._tags, self._in_hand = True, {}, Counter()
            await self._disconnect()
            with translated():
                async with asyncio.timeout(2 * self._timeout):
                    await self.start(tuple(self.wanted), self._handle)
            self.broken = False

    async def _abandon(self, connecting: asyncio.Future[AbstractRobustConnection]) -> None:
        """Close what was begun. Cancelled in the middle, the library would go on connecting for ever."""
        with contextlib.suppress(Unavailable), translated():
            self._connection = await connecting
        await self._disconnect()

    async def pause(self, queue: str) -> None:
        """Take no more of this queue; deliveries already here can still be acknowledged. Harmless when paused."""
        self.wanted.discard(queue)
        async with self._changing:
            tag = self._tags.pop(queue, None)
            if tag is not None:
                async with self._asking():
                    await self._queues[queue].cancel(tag)

    async def resume(self, queue: str) -> None:
        """Take from this queue again. Harmless when it is not paused."""
        self.wanted.add(queue)
        async with self._changing:
            if queue not in self._tags:
                await self._consume(queue)

    async def _consume(self, queue: str) -> None:
        async with self._asking():
            self._tags[queue] = await self._queues[queue].consume(self._receiver(queue))

    async def fetch_one(self, queue: str) -> Entrega | None:
        """One message of a queue that is paused, if it has any."""
        async with self._asking():
            message = await self._queues[queue].get(fail=False)
        return None if message is None else self._to_entrega(queue, message)

    @property
    def in_hand(self) -> dict[str, int]:
        """By queue: deliveries that the broker keeps until they are acknowledged. Queues that are consumed are keys."""
        return {queue: max(0, self._in_hand[queue]) for queue in self.wanted | set(self._in_hand)}

    def suspect(self) -> None:
        """Somebody has seen work vanish on its way to here."""
        self.broken = True

    def has_room(self, queue: str) -> bool:
        """True if the broker would deliver more of this queue if it had more."""
        return self._in_hand[queue] < self.prefetch

    def is_busy(self, queue: str) -> bool:
        """True if at least half of what the broker would deliver of this queue is in our hands."""
        return 2 * self._in_hand[queue] >= self.prefetch

    async def close(self) -> None:
        """Stop consuming and disconnect. Acknowledge first what is done: the rest goes back to the queues."""
        with contextlib.suppress(Unavailable):
            for queue in list(self._tags):
                await self.pause(queue)
        await self._disconnect()

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Unavailable), translated():
                async with asyncio.timeout(self._timeout):
                    await connection.close()

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        """A request to the broker, within a bound. When it fails, nobody knows whether the broker has heard it."""
        try:
            with translated():
                async with asyncio.timeout(self._timeout):
                    yield
        except Unavailable:
            self.broken = True
            raise

    def _receiver(self, queue: str) -> Callable[[AbstractIncomingMessage], Awaitable[None]]:
        async def receive(message: AbstractIncomingMessage) -> None:
            self.arrived[queue] += 1
            await self._handle(self._to_entrega(queue, message))

        return receive

    def _to_entrega(self, queue: str, message: AbstractIncomingMessage) -> Entrega:
        in_hand = self._in_hand
        in_hand[queue] += 1
        return Entrega(
            queue=queue,
            body=message.body,
            headers=dict(message.headers),
            redelivered=bool(message.redelivered),
            message=message,
            settled=partial(in_hand.subtract, {queue: 1}),
        )

"""From the queue of exchange copies to the workers that bring them: companies take turns, none takes all."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, OrderedDict, deque
from typing import TYPE_CHECKING

from services.sender.dispatch import GRACE
from services.sender.intercambio.app import Copias
from shared.errors import Unavailable
from shared.log import get_logger

if TYPE_CHECKING:
    from shared.adapters.rabbit import Consumer, Entrega

log = get_logger("posta.intercambio")

WORKERS = 4
PER_EMISOR = 2
"""Mails of one company at one time: a mail server that dawdles must not hold up the others."""


class Cola:
    """What has been delivered and waits for a worker."""

    def __init__(self, queue: str, consumer: Consumer, copias: Copias) -> None:
        self._queue = queue
        self._consumer = consumer
        self._copias = copias
        self._waiting: OrderedDict[str, deque[tuple[str, Entrega]]] = OrderedDict()
        self._under_way: Counter[str] = Counter()
        self._wake = asyncio.Condition()

    async def start(self) -> None:
        """Consume. Unavailable if the broker is away."""
        await self._consumer.start([self._queue], self.receive)

    async def receive(self, entrega: Entrega) -> None:
        """A delivery arrives. One that names no document goes to the dead letters as it is."""
        id_ = entrega.headers.get("id")
        if not isinstance(id_, str) or id_.count("-") < 3:
            log.warning("mensaje_ilegible", cola=entrega.queue)
            await entrega.reject()
            return
        async with self._wake:
            self._waiting.setdefault(id_.rsplit("-", 2)[0], deque()).append((id_, entrega))
            self._wake.notify()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; then give back what waits and let what is under way end within GRACE."""
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._work()) for _ in range(WORKERS)]
            await stop.wait()
            with contextlib.suppress(Unavailable):
                await self._consumer.pause(self._queue)
            await self._give_back()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GRACE.total_seconds()), self._wake:
                    await self._wake.wait_for(lambda: not self._under_way.total())
            for worker in workers:
                worker.cancel()

    async def _give_back(self) -> None:
        async with self._wake:
            waiting = [entrega for deliveries in self._waiting.values() for _, entrega in deliveries]
            self._waiting.clear()
        for entrega in waiting:
            await entrega.requeue()

    async def _work(self) -> None:
        while True:
            async with self._wake:
                while (taken := self._take()) is None:
                    await self._wake.wait()
            emisor, id_, entrega = taken
            try:
                await self._copias.deliver(id_, entrega)
            finally:
                await self._finish(emisor)

    def _take(self) -> tuple[str, str, Entrega] | None:
        """The next delivery of the company whose turn it is; it goes to the end of the line."""
        for emisor, deliveries in self._waiting.items():
            if self._under_way[emisor] < PER_EMISOR:
                id_, entrega = deliveries.popleft()
                self._waiting.move_to_end(emisor)
                if not deliveries:
                    del self._waiting[emisor]
                self._under_way[emisor] += 1
                return emisor, id_, entrega
        return None

    async def _finish(self, emisor: str) -> None:
        async with self._wake:
            self._under_way[emisor] -= 1
            self._wake.notify_all()

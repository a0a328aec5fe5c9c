"""Notices a consumer that is dead although its connection lives, and opens it again.

The broker may cancel a consumer, the queue may have been deleted, a channel may have been lost half-way through a
recovery of the library. Whatever it was, it looks alike: work waits in a queue and none of it comes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.adapters.rabbit.consumer import Consumer
from shared.adapters.rabbit.depths import Depths, Profundidad
from shared.clock import Clock
from shared.log import get_logger
from shared.metrics import CONSUMO_REABIERTO

log = get_logger("posta.rabbit")


class Watchdog:
    """Looks at one consumer from the broker's side."""

    def __init__(self, consumer: Consumer, depths: Depths, *, patience: timedelta, clock: Clock) -> None:
        """`patience`: how long a queue has to look dead; shorter, and each recovery of the library would be doubled."""
        self._consumer = consumer
        self._depths = depths
        self._patience = patience
        self._clock = clock
        self._since: dict[str, datetime] = {}
        self._arrived: dict[str, int] = {}

    async def step(self) -> bool:
        """One look; gives False, for there is no more to do until the next. Unavailable while the broker is away."""
        queues = tuple(self._consumer.wanted)
        depths = await self._depths.measure(queues)
        suspects = {queue for queue in queues if self._looks_dead(queue, depths.get(queue))}
        ahora = self._clock()
        self._since = {queue: self._since.get(queue, ahora) for queue in suspects}
        dead = sorted(queue for queue, since in self._since.items() if ahora - since >= self._patience)
        if dead or self._consumer.broken:
            log.warning("consumo_reabierto", colas=dead)
            CONSUMO_REABIERTO.inc()
            self._since = {}
            await self._consumer.reopen()
        return False

    def _looks_dead(self, queue: str, depth: Profundidad | None) -> bool:
        arrived = self._consumer.arrived[queue]
        silent = self._arrived.get(queue) == arrived
        self._arrived[queue] = arrived
        if depth is None or depth.consumidores == 0:
            return True
        return depth.mensajes > 0 and silent and self._consumer.has_room(queue)

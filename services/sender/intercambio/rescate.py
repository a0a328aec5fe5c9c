"""Brings back copies that nothing else would: replayed ones, those a server asked to try later, and lost work."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shared.clock import Clock
from shared.correo import CausaCorreo
from shared.log import get_logger
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.adapters.mongo import Store
    from shared.adapters.rabbit import DeadLetters, Depths, Publisher

log = get_logger("posta.intercambio")

BATCH = 50
POSTPONED_FOR = timedelta(hours=1)
"""A mail that was asked to come later is tried once in this time when its attempts are spent (RFC 5321, 4.5.4.1)."""
POSTPONED_UNTIL = timedelta(days=1)
FORGOTTEN_AFTER = timedelta(minutes=2)


class RescateCopias:
    """The work goes through an outbox in the copy's record: published and confirmed, and only then taken out."""

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        depths: Depths,
        dead_letters: DeadLetters,
        *,
        queue: str,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._depths = depths
        self._dead_letters = dead_letters
        self._queue = queue
        self._settings = settings
        self._clock = clock

    async def publish(self) -> bool:
        """Publish the work that stands in the outbox; True if there may be more."""
        called = await self._store.intercambios.pending_outbox(BATCH)
        for copia in called:
            await self._publisher.publish_copia(copia.id, copia.emisor)
        if called:
            await self._store.intercambios.clear_outbox([copia.id for copia in called])
            await self._dead_letters.sweep(self._store.intercambios.still_parked)
        return len(called) == BATCH

    async def release(self) -> bool:
        """Call copies that a server wanted later, and those whose work is lost while the queue is empty."""
        ahora, copias = self._clock(), self._store.intercambios
        await copias.release_postponed(
            CausaCorreo.POSPUESTO, hasta=ahora - POSTPONED_FOR, desde=ahora - POSTPONED_UNTIL, limit=BATCH
        )
        depth = (await self._depths.measure([self._queue])).get(self._queue)
        if depth is not None and depth.mensajes == 0:
            others = await self._store.latidos.alive_ids(ahora - self._settings.latido_vencido)
            lost = await copias.call_forgotten(ahora - FORGOTTEN_AFTER, others, BATCH)
            if lost:
                log.warning("copias_perdidas", copias=lost)
        return False

"""Brings back documents that nothing else would: work that the broker lost, and what an outage or a pause has left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from services.sender.gate import Gate, Operacion
from shared.clock import Clock
from shared.dte.causa import Causa
from shared.dte.tipos import Canal, Prioridad
from shared.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.adapters.mongo import Store
    from shared.adapters.rabbit import DeadLetters, Depths

log = get_logger("posta.sender")

FORGOTTEN_AFTER = timedelta(minutes=2)
"""Past its time by this much, with empty queues, a document's work is taken for lost."""
PARKED_FOR = timedelta(minutes=10)
"""A document parked for a transient cause is tried again after this time even if no outage was seen to end."""
BATCH = 20
"""Documents brought back at one time: a backlog must not become a burst."""

HELD_BATCH = 100
"""The same after a pause: twice a second for each sender, which leaves the prefetch to everybody."""

_TRANSITORIAS = [causa for causa in Causa if causa.transitoria]


class Rescue:
    """All rescues put the work into the outbox of its document: published again, and twice does no harm."""

    def __init__(
        self,
        store: Store,
        depths: Depths,
        dead_letters: DeadLetters,
        gate: Gate,
        *,
        clock: Clock,
        work_queue: Callable[[Canal, Prioridad], str],
        suspect: Callable[[], None],
    ) -> None:
        """`suspect` is told when work has vanished, perhaps between the broker and our consumer."""
        self._store = store
        self._dead_letters = dead_letters
        self._depths = depths
        self._gate = gate
        self._clock = clock
        self._work_queue = work_queue
        self._suspect = suspect

    async def find_lost(self) -> bool:
        """Requeue documents that are due for long while no queue of their channel holds any work."""
        for canal in self._flowing():
            queues = [self._work_queue(canal, prioridad) for prioridad in Prioridad]
            depths = await self._depths.measure(queues)
            if any(depth.mensajes for depth in depths.values()):
                continue
            hasta = self._clock() - FORGOTTEN_AFTER
            lost = await self._store.documents.find_forgotten(canal, hasta=hasta, limit=BATCH)
            if lost:
                moved = await self._store.moves.requeue([dte.id for dte in lost])
                log.warning("trabajo_perdido", canal=canal, documentos=moved)
                self._suspect()
        return False

    async def release_parked(self) -> bool:
        """Requeue, a few at a time, documents that were parked for a cause that has passed."""
        for canal in self._flowing():
            since = self._gate.breaker(canal, Operacion.SUBIDA).since
            hasta = max(since, self._clock() - PARKED_FOR)
            parked = await self._store.documents.find_parked(canal, _TRANSITORIAS, hasta=hasta, limit=BATCH)
            if parked:
                moved = await self._store.moves.requeue([dte.id for dte in parked])
                sweep = self._dead_letters.sweep if len(parked) == BATCH else self._dead_letters.sweep_all
                await sweep(self._store.documents.still_parked)
                log.info("estacionados_de_vuelta", canal=canal, documentos=moved)
        return False

    async def release_held(self) -> bool:
        """Bring back, at a limited rate, what was taken off its queue in a pause, or while its box was away.

        Of a box that is away one document, when it is time to try it.
        """
        en_pausa, cajas = self._gate.en_pausa.emisores, self._gate.cajas
        away, resting = cajas.away(Operacion.SUBIDA), cajas.resting(Operacion.SUBIDA)
        moved = await self._store.detenidos.release(en_pausa | away, HELD_BATCH)
        for emisor in away - resting - en_pausa:
            moved += await self._store.detenidos.release_of(emisor, 1)
        if moved:
            log.info("detenidos_de_vuelta", documentos=moved)
        return False

    def _flowing(self) -> list[Canal]:
        return [canal for canal in Canal if self._gate.flows(canal)]

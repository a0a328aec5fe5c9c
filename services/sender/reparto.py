"""Turns between companies beyond what the senders hold: nobody waits behind another company's backlog.

Of what is in hand each company gets its turn (`lotes`), but the broker delivers in the order of arrival. So, while a
queue is deeper than the hands, one sender looks for companies that have work waiting and none in its hands, and lets an
envelope's worth of each go by the urgent queue. Whoever fills the head of the queue is in hand, and is never raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from services.sender.dispatch import Dispatcher
from services.sender.gate import Gate
from shared.dte.tipos import Canal, Prioridad
from shared.log import get_logger
from shared.metrics import REPARTO

if TYPE_CHECKING:
    from shared.adapters.mongo import Store
    from shared.adapters.rabbit import Consumer, Depths

log = get_logger("posta.sender")

RACION = 50
"""Documents of one company that go by the urgent queue at one time."""
VISITS = 200
"""Companies looked at in one step; the next step goes on from there."""


class Reparto:
    """One of each sender; of each channel one of them deals."""

    def __init__(
        self,
        store: Store,
        gate: Gate,
        depths: Depths,
        consumer: Consumer,
        dispatchers: Mapping[Canal, Dispatcher],
        *,
        work_queue: Callable[[Canal, Prioridad], str],
    ) -> None:
        self._store = store
        self._gate = gate
        self._depths = depths
        self._consumer = consumer
        self._dispatchers = dispatchers
        self._work_queue = work_queue
        self._last: dict[Canal, str] = {}
        """The company that each channel's last look has ended with."""

    async def step(self) -> bool:
        """One look at each channel; gives False, for what it raises has to leave first."""
        for canal, dispatcher in self._dispatchers.items():
            if self._gate.flows(canal) and await self._is_behind(canal) and await self._store.rezagos.hold(canal):
                await self._deal(canal, dispatcher.companies() | self._gate.held(canal))
        return False

    async def _is_behind(self, canal: Canal) -> bool:
        """True if ordinary work waits beyond our hands, and the urgent queue has room to overtake it.

        Hands that are half empty say nothing of who is at the queue's head.
        """
        normal = self._work_queue(canal, Prioridad.NORMAL)
        if not self._consumer.is_busy(normal):
            return False
        depth = (await self._depths.measure([normal])).get(normal)
        beyond = depth is not None and depth.mensajes > 0
        return beyond and await has_room(self._depths, self._work_queue(canal, Prioridad.ALTA))

    async def _deal(self, canal: Canal, but: frozenset[str]) -> None:
        ids = await self._find(canal, but)
        if ids:
            raised = await self._store.moves.raise_prioridad(ids)
            REPARTO.labels(canal).inc(raised)
            log.info("reparto", canal=canal, documentos=raised)

    async def _find(self, canal: Canal, but: frozenset[str]) -> list[str]:
        """Documents to be raised, of companies but these, in the order of their RUT, from where the last look ended."""
        rezagos = self._store.rezagos
        ids: list[str] = []
        for _ in range(VISITS):
            emisor = await rezagos.next_emisor(canal, self._last.get(canal, ""))
            self._last[canal] = emisor or ""
            if emisor is None:
                break
            if emisor not in but:
                ids += await rezagos.find_ordinary(canal, emisor, RACION)
            if len(ids) >= self._consumer.prefetch:
                break
        return ids


async def has_room(depths: Depths, alta: str) -> bool:
    """True if an urgent queue is hardly longer than what the senders hold of it.

    Otherwise whatever is raised into it would only stand in one more queue, first in, first out, whosever it is.
    """
    depth = (await depths.measure([alta])).get(alta)
    return depth is not None and depth.mensajes < RACION

"""From the queues of one channel to its envelopes: takes deliveries, groups them, starts an upload when one is ready.

While the channel's breaker is open nothing is consumed: deliveries at hand go back to the broker, and whenever a probe
is due one single document is fetched and sent.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from pydantic import ValidationError

from services.sender.app import Pedido, Sender
from services.sender.breaker import Breaker, Position
from services.sender.lotes import Clave, Lote, Lotes
from services.sender.slots import Slots
from shared.clock import Clock
from shared.dte.tipos import Canal
from shared.errors import Unavailable
from shared.lifecycle import repeat
from shared.log import get_logger
from shared.messages import Trabajo
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.adapters.rabbit import Consumer, Entrega

log = get_logger("posta.sender")

_TICK = timedelta(seconds=1)
"""The longest that a change of the breaker, made elsewhere, stays unnoticed."""
GRACE = timedelta(seconds=25)
"""What uploads under way get when the process is told to stop; Kubernetes kills after 30 s."""


class Dispatcher:
    """One channel."""

    def __init__(
        self,
        canal: Canal,
        consumer: Consumer,
        queues: Sequence[str],
        sender: Sender,
        *,
        breaker: Breaker,
        slots: Slots,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._canal = canal
        self._consumer = consumer
        self._queues = queues
        self._sender = sender
        self._breaker = breaker
        self._slots = slots
        self._clock = clock
        self._lotes: Lotes[Pedido] = Lotes(
            max_documentos=_max_documentos(canal, settings),
            max_bytes=settings.sobre_max_bytes,
            espera=settings.sobre_espera,
            clock=clock,
        )
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._uploads: set[asyncio.Task[None]] = set()

    def add(self, pedido: Pedido) -> None:
        """A delivery of this channel arrives."""
        self._lotes.add(_to_clave(pedido), pedido, len(pedido.entrega.body))
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Dispatch until `stop`; then let uploads end within GRACE. What is cut short is settled by `reconcile`."""
        async with asyncio.TaskGroup() as uploads:
            await repeat(partial(self._step, uploads), stop, every=_TICK, nudge=self._wake)
            with contextlib.suppress(Unavailable):
                await self._hold_back()
            if self._uploads:
                _, late = await asyncio.wait(self._uploads, timeout=GRACE.total_seconds())
                for upload in late:
                    upload.cancel()

    async def _step(self, uploads: asyncio.TaskGroup) -> bool:
        """Start what is ready; True if there may be more to do at once."""
        if self._breaker.position is Position.CLOSED:
            for queue in self._queues:
                await self._consumer.resume(queue)
            while self._may_start() and (lote := self._lotes.take()) is not None:
                self._start(uploads, lote)
            self._wake_at_next_close()
        else:
            await self._hold_back()
            if self._breaker.admits() and self._slots.admits(self._canal, self._wake):
                await self._probe(uploads)
        return False

    def _may_start(self) -> bool:
        """True if an envelope is closed and there is a slot for it."""
        if self._lotes.any_closed():
            return self._slots.admits(self._canal, self._wake)
        self._slots.leave(self._canal)
        return False

    async def _hold_back(self) -> None:
        """Consume no more, and give back what no envelope has taken yet."""
        self._slots.leave(self._canal)
        for queue in self._queues:
            await self._consumer.pause(queue)
        for pedido in self._lotes.drop():
            await pedido.entrega.requeue()

    async def _probe(self, uploads: asyncio.TaskGroup) -> None:
        """Try with one document whether the SII is back."""
        for queue in self._queues:
            entrega = await self._consumer.fetch_one(queue)
            pedido = await _read(entrega) if entrega is not None else None
            if pedido is not None:
                lote = Lote(_to_clave(pedido), (pedido,))
                self._lotes.begin(lote.clave)
                self._start(uploads, lote)
                return

    def _start(self, uploads: asyncio.TaskGroup, lote: Lote[Pedido]) -> None:
        turn = contextlib.ExitStack()
        turn.enter_context(self._breaker.turn())  # now, not when the task first runs: the next step looks at it
        self._slots.take(self._canal, len(lote.piezas))
        upload = uploads.create_task(self._upload(lote, turn))
        self._uploads.add(upload)
        upload.add_done_callback(self._uploads.discard)

    async def _upload(self, lote: Lote[Pedido], turn: contextlib.ExitStack) -> None:
        try:
            with turn:
                await self._sender.deliver(lote)
        finally:
            self._slots.give_back(self._canal, len(lote.piezas))
            self._lotes.finish(lote.clave)
            self._wake.set()

    def _wake_at_next_close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        closes = self._lotes.next_close()
        if closes is not None:
            wait = (closes - self._clock()).total_seconds()
            self._timer = asyncio.get_running_loop().call_later(max(wait, 0.001), self._wake.set)


def receiver(dispatchers: Mapping[Canal, Dispatcher]) -> Callable[[Entrega], Awaitable[None]]:
    """Hands each delivery to the dispatcher of its channel."""

    async def receive(entrega: Entrega) -> None:
        pedido = await _read(entrega)
        if pedido is not None:
            dispatchers[pedido.trabajo.canal].add(pedido)

    return receive


async def _read(entrega: Entrega) -> Pedido | None:
    """The work that a delivery asks for. One that nobody can read goes to the dead letters as it is."""
    try:
        return Pedido(Trabajo.model_validate(entrega.headers), entrega)
    except ValidationError as error:
        log.warning("mensaje_ilegible", cola=entrega.queue, errores=error.error_count())
        await entrega.reject()
        return None


def _max_documentos(canal: Canal, settings: Settings) -> int:
    """How many documents one upload of this channel takes."""
    match canal:
        case Canal.BOLETA | Canal.FACTURA:
            return settings.sobre_max_documentos
        case Canal.DTEBOX:
            return 1


def _to_clave(pedido: Pedido) -> Clave:
    trabajo = pedido.trabajo
    return Clave(trabajo.canal, trabajo.emisor, trabajo.grupo, trabajo.prioridad)

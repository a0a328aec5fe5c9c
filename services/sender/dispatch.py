"""From the queues of one channel to its envelopes: takes deliveries, groups them, starts an upload when one is ready.

While the channel's breaker is open nothing is consumed: deliveries at hand go back to the broker, and whenever a probe
is due one single document is fetched and sent. The same in a pause of the channel, but without a probe.

What comes of a company that is paused, or whose DTEBox is away, is taken off the queue at once, whether or not there is
a slot: it must not fill the prefetch, for it is there for all. A box that is away is tried with one document, too.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from services.sender.app import Pedido, Sender
from services.sender.breaker import Position
from services.sender.gate import Gate, Operacion
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
_LOOKS = 100
"""Documents of paused companies that are set aside at most, at one time, to find one to probe with."""
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
        gate: Gate,
        slots: Slots,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._canal = canal
        self._consumer = consumer
        self._queues = queues
        self._sender = sender
        self._breaker = gate.breaker(canal, Operacion.SUBIDA)
        self._gate = gate
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
        self._aside: list[Pedido] = []
        """Of companies that are held back, to be taken off the queue."""
        self._setting_aside: asyncio.Task[None] | None = None

    def add(self, pedido: Pedido) -> None:
        """A delivery of this channel arrives."""
        self._lotes.add(_to_clave(pedido), pedido, len(pedido.entrega.body))
        self._wake.set()

    def companies(self) -> frozenset[str]:
        """The companies of which something is in hand, and so gets its turn."""
        return self._lotes.companies()

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
        if self._gate.en_pausa.has_canal(self._canal):
            await self._hold_back()
        elif self._breaker.position is Position.CLOSED:
            for queue in self._queues:
                await self._consumer.resume(queue)
            self._set_aside(uploads)
            while self._may_start() and (lote := self._lotes.take()) is not None:
                self._start(uploads, lote)
                self._set_aside(uploads)  # it may have been the one document that a box is tried with
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
        held, self._aside = [*self._aside, *self._lotes.drop()], []
        for pedido in held:
            await pedido.entrega.requeue()

    def _set_aside(self, uploads: asyncio.TaskGroup) -> None:
        """Take what is here of companies held back off the queue, all that has come while the last time took."""
        self._aside += self._lotes.drop_of(self._gate.held(self._canal))
        if self._aside and self._setting_aside is None:
            pedidos, self._aside = self._aside, []
            self._setting_aside = self._spawn(uploads, self._hold(pedidos))

    async def _hold(self, pedidos: Sequence[Pedido]) -> None:
        try:
            await self._sender.hold(pedidos)
        finally:
            self._setting_aside = None
            self._wake.set()

    async def _probe(self, uploads: asyncio.TaskGroup) -> None:
        """Try with one document whether the SII is back."""
        pedido = await self._find_probe()
        if pedido is not None:
            lote = Lote(_to_clave(pedido), (pedido,))
            self._lotes.begin(lote.clave)
            self._start(uploads, lote)
        self._set_aside(uploads)

    async def _find_probe(self) -> Pedido | None:
        """The first document that may be sent; those of companies held back that lie before it are set aside."""
        for queue in self._queues:
            for _ in range(_LOOKS):
                entrega = await self._consumer.fetch_one(queue)
                if entrega is None:
                    break
                pedido = await _read(entrega)
                if pedido is not None and pedido.trabajo.emisor not in self._gate.held(self._canal):
                    return pedido
                self._aside += [] if pedido is None else [pedido]
        return None

    def _start(self, uploads: asyncio.TaskGroup, lote: Lote[Pedido]) -> None:
        turn = contextlib.ExitStack()
        breaker = self._gate.breaker(self._canal, Operacion.SUBIDA, lote.clave.emisor)
        turn.enter_context(breaker.turn())  # now, not when the task first runs: the next step looks at it
        self._slots.take(self._canal, len(lote.piezas))
        self._spawn(uploads, self._upload(lote, turn))

    def _spawn(self, uploads: asyncio.TaskGroup, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = uploads.create_task(work)
        self._uploads.add(task)
        task.add_done_callback(self._uploads.discard)
        return task

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

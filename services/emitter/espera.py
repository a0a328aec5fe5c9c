"""Where sales wait for the next commit: in order, bounded, and never two of one key in hand at one time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from shared.errors import Conflict, Invalid, Unavailable
from shared.messages import Dte, TerminalGuardado


@dataclass(frozen=True, slots=True)
class Emitido:
    """What a sale got: its document, and whether this request made it or an earlier one with the same key."""

    dte: Dte
    nuevo: bool
    advertencias: tuple[str, ...] = ()
    """What was changed in the sale so that the SII takes it."""


@dataclass(slots=True, eq=False)
class Pedido:
    """A sale on its way to its document; what the steps find out about it is kept here."""

    terminal: TerminalGuardado
    clave: str
    cuerpo: bytes
    de_lote: bool = False
    """One line of many: nobody stands at a till for it."""
    respuesta: asyncio.Future[Emitido] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    huella: str = ""
    advertencias: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What makes this sale the same as another one."""
        return self.terminal.id, self.clave

    @property
    def is_over(self) -> bool:
        """True once it has its answer, or its caller has gone."""
        return self.respuesta.done()

    def answer(self, dte: Dte, *, nuevo: bool) -> None:
        """Give the document to whoever waits; a Conflict instead if the key stands for something else."""
        if dte.huella != self.huella:
            self.refuse(Conflict(f"la clave «{self.clave}» ya se usó para otra venta ({dte.id}): use una clave nueva"))
        elif not self.is_over:
            self.respuesta.set_result(Emitido(dte, nuevo, self.advertencias))

    def repeat(self, first: Pedido) -> None:
        """Give what the same sale got just before; nothing if another try may have another outcome."""
        outcome = first.respuesta
        if self.is_over or not outcome.done() or outcome.cancelled():
            return
        error = outcome.exception()
        if error is None:
            self.respuesta.set_result(replace(outcome.result(), nuevo=False))
        elif isinstance(error, Conflict | Invalid):
            self.refuse(error)

    def refuse(self, error: BaseException) -> None:
        """Give an error to whoever waits; harmless when the sale is over."""
        if not self.is_over:
            self.respuesta.set_exception(error)


class Espera:
    """The waiting room. Its bound keeps memory and waiting time bounded when MongoDB is slow or away."""

    def __init__(self, *, lote_max: int, limite: int) -> None:
        """At most `lote_max` sales are taken at one time, and an eighth of them lines of bulk requests: the sale of a
        till that comes meanwhile waits for no more than these.
        """
        self._lote_max = lote_max
        self._limite = limite
        self.cupo_lote = max(1, lote_max // 8)
        self._waiting: deque[Pedido] = deque()
        self._lineas: deque[Pedido] = deque()
        self._in_hand: set[tuple[str, str]] = set()
        self._repeated: set[tuple[str, str]] = set()
        """Keys in hand for which somebody else waits as well."""
        self._news = asyncio.Event()

    def __len__(self) -> int:
        """Sales waiting or in hand."""
        return len(self._waiting) + len(self._lineas) + len(self._in_hand)

    def add(self, pedido: Pedido) -> None:
        """Let a sale wait for the next commit; Unavailable at once when too many do.

        Lines of bulk requests are never refused: whoever brings them brings a bounded number at one time.
        """
        if pedido.de_lote:
            self._lineas.append(pedido)
        elif len(self._waiting) >= self._limite:
            raise Unavailable("El emisor", f"hay {len(self._waiting)} ventas en espera; reintente")
        else:
            self._waiting.append(pedido)
        self._news.set()

    async def take(self, closing: asyncio.Event) -> list[Pedido]:
        """All that can be committed now, at least one sale; nothing at all once `closing` is set and nobody waits.

        A sale whose key is in hand stays: after that commit, its document will be known.
        """
        while not (lote := self._take()) and not (closing.is_set() and not (self._waiting or self._lineas)):
            self._news.clear()
            await self._news.wait()
        return lote

    def finish(self, lote: Collection[Pedido]) -> None:
        """The commit of `lote` is over, whatever came of it."""
        keys = {pedido.key for pedido in lote}
        self._in_hand -= keys
        if keys & self._repeated:
            self._repeated -= keys
            self._answer_repeats(lote)
        self._news.set()

    def _answer_repeats(self, lote: Collection[Pedido]) -> None:
        """The document for all who wait with the very same sale: one in each commit would take them seconds."""
        found = {pedido.key: pedido for pedido in lote}
        for pedido in (*self._waiting, *self._lineas):
            first = found.get(pedido.key)
            if first is not None and first.cuerpo == pedido.cuerpo:
                pedido.repeat(first)

    def wake(self) -> None:
        """Look again: `closing` has been set."""
        self._news.set()

    def _take(self) -> list[Pedido]:
        lineas = self._take_from(self._lineas, self.cupo_lote)
        return [*self._take_from(self._waiting, self._lote_max - len(lineas)), *lineas]

    def _take_from(self, waiting: deque[Pedido], cuantos: int) -> list[Pedido]:
        lote: list[Pedido] = []
        later: list[Pedido] = []
        while waiting and len(lote) < cuantos:
            pedido = waiting.popleft()
            if pedido.is_over:
                continue
            if pedido.key in self._in_hand:
                self._repeated.add(pedido.key)
                later.append(pedido)
            else:
                self._in_hand.add(pedido.key)
                lote.append(pedido)
        waiting.extendleft(reversed(later))
        return lote

"""This process's side of the folio ledger: what it holds, what it gives back, and what others left when they died.

A folio is given back only when it is known that no document has it. Whoever cannot know that (an insert whose outcome
never came, a process that died) leaves the reservation on record, and `rescue` settles it against the stored documents.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.clock import Clock
from shared.dte.existencias import Destino
from shared.errors import FoliosExhausted, Unavailable
from shared.log import get_logger

if TYPE_CHECKING:
    from shared.adapters.mongo import Documents, Folios, Latidos
    from shared.adapters.mongo.folio_records import CafGuardado, Reserva
    from shared.dte.tipos import TipoDte
    from shared.messages import TerminalGuardado

log = get_logger("posta.emitter.folios")


class FolioLedger:
    """Reserves for a commit, and settles every reservation sooner or later, whatever happens in between."""

    def __init__(
        self, folios: Folios, documents: Documents, latidos: Latidos, clock: Clock, *, process: str, vencido: timedelta
    ) -> None:
        """`process` is this one's name in the ledger; one that is silent for `vencido` is dead."""
        self._folios = folios
        self._documents = documents
        self._latidos = latidos
        self._clock = clock
        self._process = process
        self._vencido = vencido
        self._held: set[str] = set()
        self._suspects: set[str] = set()
        self._to_settle: deque[tuple[Reserva, Collection[int]]] = deque()
        self.nudge = asyncio.Event()
        """Set when there is something to settle."""
        self.propios: Collection[Destino] = frozenset()
        """The stores and tills that have folios of their own, as `Vigia` saw last."""

    def find_destino(self, tipo: TipoDte, terminal: TerminalGuardado) -> Destino:
        """Whose folios a sale takes. Sales of one destination are served together, so it is as wide as it may be.

        What was seen last may be old by seconds. A till then takes the company's folios although it just got some of
        its own; never another store's, for whose a range is the ledger looks up when it reserves.
        """
        comun = Destino(terminal.emisor, tipo)
        de_tienda = Destino(terminal.emisor, tipo, terminal.tienda)
        de_terminal = Destino(terminal.emisor, tipo, terminal.tienda, terminal.id)
        return next((destino for destino in (de_terminal, de_tienda) if destino in self.propios), comun)

    async def reserve(self, destino: Destino, cuantos: int) -> list[Reserva]:
        """`cuantos` folios, in one round trip unless a range ends; fewer when the stock ends.

        FoliosExhausted when there is none at all. Each reservation must come back through `settle` or `doubt`.
        """
        reservas: list[Reserva] = []
        try:
            while (faltan := cuantos - sum(len(reserva.folios) for reserva in reservas)) > 0:
                reserva = await self._folios.reserve(destino, faltan)
                self._held.add(reserva.id)
                reservas.append(reserva)
        except FoliosExhausted:
            if not reservas:
                raise
        except Unavailable:
            for reserva in reservas:
                self.settle(reserva, reserva.folios)
            raise
        return reservas

    def settle(self, reserva: Reserva, unused: Collection[int]) -> None:
        """Close a reservation soon: stored documents have its folios, except `unused`, which go back to the range."""
        self._to_settle.append((reserva, unused))
        self.nudge.set()

    def doubt(self, reserva: Reserva) -> None:
        """Let go of a reservation whose folios may or may not be in stored documents: `rescue` will find out."""
        self._held.discard(reserva.id)

    async def settle_due(self) -> bool:
        """Write down what `settle` was told. Unavailable leaves it for the next time; saying it twice is harmless."""
        due = list(self._to_settle)
        if due:
            await self._folios.settle(due)
            for reserva, _ in due:
                self._to_settle.popleft()
                self._held.discard(reserva.id)
        return False

    async def rescue(self) -> bool:
        """Settle what dead processes and lost inserts left, once two looks in a row have found it abandoned.

        Between the looks a write that was on its way can still land. Should one land even later, nothing breaks: the
        folio meets the unique index when it is used again, and that sale gets another one.
        """
        limite = self._clock() - self._vencido
        alive = {latido.id for latido in await self._latidos.alive(limite)} - {self._process}
        left = [
            (caf, reserva)
            for caf, reserva in await self._folios.abandoned(alive.__contains__, limite)
            if reserva.id not in self._held
        ]
        for caf, reserva in left:
            if reserva.id in self._suspects:
                await self._settle_by_documents(caf, reserva)
        self._suspects = {reserva.id for _, reserva in left}
        return False

    async def _settle_by_documents(self, caf: CafGuardado, reserva: Reserva) -> None:
        stored = await self._documents.existing_folios(caf.emisor, caf.tipo, reserva.folios)
        unused = [folio for folio in reserva.folios if folio not in stored]
        await self._folios.settle([(reserva, unused)])
        log.info("reserva_rescatada", caf=caf.id, usados=len(stored), libres=len(unused))

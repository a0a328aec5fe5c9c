"""This process's side of the folio ledger: what it holds, what it gives back, and what others left when they died.

A folio is given back only when it is known that no document has it. Whoever cannot know that (an insert whose outcome
never came, a process that died) leaves the reservation on record, and `rescue` settles it against the stored documents.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.emitter.provision import VIDA, Provision
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
        self._provision = Provision()
        self._reserving: defaultdict[Destino, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._suspects: set[str] = set()
        self._settling = asyncio.Lock()
        self._to_settle: list[tuple[Reserva, Collection[int]]] = []
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
        """`cuantos` folios, in one round trip unless they are in hand or a range ends; fewer when the stock ends.

        FoliosExhausted when there is none at all. Each piece must come back through `settle` or `doubt`.
        """
        piezas: list[Reserva] = []
        async with self._reserving[destino]:  # whoever waited here may find the rest of the other's block
            try:
                while (faltan := cuantos - sum(len(pieza.folios) for pieza in piezas)) > 0:
                    piezas += self._deal(destino, faltan) or await self._reserve(destino, faltan)
            except FoliosExhausted:
                if not piezas:
                    raise
            except Unavailable:
                for pieza in piezas:
                    self.settle(pieza, pieza.folios)
                raise
        return piezas

    def _deal(self, destino: Destino, faltan: int) -> list[Reserva]:
        return self._provision.deal(destino, faltan, self._clock())

    async def _reserve(self, destino: Destino, faltan: int) -> list[Reserva]:
        momento = self._clock()
        if self._provision.has_leftovers(momento):  # older folios go first
            await self.settle_due()
        reserva = await self._folios.reserve(destino, self._provision.count_wanted(destino, faltan, momento))
        self._provision.add(destino, reserva, momento)
        return self._provision.deal(destino, faltan, momento)  # by then: a slow answer makes no block stale

    def settle(self, pieza: Reserva, unused: Collection[int]) -> None:
        """Decide a piece: stored documents have its folios, except `unused`, which can be used again."""
        self._provision.settle(pieza, unused)
        self.nudge.set()

    def doubt(self, pieza: Reserva) -> None:
        """Let go of folios that may or may not be in stored documents: `rescue` will find out."""
        self._provision.doubt(pieza)

    async def settle_due(self) -> bool:
        """Write down what is over. Unavailable leaves it for the next time; saying it twice is harmless."""
        return await self._settle_until(self._clock())

    async def close(self) -> None:
        """Give back everything that is in hand."""
        await self._settle_until(self._clock() + VIDA)

    async def _settle_until(self, momento: datetime) -> bool:
        async with self._settling:
            self._to_settle += self._provision.drain(momento)
            if self._to_settle:
                await self._folios.settle(self._to_settle)
                self._to_settle = []
        return False

    async def rescue(self) -> bool:
        """Settle what dead processes and lost inserts left, once two looks in a row have found it abandoned.

        Between the looks a write that was on its way can still land. Should one land even later, nothing breaks: the
        folio meets the unique index when it is used again, and that sale gets another one.
        """
        limite = self._clock() - self._vencido
        alive = await self._latidos.alive_ids(limite) - {self._process}
        abandoned = await self._folios.abandoned(alive.__contains__, limite)
        held = {*self._provision, *(reserva.id for reserva, _ in self._to_settle)}
        left = [(caf, reserva) for caf, reserva in abandoned if reserva.id not in held]
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

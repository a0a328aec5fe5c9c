"""Which folios and documents the cuadratura is about: for the page of somebody who wants to know, and for the panel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.monitor.cortes import Vista
from services.monitor.cuadratura import Cuadratura, LadoSii, to_lado_sii
from services.monitor.descuadre import Descuadre, find_descuadres
from shared.clock import Clock

if TYPE_CHECKING:
    from services.monitor.app import Monitor
    from shared.adapters.mongo import Store

DIAS = 3
"""The SII's side is compared for documents of so many days: older ones have long had their verdict."""
_NOMBRADOS = 50
_PARTE = 50
"""A look for the panel comes after so many times what the last one took: it costs a fiftieth of the time at most."""


class Revision(Vista):
    """The books with whatever does not agree by its name."""

    momento: datetime
    cuadratura: Cuadratura | None
    """Null while nobody has counted yet."""
    folios: tuple[Descuadre, ...]
    """Ranges that do not agree."""
    completa: bool
    """Whether all ranges were looked at, or only those of companies and types whose sums do not agree."""


class Revisor:
    """One look at a time, however many ask."""

    def __init__(self, store: Store, monitor: Monitor, clock: Clock) -> None:
        self._store = store
        self._monitor = monitor
        self._clock = clock
        self._looking = asyncio.Lock()
        self._next = 0.0
        """Monotonic seconds from which the panel's look at the SII's answers may be taken anew."""

    async def look(self) -> bool:
        """Compare with the SII's answers, for the panel, if it is time; gives False like `weigh`."""
        began = time.monotonic()
        if began >= self._next:
            self._monitor.note_sii(await self.compare_sii())
            self._next = time.monotonic() + _PARTE * (time.monotonic() - began)
        return False

    async def weigh(self) -> bool:
        """Count the documents that have to be in a queue, for the panel; gives False: done until the next."""
        self._monitor.note_retenidos(await self._store.esperas.count_retenidos())
        return False

    async def compare_sii(self, dias: int = DIAS) -> LadoSii:
        ahora = self._clock()
        desde = ahora - timedelta(days=dias)
        return to_lado_sii(await self._store.respaldos.compare(desde, _NOMBRADOS), desde, ahora)

    async def review(self, *, completa: bool = False, dias: int = DIAS) -> Revision:
        """Everything, asked now. `completa` looks at every range, which takes long over millions of folios."""
        async with self._looking:
            cuadratura = self._monitor.panel().cuadratura
            pares = {(par.emisor, par.tipo) for par in cuadratura.pares} if cuadratura else set()
            folios = await self._find(None if completa else pares)
            sii = await self.compare_sii(dias)
        return Revision(
            momento=self._clock(),
            cuadratura=cuadratura and cuadratura.model_copy(update={"sii": sii}),
            folios=tuple(folios),
            completa=completa,
        )

    async def _find(self, pares: Collection[tuple[str, int]] | None) -> list[Descuadre]:
        return await find_descuadres(self._store, pares) if pares is None or pares else []

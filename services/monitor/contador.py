"""Keeps the counters. Every monitor would do it; the one that holds the lease does."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from shared.adapters.mongo.conteo_flujo import HistoryLostError
from shared.clock import Clock
from shared.errors import Conflict, Unavailable
from shared.lifecycle import repeat
from shared.log import get_logger

if TYPE_CHECKING:
    from shared.adapters.mongo import Conteos
    from shared.adapters.mongo.conteos import Posicion

log = get_logger("posta.monitor.conteos")

_TURNO = timedelta(seconds=1)
"""How often the lease is renewed, and asked for by those who do not have it."""


class Contador:
    """Counts until it is told to stop, whenever it is this process's turn."""

    def __init__(self, conteos: Conteos, clock: Clock) -> None:
        self._conteos = conteos
        self._clock = clock
        self._held: datetime | None = None
        """The database's time when the lease was last confirmed; None without it."""
        self._won = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Hold the lease and count, until `stop`."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(repeat(self._hold, stop, every=_TURNO))
            loops.create_task(repeat(partial(self._count, stop), stop, every=_TURNO, nudge=self._won))
        with suppress(Unavailable):
            await self._conteos.release()

    async def catch_up(self) -> bool:
        """Count what there is and stop; False if another process is at it."""
        self._held = await self._conteos.hold()
        caught_up = self._held is not None and await self._count(asyncio.Event(), until_quiet=True)
        await self._conteos.release()
        return caught_up

    async def _hold(self) -> bool:
        held, self._held = self._held, None  # an answer that does not come is no lease
        self._held = await self._conteos.hold()
        if held is None and self._held is not None:
            self._won.set()
        return False

    async def _count(self, stop: asyncio.Event, *, until_quiet: bool = False) -> bool:
        """Follow the changes for as long as the lease is ours; True when there is something to do at once."""
        if self._held is None:
            return False
        posicion = await self._conteos.position()
        try:
            if posicion.g is None:
                posicion = await self._rebuild(posicion)
            return await self._follow(posicion, stop, until_quiet=until_quiet)
        except HistoryLostError as error:
            log.warning("conteos_sin_historia", motivo=str(error))
            return await self._start_anew()
        except Conflict:  # the lease has gone to another one, or somebody wants everything counted anew
            return False

    async def _follow(self, posicion: Posicion, stop: asyncio.Event, *, until_quiet: bool) -> bool:
        before: datetime | None = None
        noted: datetime | None = None
        async with aclosing(self._conteos.follow(posicion)) as tandas:
            async for tanda in tandas:
                if stop.is_set():
                    return False
                # Whatever had happened before the lease of two answers ago was known when this one was asked for.
                hasta, before = before, self._held
                if tanda.cambios or hasta != noted:
                    posicion, noted = await self._conteos.add(posicion, tanda, hasta), hasta
                if until_quiet and not tanda.cambios:
                    return True
        return True

    async def _start_anew(self) -> bool:
        try:
            await self._rebuild(await self._conteos.position())
        except Conflict:
            return False
        return True

    async def _rebuild(self, posicion: Posicion) -> Posicion:
        log.info("conteos_se_rehacen")
        posicion = await self._conteos.rebuild(posicion, self._clock())
        log.info("conteos_rehechos")
        return posicion

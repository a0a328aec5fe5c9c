"""Says that this emitter lives, and how busy it is: what it holds is safe from rescue for as long as it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.emitter.espera import Espera
from shared.clock import Clock
from shared.messages import Latido

if TYPE_CHECKING:
    from shared.adapters.mongo import Latidos


class Heartbeat:
    def __init__(self, latidos: Latidos, espera: Espera, clock: Clock, *, process: str, hilos: int) -> None:
        self._latidos = latidos
        self._espera = espera
        self._clock = clock
        self._process = process
        self._hilos = hilos

    async def beat(self) -> bool:
        """One beat; gives False, for there is no more to do until the next."""
        en_vuelo = len(self._espera)
        await self._latidos.beat(
            Latido(
                id=self._process,
                servicio="emitter",
                momento=self._clock(),
                workers_activos=min(en_vuelo, self._hilos),
                max_workers=self._hilos,
                en_vuelo=en_vuelo,
            )
        )
        return False

    async def stop(self) -> None:
        """Leave in order, so that nobody has to wait for our silence."""
        await self._latidos.stop(self._process)

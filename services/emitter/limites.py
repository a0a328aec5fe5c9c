"""How fast a till, and all tills of a company together, may sell: beyond that a sale is refused, or waits its turn.

Each limit is kept as one moment, the generic cell rate algorithm (ITU-T I.371): a sale moves it on by one interval, and
may do so while it is not further ahead of now than the burst lasts. Every emitter counts for itself: a round trip to
count together would cost each sale more than the limit is worth. With n emitters a till gets up to n times its rate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.emitter.answers import LimitError
from shared.clock import Clock
from shared.metrics import LIMITADAS

if TYPE_CHECKING:
    from shared.messages import EmisorGuardado, TerminalGuardado

_MINUTO = timedelta(minutes=1)
_MAX = 10_000
_NADA = timedelta(0)


@dataclass(frozen=True, slots=True)
class Ritmo:
    """One sale in each `intervalo`; `rafaga` of unused time may be spent at once."""

    intervalo: timedelta
    rafaga: timedelta


class Limites:
    """The limits of all tills and companies, as far as this process serves them."""

    def __init__(
        self,
        known: Callable[[str], EmisorGuardado | None],
        clock: Clock,
        *,
        por_segundo: float,
        rafaga: timedelta,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`known`: what is known of a company without asking. `por_segundo`: of tills without a limit of their own."""
        self._known = known
        self._clock = clock
        self._por_segundo = por_segundo
        self._rafaga = rafaga
        self._sleep = sleep
        self._hasta: dict[str, datetime] = {}

    def admit(self, terminal: TerminalGuardado) -> None:
        """Count one sale of this till. LimitError (429), saying how long to wait, if it comes too fast."""
        ritmos = self._ritmos(terminal)
        ahora = self._clock()
        espera, quien = max((self._espera(quien, ritmo, ahora, ritmo.rafaga), quien) for quien, ritmo in ritmos.items())
        if espera > _NADA:
            LIMITADAS.labels(quien.partition(":")[0], "rechazada").inc()
            raise LimitError(espera)
        self._take(ritmos, ahora)

    async def wait_turn(self, terminal: TerminalGuardado) -> None:
        """Count one sale of this till, and return when it is its turn.

        Half of the burst is left alone: who sends many lines never takes the last place of who sells at the counter.
        """
        ritmos = self._ritmos(terminal)
        ahora = self._clock()
        espera, quien = max(
            (self._espera(quien, ritmo, ahora, ritmo.rafaga / 2), quien) for quien, ritmo in ritmos.items()
        )
        self._take(ritmos, ahora)
        if espera > _NADA:
            LIMITADAS.labels(quien.partition(":")[0], "demorada").inc()
            await self._sleep(espera.total_seconds())

    def _ritmos(self, terminal: TerminalGuardado) -> dict[str, Ritmo]:
        por_segundo = terminal.por_segundo or self._por_segundo
        ritmos = {f"terminal:{terminal.id}": Ritmo(timedelta(seconds=1 / por_segundo), self._rafaga)}
        emisor = self._known(terminal.emisor)
        if emisor is not None and emisor.limite_por_minuto is not None:
            ritmos[f"emisor:{emisor.rut}"] = Ritmo(_MINUTO / emisor.limite_por_minuto, _MINUTO)
        return ritmos

    def _espera(self, quien: str, ritmo: Ritmo, ahora: datetime, rafaga: timedelta) -> timedelta:
        """How long until the next sale fits in."""
        siguiente = max(self._hasta.get(quien, ahora), ahora) + ritmo.intervalo
        return siguiente - ahora - max(rafaga, ritmo.intervalo)

    def _take(self, ritmos: dict[str, Ritmo], ahora: datetime) -> None:
        if len(self._hasta) >= _MAX:  # who is not ahead of now has all of its burst, as if it were new
            self._hasta = {quien: hasta for quien, hasta in self._hasta.items() if hasta > ahora}
        for quien, ritmo in ritmos.items():
            self._hasta[quien] = max(self._hasta.get(quien, ahora), ahora) + ritmo.intervalo

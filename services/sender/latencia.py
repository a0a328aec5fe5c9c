"""How long the SII took to answer lately, by channel and operation."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.latencia import LIMITES, Cuentas, add_up, place_of

_STRETCH = timedelta(minutes=1)
_WINDOW = 5
"""Stretches that are kept: few enough to tell how it is now, long enough for a 95 of 100."""


class Latencias:
    """The five minutes that end with the latest answer. In each, sixteen numbers or so, however much was asked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recent: dict[str, deque[tuple[datetime, list[int]]]] = {}

    def note(self, nombre: str, segundos: float) -> None:
        """An operation of this name (`canal.operacion`) was answered after so long."""
        ahora = self._clock()
        recent = self._recent.setdefault(nombre, deque(maxlen=_WINDOW))
        if not recent or ahora - recent[-1][0] >= _STRETCH:
            recent.append((ahora, [0] * (len(LIMITES) + 1)))
        while recent[0][0] <= ahora - _WINDOW * _STRETCH:
            recent.popleft()
        recent[-1][1][place_of(segundos)] += 1

    def counts(self) -> dict[str, Cuentas]:
        """By the name of the operation, for the heartbeat."""
        return {nombre: add_up(counts for _, counts in recent) for nombre, recent in self._recent.items()}

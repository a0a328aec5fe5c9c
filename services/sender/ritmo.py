"""How fast documents are delivered, by channel."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.dte.tipos import Canal

_WINDOW = timedelta(minutes=1)
_SHORTEST = timedelta(seconds=1)


class Ritmo:
    """The minute that ends with the latest delivery: in an outage, the rate before it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recent: dict[Canal, deque[tuple[datetime, int]]] = {canal: deque() for canal in Canal}

    def add(self, canal: Canal, documentos: int) -> None:
        """So many documents are at the SII now."""
        recent = self._recent[canal]
        recent.append((self._clock(), documentos))
        while recent[0][0] < recent[-1][0] - _WINDOW:
            recent.popleft()

    def per_second(self) -> dict[Canal, float]:
        """Documents a second; a channel that has delivered less than twice has no rate."""
        return {canal: _rate(recent) for canal, recent in self._recent.items() if len(recent) > 1}


def _rate(recent: deque[tuple[datetime, int]]) -> float:
    span = max(recent[-1][0] - recent[0][0], _SHORTEST)
    return round((sum(n for _, n in recent) - recent[0][1]) / span.total_seconds(), 3)

"""Circuit breaker: after repeated signs of an outage nothing is sent but one probe at a time, at growing intervals.

There is one for each host and kind of operation, so that a dead status service does not stop uploads. An outage burns
no document's attempts: while the breaker is open nobody tries.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum

from shared.clock import Clock
from shared.corte import EstadoCorte

FAILURES_TO_OPEN = 3
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(seconds=60)
_FORGOTTEN = timedelta(minutes=10)
SPREAD = 0.2
"""Part of each wait that is left to luck, so that several senders do not probe at one time."""


class Position(StrEnum):
    """What the breaker lets through. The words are shown on the monitor."""

    CLOSED = "cerrado"
    """Everything."""
    OPEN = "abierto"
    """Nothing, until the wait is over."""
    PROBING = "probando"
    """One operation, whose end decides."""


class Breaker:
    """Counts consecutive outages; closed by any answer, because whoever answers is there."""

    def __init__(self, name: str, clock: Clock, luck: Callable[[], float] = random.random) -> None:
        self.name = name
        self.position = Position.CLOSED
        self.since = clock()
        """When it took its present position, probes apart: since when the SII has been away, or back."""
        self._clock = clock
        self._luck = luck
        self._error = ""
        self._last_probe: datetime | None = None
        self._failures = 0
        self._wait = FIRST_WAIT
        self._next_probe: datetime | None = None

    def admits(self) -> bool:
        """True if an operation may begin now: always when closed, and for one probe when the wait is over."""
        if self.position is Position.OPEN:
            return self._next_probe is not None and self._clock() >= self._next_probe
        return self.position is Position.CLOSED

    @property
    def is_news(self) -> bool:
        """True while an outage concerns somebody: not when nobody has wanted to try for long, nothing waits for it."""
        wanted = self._next_probe is None or self._clock() - self._next_probe < _FORGOTTEN
        return self.position is not Position.CLOSED and wanted

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One operation that was admitted. A probe that ends without a verdict has said nothing: another one is due."""
        probing = self.position is Position.OPEN
        if probing:
            self.position, self._last_probe = Position.PROBING, self._clock()
        try:
            yield
        finally:
            if probing and self.position is Position.PROBING:
                self.position = Position.OPEN

    def succeed(self) -> bool:
        """The SII answered; True if that ends an outage."""
        self._failures = 0
        self._wait = FIRST_WAIT
        self._error = ""
        was_closed = self.position is Position.CLOSED
        if not was_closed:
            self.position, self.since, self._next_probe = Position.CLOSED, self._clock(), None
        return not was_closed

    def fail(self, error: str = "") -> bool:
        """A sign of an outage; True if the breaker is open now, so the attempt must not count."""
        self._failures += 1
        self._error = error
        if self.position is Position.PROBING:
            self._wait = min(self._wait * 2, LONGEST_WAIT)
            self._open()
        elif self.position is Position.CLOSED and self._failures >= FAILURES_TO_OPEN:
            self.since = self._clock()
            self._open()
        return self.position is not Position.CLOSED

    def describe(self) -> EstadoCorte:
        """How it stands, for others to read."""
        return EstadoCorte(
            posicion=self.position.value,
            desde=self.since,
            ultima_prueba=self._last_probe,
            proxima_prueba=self._next_probe,
            error=self._error,
        )

    def _open(self) -> None:
        wait = self._wait * (1 - SPREAD * self._luck())
        self.position, self._next_probe = Position.OPEN, self._clock() + wait

"""DTEBoxes, each behind breakers of its own: one company's box that is away stops nobody else's documents.

Which company speaks with which box is learnt from its operations. So of a company that this process has not met yet one
document is tried, and from then on all companies at the same box are known to wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from services.sender.breaker import Breaker, Position
from shared.clock import Clock
from shared.corte import EstadoCorte


class Cajas:
    """Breakers by host and kind of operation, made when they are first needed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._hosts: dict[str, str] = {}
        """By company."""

    def learn(self, emisor: str, host: str) -> None:
        """A company speaks with the box at this host, from now on."""
        self._hosts[emisor] = host

    def breaker(self, emisor: str, operacion: str) -> Breaker | None:
        """The breaker of a company's box; None for a company that has not been met yet."""
        host = self._hosts.get(emisor)
        if host is None:
            return None
        if (host, operacion) not in self._breakers:
            self._breakers[host, operacion] = Breaker(f"caja.{host}.{operacion}", self._clock)
        return self._breakers[host, operacion]

    def away(self, operacion: str) -> frozenset[str]:
        """The companies whose box is away, whether or not it is time to try it."""
        return self._companies(self._away(operacion))

    def resting(self, operacion: str) -> frozenset[str]:
        """Those of which nothing may go now: their box is away, and is being tried or is not to be tried yet."""
        return self._companies(host for host in self._away(operacion) if not self._breakers[host, operacion].admits())

    def describe(self) -> dict[str, EstadoCorte]:
        """The breakers that are not closed, by `caja.`, host and operation, for the heartbeat."""
        return {breaker.name: breaker.describe() for breaker in self._breakers.values() if breaker.is_news}

    def _away(self, operacion: str) -> list[str]:
        return [
            host
            for (host, what), breaker in self._breakers.items()
            if what == operacion and breaker.position is not Position.CLOSED
        ]

    def _companies(self, hosts: Iterable[str]) -> frozenset[str]:
        some = set(hosts)
        return frozenset(emisor for emisor, host in self._hosts.items() if host in some) if some else frozenset()

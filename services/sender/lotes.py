"""Groups deliveries into envelopes: when one closes, and whose turn it is. Pure; moves nothing by itself.

An envelope closes when it is full, or when it has waited for company long enough and no other envelope of its group is
under way. So while an upload of some seconds lasts, the next envelope fills: few uploads, and none of them late.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from shared.clock import Clock
from shared.dte.tipos import Canal

Pieza = TypeVar("Pieza")

LONGEST_COMPANY = timedelta(seconds=10)
"""After this time an envelope goes, even if another one of its group is still under way."""
_ROOM_FOR_CARATULA = 8_000
"""Bytes of an envelope that are not documents: carátula, signature and certificate."""


@dataclass(frozen=True, slots=True)
class Clave:
    """What the documents of one envelope have in common. `grupo` is the half of a refused envelope, if any."""

    canal: Canal
    emisor: str
    grupo: str | None = None


@dataclass(frozen=True, slots=True)
class Lote(Generic[Pieza]):
    """The deliveries that go into one envelope."""

    clave: Clave
    piezas: tuple[Pieza, ...]


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Pieza]):
    pieza: Pieza
    size: int
    since: datetime


class Lotes(Generic[Pieza]):
    """Deliveries that wait for their envelope, in order of arrival within each group."""

    def __init__(self, *, max_documentos: int, max_bytes: int, espera: timedelta, clock: Clock) -> None:
        self._max_documentos = max_documentos
        self._max_bytes = max_bytes - _ROOM_FOR_CARATULA
        self._espera = espera
        self._clock = clock
        self._groups: dict[Clave, deque[_Waiting[Pieza]]] = {}
        self._under_way: Counter[Clave] = Counter()

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))

    def add(self, clave: Clave, pieza: Pieza, size: int) -> None:
        """A delivery of `size` bytes arrives."""
        self._groups.setdefault(clave, deque()).append(_Waiting(pieza, size, self._clock()))

    def take(self) -> Lote[Pieza] | None:
        """The next envelope that is closed, which is under way from now on; None if there is none.

        The company with the fewest envelopes under way goes first, then the delivery that has waited longest.
        """
        ready = [clave for clave in self._groups if self._is_closed(clave)]
        if not ready:
            return None
        clave = min(ready, key=lambda each: (self._busy(each), self._groups[each][0].since))
        lote = self._cut(clave, self._count_fitting(clave))
        self.begin(clave)
        return lote

    def begin(self, clave: Clave) -> None:
        """One more envelope of this group is under way."""
        self._under_way[clave] += 1

    def finish(self, clave: Clave) -> None:
        """An envelope of this group is no longer under way."""
        self._under_way[clave] -= 1
        if not self._under_way[clave]:
            del self._under_way[clave]

    def drop(self) -> list[Pieza]:
        """Take out all that waits, to be given back."""
        groups, self._groups = self._groups, {}
        return [waiting.pieza for group in groups.values() for waiting in group]

    def next_close(self) -> datetime | None:
        """When the next envelope closes by its age, if no delivery comes before."""
        idle = (group for clave, group in self._groups.items() if not self._under_way[clave])
        return min((group[0].since + self._espera for group in idle), default=None)

    def _is_closed(self, clave: Clave) -> bool:
        group = self._groups[clave]
        if self._count_fitting(clave) < len(group) or len(group) == self._max_documentos:
            return True
        waited = self._clock() - group[0].since
        return waited >= (LONGEST_COMPANY if self._under_way[clave] else self._espera)

    def _count_fitting(self, clave: Clave) -> int:
        """How many deliveries, from the oldest on, one envelope takes; at least one."""
        total = 0
        for index, waiting in enumerate(self._groups[clave]):
            total += waiting.size
            if index and (index == self._max_documentos or total > self._max_bytes):
                return index
        return len(self._groups[clave])

    def _cut(self, clave: Clave, count: int) -> Lote[Pieza]:
        group = self._groups[clave]
        piezas = tuple(group.popleft().pieza for _ in range(count))
        if not group:
            del self._groups[clave]
        return Lote(clave, piezas)

    def _busy(self, clave: Clave) -> int:
        return sum(n for other, n in self._under_way.items() if other.emisor == clave.emisor)

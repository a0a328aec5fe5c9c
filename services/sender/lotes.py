"""Groups deliveries into envelopes: when one closes, and whose turn it is. Pure; moves nothing by itself.

An envelope closes when it is full, or when it has waited for company long enough and no other envelope of its group is
under way. So while an upload of some seconds lasts, the next envelope fills: few uploads, and none of them late.

Of the envelopes that are closed, urgent ones go first, three to one; within a priority the companies take turns.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from shared.clock import Clock
from shared.dte.tipos import Canal, Prioridad

Pieza = TypeVar("Pieza")

LONGEST_COMPANY = timedelta(seconds=10)
"""After this time an envelope goes, even if another one of its group is still under way."""
ALTAS_IN_A_ROW = 3
"""Urgent envelopes that go before an ordinary one that waits; the next turn is the ordinary one's."""
_ROOM_FOR_CARATULA = 8_000
"""Bytes of an envelope that are not documents: carátula, signature and certificate."""


@dataclass(frozen=True, slots=True)
class Clave:
    """What the documents of one envelope have in common. `grupo` is the half of a refused envelope, if any."""

    canal: Canal
    emisor: str
    grupo: str | None = None
    prioridad: Prioridad = Prioridad.NORMAL


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
        self._altas = 0
        """Urgent envelopes since the last ordinary one."""
        self._turns = 0
        self._last_turn: dict[tuple[Prioridad, str], int] = {}
        """When each company has last had a turn; not forgotten, or whoever comes back would always be the first."""

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))

    def add(self, clave: Clave, pieza: Pieza, size: int) -> None:
        """A delivery of `size` bytes arrives."""
        self._groups.setdefault(clave, deque()).append(_Waiting(pieza, size, self._clock()))

    def take(self) -> Lote[Pieza] | None:
        """The next envelope that is closed, which is under way from now on; None if there is none.

        Within its priority, the company with the fewest envelopes under way goes first, then the one whose last turn is
        the longest ago, then the delivery that has waited longest.
        """
        ready = [clave for clave in self._groups if self._is_closed(clave)]
        if not ready:
            return None
        prioridad = self._choose_prioridad({clave.prioridad for clave in ready})
        clave = min((each for each in ready if each.prioridad is prioridad), key=self._rank)
        lote = self._cut(clave, self._count_fitting(clave))
        self._altas = self._altas + 1 if prioridad is Prioridad.ALTA else 0
        self._turns += 1
        self._last_turn[prioridad, clave.emisor] = self._turns
        self.begin(clave)
        return lote

    def companies(self) -> frozenset[str]:
        """The companies of which something waits here or is under way."""
        return frozenset(clave.emisor for clave in (*self._groups, *self._under_way))

    def any_closed(self) -> bool:
        """True if `take` would give an envelope."""
        return any(map(self._is_closed, self._groups))

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
        return self._drop([*self._groups])

    def drop_of(self, emisores: Collection[str]) -> list[Pieza]:
        """Take out what waits of these companies."""
        return self._drop([clave for clave in self._groups if clave.emisor in emisores])

    def _drop(self, claves: Collection[Clave]) -> list[Pieza]:
        return [waiting.pieza for clave in claves for waiting in self._groups.pop(clave)]

    def next_close(self) -> datetime | None:
        """When the next envelope closes by its age, if no delivery comes before."""
        idle = (group for clave, group in self._groups.items() if not self._under_way[clave])
        return min((group[0].since + self._espera for group in idle), default=None)

    def _choose_prioridad(self, ready: Collection[Prioridad]) -> Prioridad:
        normal_is_due = self._altas >= ALTAS_IN_A_ROW and Prioridad.NORMAL in ready
        return Prioridad.ALTA if Prioridad.ALTA in ready and not normal_is_due else Prioridad.NORMAL

    def _rank(self, clave: Clave) -> tuple[int, int, datetime]:
        last_turn = self._last_turn.get((clave.prioridad, clave.emisor), 0)
        return self._busy(clave), last_turn, self._groups[clave][0].since

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
        """Envelopes under way of the same company and priority: what is urgent takes no turn from what is not."""
        same = (clave.emisor, clave.prioridad)
        return sum(n for other, n in self._under_way.items() if (other.emisor, other.prioridad) == same)

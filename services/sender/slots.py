"""The uploads that may be under way at one time, shared between the channels."""

from __future__ import annotations

import asyncio
from collections import Counter

from shared.dte.tipos import Canal
from shared.metrics import WORKERS_ACTIVOS


class Slots:
    """A free slot goes to the channel with the fewest uploads under way, then to the one that has waited longest."""

    def __init__(self, max_workers: int) -> None:
        self.max_workers = max_workers
        self.documentos = 0
        self._under_way: Counter[Canal] = Counter()
        self._waiting: dict[Canal, asyncio.Event] = {}
        """In the order in which they were told to wait."""

    @property
    def busy(self) -> int:
        return self._under_way.total()

    def admits(self, canal: Canal, wake: asyncio.Event) -> bool:
        """True if an upload of this channel may begin now; else `wake` is set as soon as it is worth asking again."""
        if self.busy < self.max_workers and not self._must_yield(canal):
            return True
        self._waiting.setdefault(canal, wake)
        return False

    def leave(self, canal: Canal) -> None:
        """This channel has nothing that waits for a slot: whoever made way for it may go on."""
        if self._waiting.pop(canal, None) is not None:
            self._wake_all()

    def take(self, canal: Canal, documentos: int) -> None:
        self._under_way[canal] += 1
        self.documentos += documentos
        WORKERS_ACTIVOS.inc()
        self.leave(canal)

    def give_back(self, canal: Canal, documentos: int) -> None:
        self._under_way[canal] -= 1
        self.documentos -= documentos
        WORKERS_ACTIVOS.dec()
        self._wake_all()

    def _must_yield(self, canal: Canal) -> bool:
        mine, before_me = self._under_way[canal], True
        for other in self._waiting:
            if other is canal:
                before_me = False
            elif self._under_way[other] < mine or (before_me and self._under_way[other] == mine):
                return True
        return False

    def _wake_all(self) -> None:
        for wake in self._waiting.values():
            wake.set()

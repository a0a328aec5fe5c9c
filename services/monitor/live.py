"""How a change reaches every browser: one refresher reads, one feed keeps what is newest, each client takes its share.

A client holds nothing here but the number of the last version that it has seen: a slow one skips versions instead of
filling a queue, and one that is gone leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from services.monitor.app import Monitor
from shared.lifecycle import repeat, stopped_within
from shared.metrics import NAVEGADORES

if TYPE_CHECKING:
    from shared.adapters.mongo import Conteos

REPOSO = timedelta(seconds=2)
"""The sources are read this often even when nothing says that they changed."""


class Feed:
    """The newest version of every fragment of the page, and those who wait for a newer one."""

    def __init__(self, refresco: timedelta, latido: timedelta = timedelta(seconds=5), *, plazas: int = 200) -> None:
        """A client gets at most one update in `refresco`, and at least a sign of life in `latido`.

        `plazas`: clients at one time.
        """
        self._plazas = plazas
        self._clientes = 0
        self._refresco = refresco
        self._latido = latido
        self._fragmentos: dict[str, tuple[int, str]] = {}
        self._version = 0
        self._changed = asyncio.Event()
        self._closed = asyncio.Event()

    def publish(self, fragmentos: Mapping[str, str]) -> None:
        """Make these the newest fragments; those that read as before are not sent again."""
        changed = {name: html for name, html in fragmentos.items() if self._fragmentos.get(name, (0, None))[1] != html}
        if changed:
            self._version += 1
            self._fragmentos |= {name: (self._version, html) for name, html in changed.items()}
            self._wake()

    @property
    def is_full(self) -> bool:
        """Whether one more client would be too many."""
        return self._clientes >= self._plazas

    async def follow(self) -> AsyncGenerator[dict[str, str]]:
        """All fragments first, then those that changed; none as a sign of life. Ends when the feed closes."""
        seen = 0
        with NAVEGADORES.track_inprogress(), self._seated():
            while not self._closed.is_set():
                news = {name: html for name, (version, html) in self._fragmentos.items() if version > seen}
                seen = self._version
                yield news
                await stopped_within(self._closed, self._refresco)
                if self._version == seen:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._latido.total_seconds()):
                            await self._changed.wait()

    async def close_at(self, stop: asyncio.Event) -> None:
        """Send every client away once the service stops: an open stream would keep it from ending."""
        await stop.wait()
        self._closed.set()
        self._wake()

    @contextlib.contextmanager
    def _seated(self) -> Iterator[None]:
        self._clientes += 1
        try:
            yield
        finally:
            self._clientes -= 1

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Refresher:
    """Reads the two sources, each in its own loop so that one that hangs does not hold up the other."""

    def __init__(self, monitor: Monitor, publish: Callable[[], None], refresco: timedelta) -> None:
        self._monitor = monitor
        self._publish = publish
        self._refresco = refresco
        self._nudges = (asyncio.Event(), asyncio.Event())

    async def run(self, conteos: Conteos, stop: asyncio.Event) -> None:
        """Until `stop`: read at once, after every change that was counted, and anyway every `REPOSO`."""
        base, broker = self._nudges
        async with asyncio.TaskGroup() as loops:
            loops.create_task(
                repeat(partial(self._observe, self._monitor.observe_base), stop, every=REPOSO, nudge=base)
            )
            loops.create_task(
                repeat(partial(self._observe, self._monitor.observe_broker), stop, every=REPOSO, nudge=broker)
            )
            watching = loops.create_task(repeat(partial(self._watch, conteos), stop, every=REPOSO))
            await stop.wait()
            watching.cancel()  # it waits for a change that may never come

    async def _observe(self, observe: Callable[[], Awaitable[None]]) -> bool:
        await observe()
        self._publish()
        await asyncio.sleep(self._refresco.total_seconds())  # changes of this time are read together
        return False

    async def _watch(self, conteos: Conteos) -> bool:
        async for _ in conteos.changes():
            for nudge in self._nudges:
                nudge.set()
        return False

"""A dead-letter queue: kept equal to what MongoDB says is parked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable

from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from shared.adapters.rabbit.connection import connect, translated
from shared.adapters.rabbit.topology import DLQ, declare_topology
from shared.settings import Settings

StillParked = Callable[[Collection[str]], Awaitable[set[str]]]
"""Which of these documents are parked at this moment."""

_BATCH = 32
"""The broker holds back further acks of a quorum queue while 32 are not yet on its log, and forgets those when the
channel closes: so many of them, and then a question to the queue, whose answer comes after them."""
_HEAD = 1_000
_ALL = 1_000_000
"""Messages looked at. Even of the whole queue: what is parked meanwhile must not keep a sweep going for ever."""


class DeadLetters:
    """Takes out of the queue what no longer belongs there."""

    def __init__(self, settings: Settings, name: str, queue: str = DLQ) -> None:
        self._settings = settings
        self._queue = queue
        self._name = f"{name} barre"

    async def sweep(self, still_parked: StillParked) -> int:
        """Drop messages whose document has moved on, or is there twice; the others stay. Gives how many were dropped.

        Of a long queue only the first thousand messages are looked at: `sweep_all` looks at every one.

        The database is the truth and is asked while the messages are in our hands, so a document that is parked again
        meanwhile keeps its newer message: that one was published after we had taken ours.
        """
        return await self._sweep(still_parked, looked_at=_HEAD)

    async def sweep_all(self, still_parked: StillParked) -> int:
        """The same for the whole queue, at a thousand messages or so a second. Nothing may be hidden behind others."""
        return await self._sweep(still_parked, looked_at=_ALL)

    async def _sweep(self, still_parked: StillParked, *, looked_at: int) -> int:
        dropped = 0
        kept: set[str] = set()
        with translated():
            connection = await connect(self._settings, self._name)
            async with connection, connection.channel() as channel:
                queue = (await declare_topology(channel, self._settings.ambiente))[self._queue]
                for _ in range(0, looked_at, _BATCH):
                    taken = await _take(queue)
                    parked = await still_parked({_document(message) for message in taken})
                    superfluous = _find_superfluous(taken, parked, kept)
                    await asyncio.gather(*(message.ack() for message in superfluous))
                    dropped += len(superfluous)
                    if len(taken) < _BATCH:
                        break
                await queue.get(fail=False)  # the last acks are on the log before its answer
        return dropped  # with the channel, the broker puts back what is to stay, each in its place


async def _take(queue: AbstractQueue) -> list[AbstractIncomingMessage]:
    taken: list[AbstractIncomingMessage] = []
    while len(taken) < _BATCH and (message := await queue.get(fail=False)) is not None:
        taken.append(message)
    return taken


def _document(message: AbstractIncomingMessage) -> str:
    return str(message.headers.get("id", ""))


def _find_superfluous(
    taken: Iterable[AbstractIncomingMessage], parked: Collection[str], kept: set[str]
) -> list[AbstractIncomingMessage]:
    """All but the first message of each document in `parked`; `kept` remembers these documents."""
    superfluous = []
    for message in taken:
        id_ = _document(message)
        if id_ in parked and id_ not in kept:
            kept.add(id_)
        else:
            superfluous.append(message)
    return superfluous

"""A dead-letter queue: kept equal to what MongoDB says is parked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from shared.adapters.rabbit.connection import connection_arguments, translated
from shared.adapters.rabbit.topology import DLQ, declare_topology
from shared.settings import Settings

StillParked = Callable[[Collection[str]], Awaitable[set[str]]]
"""Which of these documents are parked at this moment."""

_BATCH = 1_000


class DeadLetters:
    """Takes out of the queue what no longer belongs there."""

    def __init__(self, settings: Settings, name: str, queue: str = DLQ) -> None:
        self._settings = settings
        self._queue = queue
        self._name = f"{name} barre"

    async def sweep(self, still_parked: StillParked) -> int:
        """Drop messages whose document has moved on, or is there twice; the others stay. Gives how many were dropped.

        The database is the truth and is asked while the messages are in our hands, so a document that is parked again
        meanwhile keeps its newer message: that one was published after we had taken ours.
        """
        with translated():
            connection = await aio_pika.connect(**connection_arguments(self._settings, self._name))
            async with connection, connection.channel() as channel:
                queue = (await declare_topology(channel, self._settings.ambiente))[self._queue]
                taken: list[AbstractIncomingMessage] = []
                while len(taken) < _BATCH and (message := await queue.get(fail=False)) is not None:
                    taken.append(message)
                keep = await still_parked({_document(message) for message in taken})
                kept, dropped = _divide(taken, keep)
                await asyncio.gather(*(message.ack() for message in dropped))
                await asyncio.gather(*(message.nack(requeue=True) for message in kept))
                return len(dropped)


def _document(message: AbstractIncomingMessage) -> str:
    return str(message.headers.get("id", ""))


def _divide(
    taken: list[AbstractIncomingMessage], keep: set[str]
) -> tuple[list[AbstractIncomingMessage], list[AbstractIncomingMessage]]:
    """The first message of each document in `keep`, and all the others."""
    firsts = {_document(message): message for message in reversed(taken) if _document(message) in keep}
    kept = list(firsts.values())
    return kept, [message for message in taken if firsts.get(_document(message)) is not message]

"""The test's own hand in the broker: bind a queue, look into one, break something."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from shared.adapters.rabbit.connection import connect
from shared.adapters.rabbit.topology import declare_topology
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Broker:
    channel: AbstractChannel

    async def bind(self, exchange: str, routing_key: str, name: str = "prueba") -> str:
        """A queue of the test's own that gets what `routing_key` matches."""
        queue = await self.channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(exchange, routing_key)
        return name

    async def unbind(self, queue: str, exchange: str, routing_key: str) -> None:
        await (await self.channel.get_queue(queue)).unbind(exchange, routing_key)

    async def put(self, queue: str, body: bytes, **properties: Any) -> None:
        await self.channel.default_exchange.publish(aio_pika.Message(body, **properties), queue)

    async def pop(self, queue: str) -> AbstractIncomingMessage | None:
        """The first message of a queue, taken off it."""
        return await (await self.channel.get_queue(queue, ensure=False)).get(no_ack=True, fail=False)

    async def drain(self, queue: str) -> list[AbstractIncomingMessage]:
        messages = []
        while (message := await self.pop(queue)) is not None:
            messages.append(message)
        return messages

    async def depth(self, queue: str) -> int:
        declared = await self.channel.declare_queue(queue, passive=True)
        return declared.declaration_result.message_count or 0


@asynccontextmanager
async def open_broker(settings: Settings, *, declared: bool = True) -> AsyncIterator[Broker]:
    """A channel on this test's virtual host, with Posta's topology on it unless the test is about that."""
    connection = await connect(settings, "prueba")
    async with connection:
        channel = await connection.channel()
        if declared:
            await declare_topology(
                channel, settings.ambiente
            )  # whoever puts something in must not be quicker than whoever consumes
        yield Broker(channel)

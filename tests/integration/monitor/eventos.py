"""A browser's end of the event stream, without the browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.conditions import eventually


class Oyente:
    """Takes all that the stream says, for as long as it is open."""

    def __init__(self) -> None:
        self.fragmentos: dict[str, str] = {}
        self.updates = 0
        self.ended = False

    def shows(self, name: str, text: str) -> bool:
        return text in self.fragmentos.get(name, "")

    async def wait_for(self, name: str, text: str) -> None:
        """Return once that fragment has that text."""
        await eventually(lambda: self.shows(name, text))

    async def follow(self, client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/api/eventos", timeout=None) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    self.fragmentos |= json.loads(line.removeprefix("data: "))
                    self.updates += 1
        self.ended = True


@asynccontextmanager
async def listening(client: httpx.AsyncClient, cuantos: int = 1) -> AsyncIterator[list[Oyente]]:
    """So many listeners, each with all fragments already."""
    oyentes = [Oyente() for _ in range(cuantos)]
    tasks = [asyncio.ensure_future(oyente.follow(client)) for oyente in oyentes]
    try:
        await eventually(lambda: all(len(oyente.fragmentos) >= 8 for oyente in oyentes))
        yield oyentes
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

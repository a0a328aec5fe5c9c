"""The event stream of one browser (server-sent events, WHATWG HTML §9.2)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

from services.monitor.live import Feed

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

LENTO = timedelta(seconds=20)
"""A client that takes nothing for this long is let go; if it still lives it connects again."""


class EventStream(StreamingResponse):
    """All of the page first, then what changes, for as long as the client takes it and may see it."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, may_see: Callable[[], Awaitable[bool]], lento: timedelta = LENTO) -> None:
        self._events = _encode(feed, may_see)
        super().__init__(self._events, headers={"X-Accel-Buffering": "no"})
        self._lento = lento.total_seconds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_bounded(message: Message) -> None:
            async with asyncio.timeout(self._lento):
                await send(message)

        # Whoever went away in the middle of a send leaves the generator suspended: it has to be told.
        async with contextlib.aclosing(self._events):
            with contextlib.suppress(TimeoutError):
                await super().__call__(scope, receive, send_bounded)


async def _encode(feed: Feed, may_see: Callable[[], Awaitable[bool]]) -> AsyncGenerator[str]:
    yield "retry: 2000\n\n"
    async with contextlib.aclosing(feed.follow()) as news:
        async for fragmentos in news:
            # A comment would keep the connection open as well, but the page could not see it.
            if not await may_see():
                return
            clase = "panel" if fragmentos else "latido"
            yield f"event: {clase}\ndata: {json.dumps(fragmentos, ensure_ascii=False)}\n\n"

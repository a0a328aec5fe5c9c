"""The feed: everything first, then changes, no faster than agreed, and nothing left behind."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from services.monitor.eventos import EventStream
from services.monitor.live import Feed
from shared.metrics import NAVEGADORES
from tests.conditions import LIMIT, eventually

AT_ONCE = timedelta(0)


def watching() -> float:
    return float(NAVEGADORES._value.get())


async def test_a_follower_gets_everything_first_and_then_only_what_changed() -> None:
    feed = Feed(AT_ONCE)
    feed.publish({"cifras": "1", "colas": "a"})
    async with aclosing(feed.follow()) as news:
        assert await anext(news) == {"cifras": "1", "colas": "a"}
        feed.publish({"cifras": "2", "colas": "a"})
        assert await anext(news) == {"cifras": "2"}


async def test_a_change_wakes_a_follower_that_waits() -> None:
    feed = Feed(AT_ONCE, latido=timedelta(hours=1))
    feed.publish({"cifras": "1"})
    async with aclosing(feed.follow()) as news:
        await anext(news)
        waiting = asyncio.ensure_future(anext(news))
        await asyncio.sleep(0)
        feed.publish({"cifras": "2"})
        assert await asyncio.wait_for(waiting, LIMIT) == {"cifras": "2"}


async def test_what_reads_as_before_is_not_news_but_a_sign_of_life_comes() -> None:
    feed = Feed(AT_ONCE, latido=timedelta(seconds=0.05))
    feed.publish({"cifras": "1"})
    async with aclosing(feed.follow()) as news:
        await anext(news)
        feed.publish({"cifras": "1"})
        assert await asyncio.wait_for(anext(news), LIMIT) == {}


async def test_a_slow_follower_skips_versions_and_ends_with_the_newest() -> None:
    feed = Feed(AT_ONCE)
    feed.publish({"cifras": "1", "colas": "a"})
    async with aclosing(feed.follow()) as news:
        await anext(news)
        for number in range(2, 500):
            feed.publish({"cifras": str(number), "colas": "b"})
        assert await anext(news) == {"cifras": "499", "colas": "b"}


async def test_updates_keep_their_distance() -> None:
    feed = Feed(timedelta(seconds=1))
    feed.publish({"cifras": "1"})
    async with aclosing(feed.follow()) as news:
        await anext(news)
        feed.publish({"cifras": "2"})
        waiting = asyncio.ensure_future(anext(news))
        await asyncio.sleep(0)  # without a distance it would have taken the 2 in this turn of the loop
        feed.publish({"cifras": "3"})
        assert await asyncio.wait_for(waiting, LIMIT) == {"cifras": "3"}


async def test_when_the_service_stops_every_follower_is_sent_away() -> None:
    feed, stop = Feed(AT_ONCE, latido=timedelta(hours=1)), asyncio.Event()
    closing = asyncio.ensure_future(feed.close_at(stop))
    feed.publish({"cifras": "1"})
    following = [asyncio.ensure_future(_drain(feed)) for _ in range(3)]
    await eventually(lambda: watching() == 3)
    stop.set()
    assert await asyncio.wait_for(asyncio.gather(*following), LIMIT) == [[{"cifras": "1"}]] * 3
    await closing
    assert watching() == 0


async def _drain(feed: Feed) -> list[dict[str, str]]:
    return [news async for news in feed.follow()]


class Client:
    """The browser's end of an ASGI connection; takes `patience` messages and then no more."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.received: list[str] = []
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if len(self.received) >= self.patience:
            await asyncio.Event().wait()
        self.received.append(message.get("body", b"").decode())


def streaming(feed: Feed, client: Client, lento: float) -> asyncio.Future[None]:
    stream = EventStream(feed, _allowed, timedelta(seconds=lento))
    return asyncio.ensure_future(stream({"type": "http"}, client.receive, client.send))


async def test_the_stream_speaks_the_language_of_server_sent_events() -> None:
    feed, client = Feed(AT_ONCE, latido=timedelta(seconds=0.05)), Client(patience=9)
    feed.publish({"cifras": "<b>ñ</b>\nfin"})
    stream = streaming(feed, client, lento=60)
    await eventually(lambda: len(client.received) >= 4)
    client.gone.set()
    await asyncio.wait_for(stream, LIMIT)
    _, retry, panel, latido = client.received[:4]
    assert retry == "retry: 2000\n\n"
    assert (
        panel == f"event: panel\ndata: {json.dumps({'cifras': '<b>ñ</b>' + chr(10) + 'fin'}, ensure_ascii=False)}\n\n"
    )
    assert latido == "event: latido\ndata: {}\n\n"


async def test_a_client_that_went_away_leaves_nothing_behind() -> None:
    feed, client = Feed(AT_ONCE), Client(patience=99)
    feed.publish({"cifras": "1"})
    stream = streaming(feed, client, lento=60)
    await eventually(lambda: watching() == 1)
    client.gone.set()
    await asyncio.wait_for(stream, LIMIT)
    await eventually(lambda: watching() == 0)


async def test_a_client_that_takes_nothing_is_let_go() -> None:
    feed, client = Feed(AT_ONCE), Client(patience=2)
    feed.publish({"cifras": "1"})
    await asyncio.wait_for(streaming(feed, client, lento=0.05), LIMIT)
    await eventually(lambda: watching() == 0)


async def _allowed() -> bool:
    return True

"""The monitor as a process: wiring only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from services.monitor.app import Monitor
from services.monitor.cabeceras import Cabeceras
from services.monitor.live import Feed, Refresher
from services.monitor.paginas import Paginas
from services.monitor.replay import Replay
from services.monitor.web import create_app
from shared.adapters.mongo import Store
from shared.adapters.rabbit import DeadLetters
from shared.adapters.rabbit.depths import Depths
from shared.adapters.rabbit.topology import COLAS
from shared.clock import now
from shared.errors import Invalid
from shared.lifecycle import process_name, run_service, serve_http, until_available
from shared.log import configure_logging
from shared.settings import Settings


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; gives the exit status."""
    configure_logging(settings.log_format, settings.log_level)
    return run_service(partial(serve, settings))


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop`. MongoDB and RabbitMQ may be away, at the start too: the page says so."""
    process = process_name("monitor")
    store, depths = Store(settings, now, process), Depths(settings, process)
    monitor = Monitor(store, depths, [cola.nombre for cola in COLAS], settings=settings, clock=now)
    paginas = Paginas(settings.ambiente, now)
    feed = Feed(settings.monitor_refresco)
    refresher = Refresher(
        monitor, lambda: feed.publish(paginas.render_fragmentos(monitor.panel())), settings.monitor_refresco
    )
    app = Cabeceras(create_app(monitor, feed, paginas))
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(until_available(store.check_ambiente, stop))
            group.create_task(refresher.run(store.documents, stop))
            group.create_task(feed.close_at(stop))
            group.create_task(serve_http(app, settings.monitor_host, settings.monitor_port, stop))
    finally:
        await depths.close()
        await store.close()


@asynccontextmanager
async def open_replay(settings: Settings) -> AsyncIterator[Replay]:
    """The replay's use cases over this installation, for the command line."""
    process = process_name("replay")
    store = Store(settings, now, process)
    try:
        await store.check_ambiente()
        yield Replay(store.documents, store.moves, DeadLetters(settings, process))
    finally:
        await store.close()


async def show_document(settings: Settings, id_: str) -> Mapping[str, object]:
    """The record of one document as plain values. Invalid if there is none with this id."""
    store = Store(settings, now, process_name("show"))
    try:
        await store.check_ambiente()
        dte = await store.documents.get(id_)
    finally:
        await store.close()
    if dte is None:
        raise Invalid.one("id", "POSTA-MON-01", f"no hay un documento «{id_}»: la forma es RUT-tipo-folio")
    return dte.model_dump(mode="json", exclude_none=True)

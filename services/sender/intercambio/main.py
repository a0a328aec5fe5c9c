"""The exchange copies' part of the sender: wiring only."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from services.sender.firmantes import Firmantes
from services.sender.intercambio.admin import AdminCopias
from services.sender.intercambio.app import Copias
from services.sender.intercambio.cola import Cola
from services.sender.intercambio.rescate import RescateCopias
from shared.adapters.keystore import Boveda
from shared.adapters.mongo import Store
from shared.adapters.mongo.auditoria import Registro
from shared.adapters.rabbit import (
    INTERCAMBIO,
    INTERCAMBIO_DLQ,
    Consumer,
    DeadLetters,
    Depths,
    Publisher,
    Watchdog,
)
from shared.adapters.smtp import Smtp
from shared.clock import now
from shared.lifecycle import operator_name, process_name, repeat
from shared.settings import Settings

_PREFETCH = 100
_OUTBOX = timedelta(milliseconds=500)
_RESCUE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Intercambio:
    """What runs, put together."""

    consumer: Consumer
    copias: Copias
    cola: Cola
    watchdog: Watchdog
    rescate: RescateCopias

    def start_loops(self, loops: asyncio.TaskGroup, settings: Settings, stop: asyncio.Event) -> None:
        """Everything that goes on until `stop`; call `cola.start` before."""
        loops.create_task(self.cola.run(stop))
        loops.create_task(repeat(self.watchdog.step, stop, every=settings.consumo_vencido / 3))
        loops.create_task(repeat(self.rescate.publish, stop, every=_OUTBOX))
        loops.create_task(repeat(self.rescate.release, stop, every=_RESCUE))


def wire(
    settings: Settings,
    store: Store,
    publisher: Publisher,
    firmantes: Firmantes,
    boveda: Boveda,
    *,
    process: str,
    stop: asyncio.Event,
    closing: contextlib.AsyncExitStack,
) -> Intercambio:
    """The parts over the sender's own database and publisher; what has to be closed goes on the stack."""
    consumer = Consumer(settings, f"{process} intercambio", _PREFETCH)
    depths, seen = Depths(settings, f"{process} intercambio"), Depths(settings, f"{process} intercambio vigila")
    for close in (depths.close, seen.close, consumer.close):
        closing.push_async_callback(close)
    smtp = Smtp(settings.smtp_timeout)
    copias = Copias(store, publisher, firmantes, smtp, boveda, settings=settings, clock=now, process=process, stop=stop)
    rescate = RescateCopias(
        store,
        publisher,
        depths,
        DeadLetters(settings, f"{process} intercambio", INTERCAMBIO_DLQ),
        queue=INTERCAMBIO,
        settings=settings,
        clock=now,
    )
    watchdog = Watchdog(consumer, seen, patience=settings.consumo_vencido, clock=now)
    return Intercambio(consumer, copias, Cola(INTERCAMBIO, consumer, copias), watchdog, rescate)


@asynccontextmanager
async def open_copias(settings: Settings, motivo: str = "") -> AsyncIterator[AdminCopias]:
    """The use cases over this installation's database, for the command line."""
    store = Store(settings, now, process_name("intercambio"))
    try:
        await store.prepare()
        yield AdminCopias(store.intercambios, Registro(store.auditoria, operator_name(), motivo))
    finally:
        await store.close()

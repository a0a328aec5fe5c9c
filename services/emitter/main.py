"""The emitter as a process, and administration for the command line: wiring only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI

from services.emitter.app import Emitter
from services.emitter.busqueda import Busqueda, create_busqueda_router
from services.emitter.firmantes import Cafs, Empresas
from services.emitter.folios import FolioLedger
from services.emitter.intake_admin import create_folio_router
from services.emitter.intake_amqp import AmqpIntake
from services.emitter.intake_http import Pos, create_app
from services.emitter.limites import Limites
from services.emitter.lote import Lote, create_lote_router
from services.emitter.relay import RELEVO, Relay
from services.emitter.representacion import Representaciones, create_router
from services.emitter.retencion import Liberacion
from services.emitter.terminals import Terminals
from services.emitter.vigencias import Vigencias
from services.emitter.vigia import Vigia
from shared.adapters.emisores import Emisores
from shared.adapters.keystore import Boveda, open_certificado
from shared.adapters.mongo import Heartbeat, Store
from shared.adapters.mongo.auditoria import Registro
from shared.adapters.rabbit import VENTAS_DLQ, VENTAS_QUEUE, Consumer, Depths, Publisher, Watchdog
from shared.adapters.uf import ValoresUf
from shared.administracion.main import create_caf_admin, open_boveda, read_folio_umbrales
from shared.clock import now
from shared.errors import Unavailable
from shared.lifecycle import process_name, repeat, run_service, serve_http, until_available
from shared.log import configure_logging
from shared.messages import DteConXml, Latido
from shared.settings import Settings, read_admin_token

_SETTLE = timedelta(seconds=1)
_VIGENCIAS = timedelta(minutes=1)
_LIBERAR = timedelta(seconds=1)


def run(settings: Settings) -> int:
    """Issue documents until SIGTERM or SIGINT; gives the exit status."""
    configure_logging(settings.log_format, settings.log_level)
    return run_service(partial(serve, settings))


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Issue documents until `stop`; then take no more, finish what is in hand, and end."""
    process = process_name("emitter")
    boveda = open_boveda(settings)
    store, publisher = Store(settings, now, process), Publisher(settings, process)
    consumer = Consumer(settings, process, settings.emitter_lote_max)
    ledger = FolioLedger(
        store.folios, store.documents, store.latidos, now, process=process, vencido=settings.latido_vencido
    )
    vigia = Vigia(store.folios, ledger, partial(read_folio_umbrales, settings, store), now)
    emisores = Emisores(store.companies, boveda, open_certificado, now)
    limites = Limites(emisores.known, now, por_segundo=settings.terminal_por_segundo, rafaga=settings.terminal_rafaga)
    nudge, closing = asyncio.Event(), asyncio.Event()
    relay = Relay(store.documents, store.relevos, publisher, nudge)
    emitter = _create_emitter(settings, store, boveda, ledger, emisores, announce=relay.offer)
    terminals = Terminals(store.companies, limites, now, plazo=settings.mongo_timeout)
    heartbeat = Heartbeat(store.latidos, process, partial(_measure, process, emitter, settings.emitter_hilos, consumer))
    http = _create_http(settings, store, boveda, emitter, terminals, stop=stop)
    seen = Depths(settings, f"{process} vigila")
    amqp = _create_amqp(settings, emitter, terminals, consumer=consumer, seen=seen, publisher=publisher)
    intakes = [serve_http(http, settings.emitter_host, settings.emitter_port, stop), amqp.run(stop)]
    loops = [
        _commit(store, vigia, emitter, stop, closing),
        relay.run(closing),
        repeat(relay.take_turn, closing, every=RELEVO),
        repeat(Liberacion(store.retenidos, store.moves, nudge).step, closing, every=_LIBERAR),
        repeat(ledger.settle_due, closing, every=_SETTLE, nudge=ledger.nudge),
        repeat(vigia.review, closing, every=settings.folios_revision),
        repeat(Vigencias(store.companies, now).review, closing, every=_VIGENCIAS),
        repeat(ledger.rescue, closing, every=settings.latido_vencido / 3),
        repeat(heartbeat.beat, closing, every=settings.latido),
    ]
    try:
        await _run_until_closed(intakes, loops, relay.listen(), closing)
        with suppress(Unavailable):
            await ledger.close()
            await heartbeat.stop()
            await store.relevos.leave()
    finally:
        await consumer.close()
        await seen.close()
        await publisher.close()
        await store.close()


def _create_emitter(
    settings: Settings,
    store: Store,
    boveda: Boveda,
    ledger: FolioLedger,
    emisores: Emisores,
    *,
    announce: Callable[[Sequence[DteConXml]], None],
) -> Emitter:
    return Emitter(
        store.documents,
        ledger,
        Empresas(emisores),
        Cafs(store.folios, boveda),
        now,
        lote_max=settings.emitter_lote_max,
        hilos=settings.emitter_hilos,
        plazo=settings.mongo_timeout,
        find_uf=ValoresUf(settings.uf_file).find,
        announce=announce,
    )


def _create_amqp(
    settings: Settings,
    emitter: Emitter,
    terminals: Terminals,
    *,
    consumer: Consumer,
    seen: Depths,
    publisher: Publisher,
) -> AmqpIntake:
    return AmqpIntake(
        emitter,
        terminals,
        consumer,
        publisher,
        watchdog=Watchdog(consumer, seen, patience=settings.consumo_vencido, clock=now),
        watch_every=settings.consumo_vencido / 3,
        clock=now,
        queue=VENTAS_QUEUE,
        dlq=VENTAS_DLQ,
    )


def _create_http(
    settings: Settings, store: Store, boveda: Boveda, emitter: Emitter, terminals: Terminals, *, stop: asyncio.Event
) -> FastAPI:
    pos = Pos(emitter, terminals, store.documents, store.ping)
    lote = Lote(emitter, terminals, stop, ventana=3 * emitter.espera.cupo_lote)
    representaciones = Representaciones(pos.find_own, store.documents, store.companies)
    busqueda = create_busqueda_router(Busqueda(terminals, store.documents, store.listado))
    folios = _create_folio_router(settings, store, boveda)
    return create_app(pos, busqueda, create_lote_router(lote), create_router(representaciones), folios)


def _measure(process: str, emitter: Emitter, hilos: int, consumer: Consumer) -> Latido:
    """How busy this emitter is."""
    en_vuelo = len(emitter.espera)
    activos = min(en_vuelo, hilos)
    return Latido(
        id=process,
        servicio="emitter",
        momento=now(),
        workers_activos=activos,
        max_workers=hilos,
        en_vuelo=en_vuelo,
        en_mano=consumer.in_hand,
    )


async def _commit(store: Store, vigia: Vigia, emitter: Emitter, stop: asyncio.Event, closing: asyncio.Event) -> None:
    """No sale is taken before the unique indexes are there, which keep it single, and who has folios is known."""
    await until_available(store.prepare, stop)
    await until_available(vigia.review, stop)
    await until_available(emitter.warm, stop)
    await emitter.run(closing)


async def _run_until_closed(
    intakes: list[Coroutine[Any, Any, None]],
    loops: list[Coroutine[Any, Any, None]],
    listening: Coroutine[Any, Any, None],
    closing: asyncio.Event,
) -> None:
    """Everything at once; when the ways in have ended, the loops end too. One that dies takes the service with it."""
    async with asyncio.TaskGroup() as background:
        for loop in loops:
            background.create_task(loop)
        listener = background.create_task(listening)
        async with asyncio.TaskGroup() as ways_in:
            for intake in intakes:
                ways_in.create_task(intake)
        closing.set()
        listener.cancel()


def _create_folio_router(settings: Settings, store: Store, boveda: Boveda) -> APIRouter:
    registro = Registro(store.auditoria, "token de administración", "por HTTP")
    return create_folio_router(create_caf_admin(settings, store, registro, boveda), read_admin_token(settings))

"""The sender as a process: wiring only."""

from __future__ import annotations

import asyncio
import contextlib
from collections import ChainMap
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import chain

from services.sender.app import Sender
from services.sender.dispatch import Dispatcher, receiver
from services.sender.en_pausa import EnPausa
from services.sender.firmantes import Firmantes
from services.sender.gate import Gate
from services.sender.inquiry import Inquiry
from services.sender.intercambio.main import Intercambio, wire
from services.sender.outcomes import Outcomes
from services.sender.plazos import RelojPlazos
from services.sender.reconcile import Reconciler
from services.sender.reparto import Reparto
from services.sender.rescue import Rescue
from services.sender.revision import Revision
from services.sender.ritmo import Ritmo
from services.sender.slots import Slots
from services.sender.status import Verdicts
from services.sender.vias import Vias
from services.sender.web import create_app
from shared.adapters.dtebox.client import Dtebox
from shared.adapters.emisores import Emisores
from shared.adapters.keystore import Boveda, open_certificado
from shared.adapters.mongo import Heartbeat, Store
from shared.adapters.mongo.auditoria import Registro
from shared.adapters.rabbit import Consumer, DeadLetters, Depths, Publisher, Watchdog, work_queue
from shared.adapters.sii.client import Sii
from shared.adapters.sii.endpoints import endpoints_for
from shared.adapters.transport import Transport
from shared.clock import now
from shared.corte import EstadoCorte
from shared.dte.plazo import Plazos
from shared.dte.tipos import Canal, Prioridad
from shared.lifecycle import operator_name, process_name, repeat, run_service, serve_http, until_available
from shared.log import configure_logging
from shared.messages import Latido
from shared.settings import Settings, require_file

_IDLE = timedelta(milliseconds=500)
_RESCUE = timedelta(seconds=2)
_REPARTO = timedelta(seconds=1)
_VERDICT_LOOPS = 2


def run(settings: Settings) -> int:
    """Deliver until SIGTERM or SIGINT; gives the exit status."""
    configure_logging(settings.log_format, settings.log_level)
    return run_service(partial(serve, settings))


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Deliver until `stop`, then let uploads under way end within a bound."""
    async with contextlib.AsyncExitStack() as closing:
        parts = _wire(settings, stop, closing)
        ended = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            web = create_app(parts.store.ping)
            group.create_task(serve_http(web, settings.sender_host, settings.sender_port, stop))
            await until_available(parts.store.prepare, stop)
            await until_available(parts.heartbeat.beat, stop)  # before the first upload: others must know that we live
            await until_available(parts.en_pausa.refresh, stop)  # before the first delivery: a pause outlives us
            await until_available(parts.start_consuming, stop)
            await until_available(parts.intercambio.cola.start, stop)
            group.create_task(repeat(parts.heartbeat.beat, ended, every=settings.latido))  # also while uploads end
            await _run_loops(parts, settings, stop)
            ended.set()


async def _run_loops(parts: Parts, settings: Settings, stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as loops:
        for dispatcher in parts.dispatchers.values():
            loops.create_task(dispatcher.run(stop))
        parts.intercambio.start_loops(loops, settings, stop)
        for _ in range(_VERDICT_LOOPS):
            loops.create_task(repeat(parts.verdicts.step, stop, every=_IDLE))
        loops.create_task(repeat(parts.watchdog.step, stop, every=settings.consumo_vencido / 3))
        loops.create_task(repeat(parts.reconciler.step, stop, every=_IDLE))
        loops.create_task(repeat(parts.reconciler.sweep, stop, every=settings.latido))
        loops.create_task(repeat(parts.plazos.review, stop, every=_RESCUE))
        loops.create_task(repeat(parts.reparto.step, stop, every=_REPARTO))
        loops.create_task(repeat(parts.rescue.find_lost, stop, every=_RESCUE))
        loops.create_task(repeat(parts.rescue.release_parked, stop, every=_RESCUE))
        loops.create_task(repeat(parts.rescue.release_held, stop, every=_IDLE))
        loops.create_task(repeat(parts.en_pausa.refresh, stop, every=_IDLE))


@contextlib.asynccontextmanager
async def open_revision(settings: Settings, motivo: str = "") -> AsyncIterator[Revision]:
    """What an operator may look at and hurry in this installation, for the command line."""
    configure_logging(settings.log_format, "WARNING")
    async with contextlib.AsyncExitStack() as closing:
        boveda = Boveda.from_file(require_file(settings.llave_maestra_file, "llave_maestra_file"))
        store = Store(settings, now, process_name("reconcile"))
        closing.push_async_callback(store.close)
        await store.check_ambiente()
        emisores = Emisores(store.companies, boveda, open_certificado, now)
        gate = Gate(now, EnPausa(store.pausas))
        yield Revision(
            store,
            gate,
            _open_vias(settings, emisores, Firmantes(emisores), closing),
            Inquiry(store, gate, now),
            Registro(store.auditoria, operator_name(), motivo),
            settings=settings,
            clock=now,
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs, put together."""

    store: Store
    heartbeat: Heartbeat
    start_consuming: Callable[[], Awaitable[None]]
    watchdog: Watchdog
    dispatchers: Mapping[Canal, Dispatcher]
    verdicts: Verdicts
    reconciler: Reconciler
    rescue: Rescue
    plazos: RelojPlazos
    en_pausa: EnPausa
    reparto: Reparto
    intercambio: Intercambio


def _wire(settings: Settings, stop: asyncio.Event, closing: contextlib.AsyncExitStack) -> Parts:
    """Everything that the sender is made of; what has to be closed goes on the stack, the database last."""
    process = process_name("sender")
    boveda = Boveda.from_file(require_file(settings.llave_maestra_file, "llave_maestra_file"))
    store, publisher = Store(settings, now, process), Publisher(settings, process)
    consumer, depths = Consumer(settings, process, settings.prefetch), Depths(settings, process)
    gate, slots = Gate(now, EnPausa(store.pausas)), Slots(settings.max_workers)
    seen, shares = Depths(settings, f"{process} vigila"), Depths(settings, f"{process} reparte")
    todos = {Canal.BOLETA: slots, Canal.FACTURA: slots, Canal.DTEBOX: Slots(settings.dtebox_workers)}
    outcomes, inquiry = Outcomes(store, publisher, settings, now), Inquiry(store, gate, now)
    consumers, correos = [consumer], list[Callable[[], Mapping[str, EstadoCorte]]]()
    slots_of_all = {*todos.values()}
    measure = partial(_measure, process, gate, slots_of_all, ritmo=outcomes.ritmo, consumers=consumers, correos=correos)
    heartbeat = Heartbeat(store.latidos, process, measure)
    for close in (store.close, heartbeat.stop, depths.close, seen.close, shares.close, publisher.close, consumer.close):
        closing.push_async_callback(close)
    plazos = Plazos(settings.plazo_boleta, settings.plazo_boleta_aviso, settings.plazo_factura_aviso)
    emisores = Emisores(store.companies, boveda, open_certificado, now)
    firmantes = Firmantes(emisores)
    vias = _open_vias(settings, emisores, firmantes, closing)
    sender = Sender(store, gate, vias, outcomes, clock=now, process=process, stop=stop)
    queues = {canal: [work_queue(canal, prioridad) for prioridad in Prioridad] for canal in Canal}
    dispatchers = {
        canal: Dispatcher(
            canal, consumer, queues[canal], sender, gate=gate, slots=todos[canal], settings=settings, clock=now
        )
        for canal in Canal
    }
    intercambio = wire(settings, store, publisher, firmantes, boveda, process=process, stop=stop, closing=closing)
    consumers.append(intercambio.consumer)
    correos.append(intercambio.copias.describe)
    rescue = Rescue(
        store, depths, DeadLetters(settings, process), gate, clock=now, work_queue=work_queue, suspect=consumer.suspect
    )
    return Parts(
        store,
        heartbeat,
        partial(consumer.start, [*chain(*queues.values())], receiver(dispatchers)),
        Watchdog(consumer, seen, patience=settings.consumo_vencido, clock=now),
        dispatchers,
        Verdicts(store, gate, vias, inquiry, outcomes, settings=settings, clock=now),
        Reconciler(store, gate, vias, inquiry, outcomes, settings=settings, clock=now, process=process),
        rescue,
        RelojPlazos(store, gate, plazos, now, shares, work_queue=work_queue),
        gate.en_pausa,
        Reparto(store, gate, shares, consumer, dispatchers, work_queue=work_queue),
        intercambio,
    )


def _open_vias(
    settings: Settings, emisores: Emisores, firmantes: Firmantes, closing: contextlib.AsyncExitStack
) -> Vias:
    """The ways to the SII, direct and through a box, with the connections that they go by."""
    sii = Sii(Transport(settings.sii_timeout), endpoints_for(settings.ambiente, settings.sii_url))
    dtebox = Dtebox(Transport(settings.sii_timeout), settings.ambiente)
    closing.push_async_callback(sii.close)
    closing.push_async_callback(dtebox.close)
    return Vias(firmantes, emisores, sii, dtebox, settings.ambiente)


def _measure(
    process: str,
    gate: Gate,
    slots: Collection[Slots],
    *,
    ritmo: Ritmo,
    consumers: Collection[Consumer],
    correos: Collection[Callable[[], Mapping[str, EstadoCorte]]],
) -> Latido:
    """How busy and how fast this sender is, and how its breakers stand."""
    return Latido(
        id=process,
        servicio="sender",
        momento=now(),
        workers_activos=sum(each.busy for each in slots),
        max_workers=sum(each.max_workers for each in slots),
        en_vuelo=sum(each.documentos for each in slots),
        en_mano={queue: n for consumer in consumers for queue, n in consumer.in_hand.items()},
        cortes=dict(ChainMap(gate.describe(), *(dict(describe()) for describe in correos))),
        ritmo=ritmo.per_second(),
        latencias=gate.latencias.counts(),
    )

"""The monitor as a process: wiring only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from fastapi import FastAPI

from services.monitor.acceso.credenciales import Credenciales
from services.monitor.acceso.cuentas import Cuentas
from services.monitor.acceso.guardia import Guardia
from services.monitor.acceso.ingreso import Ingreso
from services.monitor.administracion.mesa import Mesa
from services.monitor.administracion.vista import Vista
from services.monitor.alerts import Alerts, build_reglas
from services.monitor.anfitriones import Anfitriones, parse_anfitriones
from services.monitor.app import Monitor
from services.monitor.avisador import Avisador, Correo
from services.monitor.busqueda.buscador import Buscador
from services.monitor.busqueda.vistas import Vistero
from services.monitor.cabeceras import Cabeceras
from services.monitor.contador import Contador
from services.monitor.descuadre import Descuadre, Informe, compare_conteos, find_descuadres
from services.monitor.destinos import read_servidor
from services.monitor.expediente.archivo import Archivo
from services.monitor.fallas import refuse_large
from services.monitor.limites import Limites
from services.monitor.live import Feed, Refresher
from services.monitor.paginas import Paginas
from services.monitor.reenvio import Reenviador
from services.monitor.replay import Replay
from services.monitor.revision import Revisor
from services.monitor.web import create_app
from shared.adapters.mongo import Store
from shared.adapters.mongo.auditoria import Registro
from shared.adapters.rabbit import DeadLetters
from shared.adapters.rabbit.depths import Depths
from shared.adapters.rabbit.topology import COLAS
from shared.adapters.smtp import Smtp
from shared.adapters.webhook import open_webhook
from shared.administracion.admin import Admin
from shared.administracion.main import (
    create_admin,
    create_pausa_admin,
    create_umbral_admin,
    open_boveda,
    read_folio_umbrales,
)
from shared.clock import now
from shared.dte.plazo import Plazos
from shared.errors import Invalid, Unavailable
from shared.lifecycle import operator_name, process_name, repeat, run_service, serve_http, until_available
from shared.log import configure_logging
from shared.settings import Settings

REENVIO = timedelta(milliseconds=500)
"""How often the replays under way are looked at."""
AVISO = timedelta(seconds=1)
"""How often somebody looks for alerts to be delivered."""


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; gives the exit status."""
    configure_logging(settings.log_format, settings.log_level)
    return run_service(partial(serve, settings))


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop`. MongoDB and RabbitMQ may be away, at the start too: the page says so."""
    async with AsyncExitStack() as closing:
        parts, revision = _wire(settings, closing), settings.alertas_revision
        async with asyncio.TaskGroup() as group:
            group.create_task(_alert(parts, revision, stop))
            group.create_task(_compare(parts, revision, stop))
            group.create_task(_operate(parts, stop))
            group.create_task(parts.refresher.run(parts.store.conteos, stop))
            group.create_task(parts.feed.close_at(stop))
            group.create_task(
                serve_http(
                    parts.web,
                    settings.monitor_host,
                    settings.monitor_port,
                    stop,
                    proxies=settings.monitor_proxies,
                )
            )


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs, put together."""

    store: Store
    feed: Feed
    refresher: Refresher
    alerts: Alerts
    avisador: Avisador
    revisor: Revisor
    reenviador: Reenviador
    web: Cabeceras


def _wire(settings: Settings, closing: AsyncExitStack) -> Parts:
    """Everything that the monitor is made of; what has to be closed goes on the stack, the database last."""
    process, hosts = process_name("monitor"), parse_anfitriones(settings.monitor_hosts)
    store, depths = Store(settings, now, process), Depths(settings, process)
    correo = Correo(Smtp(settings.alertas_timeout), read_servidor(settings), settings.alertas_remitente)
    avisador = Avisador(store, now, open_webhook(settings), correo)
    for close in (store.close, depths.close, avisador.close):
        closing.push_async_callback(close)
    monitor = Monitor(store, depths, [cola.nombre for cola in COLAS], settings=settings, clock=now)
    paginas = Paginas(settings.ambiente, now)
    feed = Feed(settings.monitor_refresco, plazas=settings.monitor_navegadores)
    revisor, alerts = Revisor(store, monitor, now), Alerts(store, monitor, build_reglas(settings), now)
    app = _create_web(settings, store, monitor, feed, paginas, revisor=revisor, alerts=alerts)
    return Parts(
        store,
        feed,
        Refresher(monitor, lambda: feed.publish(paginas.render_fragmentos(monitor.panel())), settings.monitor_refresco),
        alerts,
        avisador,
        revisor,
        Reenviador(store, DeadLetters(settings, process), now),
        Cabeceras(Anfitriones(Limites(app, partial(refuse_large, paginas)), hosts)),
    )


def _create_web(
    settings: Settings,
    store: Store,
    monitor: Monitor,
    feed: Feed,
    paginas: Paginas,
    *,
    revisor: Revisor,
    alerts: Alerts,
) -> FastAPI:
    """The pages and the API over this installation's database."""
    plazos = Plazos(settings.plazo_boleta, settings.plazo_boleta_aviso, settings.plazo_factura_aviso)
    credenciales = Credenciales(store, now, inactiva=settings.sesion_inactiva)
    registro = partial(Registro, store.auditoria)
    return create_app(
        monitor,
        feed,
        paginas,
        _create_replay(store),
        Buscador(store, plazos, now),
        archivo=Archivo(store, plazos, now),
        guardia=Guardia(credenciales),
        ingreso=Ingreso(store, credenciales, now, maxima=settings.sesion_maxima),
        cuentas=lambda actor: Cuentas(store, Registro(store.auditoria, actor.quien), now, credenciales.forget),
        auditoria=store.auditoria,
        alerts=alerts,
        pausas=lambda quien, motivo: create_pausa_admin(store, registro(quien, motivo)),
        umbrales=lambda quien, motivo: create_umbral_admin(settings, store, registro(quien, motivo)),
        vistero=Vistero(store, now),
        mesa=Mesa(partial(_open_admin, settings, store)),
        vista=Vista(store, settings.ambiente, partial(read_folio_umbrales, settings, store), now),
        revisor=revisor,
    )


def _open_admin(settings: Settings, store: Store, quien: str, motivo: str) -> Admin:
    """The master key is read when it is needed: without one this monitor only shows."""
    return create_admin(settings, store, Registro(store.auditoria, quien, motivo), open_boveda(settings))


async def _operate(parts: Parts, stop: asyncio.Event) -> None:
    """Count, and carry replays on, until `stop`, once this is known to be the right database."""
    await until_available(parts.store.prepare, stop)
    async with asyncio.TaskGroup() as group:
        group.create_task(Contador(parts.store.conteos, now).run(stop))
        group.create_task(repeat(parts.reenviador.step, stop, every=REENVIO))
    with suppress(Unavailable):
        await parts.store.operaciones.release()


async def _alert(parts: Parts, revision: timedelta, stop: asyncio.Event) -> None:
    """Look at what is wrong, and tell it, until `stop`, once this is known to be the right database."""
    await until_available(parts.store.prepare, stop)
    async with asyncio.TaskGroup() as loops:
        loops.create_task(repeat(parts.alerts.review, stop, every=revision))
        loops.create_task(repeat(parts.avisador.step, stop, every=AVISO))


async def _compare(parts: Parts, revision: timedelta, stop: asyncio.Event) -> None:
    """Compare with the broker and with the SII until `stop`, once this is known to be the right database."""
    await until_available(parts.store.prepare, stop)
    async with asyncio.TaskGroup() as loops:
        loops.create_task(repeat(parts.revisor.weigh, stop, every=revision))
        loops.create_task(repeat(parts.revisor.look, stop, every=revision))


@asynccontextmanager
async def open_replay(settings: Settings) -> AsyncIterator[Replay]:
    """The replay's use cases over this installation, for the command line."""
    store = Store(settings, now, process_name("replay"))
    try:
        await store.check_ambiente()
        yield _create_replay(store)
    finally:
        await store.close()


@asynccontextmanager
async def open_alerts(settings: Settings, motivo: str = "") -> AsyncIterator[tuple[Alerts, Registro]]:
    """The alerts on record in this installation, for the command line; and the audit in its user's hands."""
    store, process = Store(settings, now, process_name("alerts")), process_name("alerts")
    monitor = Monitor(store, Depths(settings, process), (), settings=settings, clock=now)
    try:
        await store.check_ambiente()
        yield Alerts(store, monitor, build_reglas(settings), now), Registro(store.auditoria, operator_name(), motivo)
    finally:
        await store.close()


@asynccontextmanager
async def open_cuentas(settings: Settings, motivo: str = "") -> AsyncIterator[Cuentas]:
    """Accounts and tokens of this installation, for the command line."""
    store = Store(settings, now, process_name("cuentas"))
    try:
        await store.prepare()
        yield Cuentas(store, Registro(store.auditoria, operator_name(), motivo), now, lambda: None)
    finally:
        await store.close()


def _create_replay(store: Store) -> Replay:
    return Replay(store, partial(Registro, store.auditoria), now)


async def compare_books(settings: Settings) -> Informe:
    """Every book of this installation against the others. Whatever nobody has counted is counted first."""
    configure_logging(settings.log_format, "WARNING")
    store = Store(settings, now, process_name("cuadratura"))
    try:
        await store.prepare()
        await Contador(store.conteos, now).catch_up()
        documentos, diferencias = await compare_conteos(store)
        return Informe(documentos, tuple(diferencias), tuple(await find_descuadres(store)))
    finally:
        await store.close()


async def compare_folios(settings: Settings, emisor: str | None) -> list[Descuadre]:
    """The ranges, of a company or of all, in which a folio lacks its document or a document its folio."""
    store = Store(settings, now, process_name("folios"))
    try:
        return [one for one in await find_descuadres(store) if emisor in (None, one.emisor)]
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

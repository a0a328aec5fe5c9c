"""What the panel says, as values made from the last readings: pure, and at the same time the JSON of `/api/stats`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from services.monitor.caudal import Caudal, build_caudales
from services.monitor.clima import Clima, build_climas
from services.monitor.colas import ClaseCola, Cola, add_ages
from services.monitor.cortes import Atraso, Corte, Vista, build_atrasos, build_cortes
from services.monitor.cuadratura import Cuadratura, LadoBroker, LadoSii, compare_folios
from services.monitor.documento import Documento
from services.monitor.pausas import PausaVista, channels_of
from services.monitor.provisiones import Provisiones
from shared.adapters.mongo.conteo_lectura import Conteo
from shared.adapters.mongo.esperas import Espera
from shared.adapters.mongo.folio_records import LibroFolios
from shared.dte.estado import Estado
from shared.dte.tipos import Ambiente, Canal
from shared.messages import AlertaVigente, Latido

Lado = LadoBroker | LadoSii | None


SIN_CONTAR = timedelta(seconds=20)
"""The lease of a counter that has died runs out after eight seconds, and another one takes it within one."""


class Fuente(StrEnum):
    """Where the figures come from; each may be away while the other answers."""

    MONGODB = "MongoDB"
    RABBITMQ = "RabbitMQ"


class Problema(Vista):
    """A source that cannot be seen now; its figures are the last that it gave."""

    fuente: Fuente
    mensaje: str
    desde: datetime
    """When it was first missed."""
    datos_de: datetime | None = None
    """Of when the figures are that are still shown; null when there never were any."""


class Workers(Vista):
    """Uploads under way, over the senders that are alive."""

    activos: int = 0
    max: int = 0
    """Sum of their `max_workers`."""
    procesos: int = 0
    en_vuelo: int = 0
    """Documents that a sender has taken from the broker and not settled yet."""


class Proceso(Vista):
    """One process, by its heartbeat."""

    id: str
    servicio: str
    vivo: bool
    latido: datetime
    workers_activos: int
    max_workers: int
    en_vuelo: int


@dataclass(frozen=True, slots=True)
class LecturaBase:
    """What MongoDB said, all within one observation."""

    momento: datetime
    conteo: Conteo | None
    """None as long as nobody has counted."""
    folios_antes: LibroFolios | None
    """As they were at a moment up to which all documents are counted; None while there is no such reading."""
    folios: LibroFolios
    """Read after the counters."""
    salida: int
    espera: Espera
    latidos: tuple[Latido, ...]
    ultimos: tuple[Documento, ...]
    alertas: tuple[AlertaVigente, ...] = ()
    pausas: tuple[PausaVista, ...] = ()
    detenidos: Mapping[str, int] = field(default_factory=dict)
    """By company, its documents that are off their queue."""


class Cuentas(Vista):
    """Whether somebody keeps the counters that all figures are made of."""

    al_dia: datetime | None
    """Up to when everything is counted; null while it is being counted for the first time, or anew."""
    atrasadas: bool
    """True when nobody has counted for a while, although MongoDB answers."""


class LecturaBroker(Vista):
    """What RabbitMQ said."""

    momento: datetime
    colas: tuple[Cola, ...]


class Panel(Vista):
    """The whole panel. A figure is null as long as its source has never answered."""

    momento: datetime
    """Of the oldest figures shown."""
    ambiente: Ambiente
    emitidos: int | None = None
    """Σ of all states."""
    emitidos_hoy: int | None = None
    """Issued on the present Chilean day."""
    estados: dict[Estado, int] | None = None
    hoy: dict[Estado, int] | None = None
    """Where today's documents stand."""
    apartados: dict[str, int] = Field(default_factory=dict)
    """Parked for a person, by cause, the most first."""
    en_cola: int | None = None
    """Documents ready in the queues of work and of waiting; exchange copies, which wait in the same, left out."""
    proximo_intento: datetime | None = None
    """When the next attempt of a document that waits is due."""
    salida: int | None = None
    """Documents with events that the broker has not confirmed yet (outbox)."""
    workers: Workers = Workers()
    procesos: tuple[Proceso, ...] = ()
    cortes: tuple[Corte, ...] = ()
    atrasos: tuple[Atraso, ...] = ()
    caudales: tuple[Caudal, ...] = ()
    """Issued and accepted, by minutes and by hours; empty as long as nobody has counted."""
    climas: tuple[Clima, ...] = ()
    """How each channel of the SII is."""
    cuadratura: Cuadratura | None = None
    provisiones: Provisiones | None = None
    """Folios and certificates; null until somebody has looked for the first time."""
    colas: dict[str, Cola] = Field(default_factory=dict)
    problemas: tuple[Problema, ...] = ()
    cuentas: Cuentas | None = None
    """How fresh the counters are; null while MongoDB has not been read."""
    alertas: tuple[AlertaVigente, ...] = ()
    """What is wrong now and of which somebody is, or will be, told."""
    pausas: tuple[PausaVista, ...] = ()
    """Channels and companies of which nothing goes to the SII, because somebody said so."""
    detenidos: dict[str, int] = Field(default_factory=dict)
    """Documents off their queue in such a pause, by company; counted up to 10,000."""
    ultimos: tuple[Documento, ...] = Field(default=(), description="Los más nuevos primero")

    def problema(self, fuente: str) -> Problema | None:
        """What keeps this source from being seen, if anything does."""
        return next((problema for problema in self.problemas if problema.fuente == fuente), None)


def build_panel(
    base: LecturaBase | None,
    broker: LecturaBroker | None,
    problemas: Sequence[Problema],
    *,
    ambiente: Ambiente,
    ahora: datetime,
    vencido: timedelta,
    provisiones: Provisiones | None = None,
    lados: Mapping[str, Lado] | None = None,
) -> Panel:
    """The panel from the last readings, whichever there are. A heartbeat older than `vencido` is of a dead process.

    `lados`: the other sides of the cuadratura, by the names of its fields.
    """
    momentos = [lectura.momento for lectura in (base, broker) if lectura is not None]
    panel = Panel(
        momento=min(momentos, default=ahora), ambiente=ambiente, problemas=tuple(problemas), provisiones=provisiones
    )
    if broker is not None:
        panel = panel.model_copy(update=_from_broker(broker, copias=base.espera.copias if base is not None else 0))
    if base is None:
        return panel
    lo_contado = _counted(base, lados or {})
    return panel.model_copy(update=lo_contado | _from_base(base, broker, panel.colas.values(), ahora, vencido))


def _from_broker(broker: LecturaBroker, *, copias: int) -> dict[str, object]:
    return {
        "colas": {cola.nombre: cola for cola in broker.colas},
        "en_cola": count_documentos(broker.colas, copias),
    }


def _from_base(
    base: LecturaBase, broker: LecturaBroker | None, colas: Iterable[Cola], ahora: datetime, vencido: timedelta
) -> dict[str, object]:
    procesos = [_proceso(latido, base.momento - vencido) for latido in base.latidos]
    vivos = {proceso.id for proceso in procesos if proceso.vivo}
    latidos = [latido for latido in base.latidos if latido.id in vivos]
    pausados = {canal: pausa.desde for canal, pausa in channels_of(base.pausas).items()}
    cortes = build_cortes(latidos, pausados)
    atrasos = build_atrasos(latidos, broker.colas, ahora, pausados) if broker is not None else ()
    return {
        "cuentas": _cuentas(base),
        "salida": base.salida,
        "proximo_intento": base.espera.proximo,
        "workers": _workers(proceso for proceso in procesos if proceso.id in vivos),
        "procesos": tuple(procesos),
        "cortes": cortes,
        "atrasos": atrasos,
        "colas": {cola.nombre: _paused(cola, pausados) for cola in _with_ages(base, latidos, colas)},
        "climas": build_climas(latidos, cortes, atrasos),
        "ultimos": base.ultimos,
        "alertas": base.alertas,
        "pausas": base.pausas,
        "detenidos": dict(base.detenidos),
    }


def _paused(cola: Cola, pausados: Mapping[Canal, datetime]) -> Cola:
    return cola.model_copy(update={"pausada": True}) if cola.canal in pausados else cola


def _cuentas(base: LecturaBase) -> Cuentas:
    """By the database's own clock: when the ledger was read, all that was earlier should have been counted."""
    if base.conteo is None:
        return Cuentas(al_dia=None, atrasadas=False)
    al_dia = base.conteo.al_dia
    return Cuentas(al_dia=al_dia, atrasadas=base.folios.momento - al_dia > SIN_CONTAR)


def _proceso(latido: Latido, limite: datetime) -> Proceso:
    return Proceso(
        id=latido.id,
        servicio=latido.servicio,
        vivo=latido.momento >= limite,
        latido=latido.momento,
        workers_activos=latido.workers_activos,
        max_workers=latido.max_workers,
        en_vuelo=latido.en_vuelo,
    )


def count_documentos(colas: Sequence[Cola], copias: int) -> int:
    """Messages that are documents: of what waits in the ladder, `copias` are not."""
    work = sum(cola.mensajes for cola in colas if cola.clase is ClaseCola.ENVIO)
    waits = sum(cola.mensajes for cola in colas if cola.clase is ClaseCola.ESPERA)
    return work + max(0, waits - copias)


def _with_ages(base: LecturaBase, latidos: Sequence[Latido], colas: Iterable[Cola]) -> tuple[Cola, ...]:
    en_mano: Counter[str] = Counter()
    for latido in latidos:
        en_mano.update(latido.en_mano)
    return add_ages(colas, en_mano, base.espera.por_enviar, base.espera.apartado)


def _workers(vivos: Iterable[Proceso]) -> Workers:
    senders = [proceso for proceso in vivos if proceso.servicio == "sender"]
    return Workers(
        activos=sum(proceso.workers_activos for proceso in senders),
        max=sum(proceso.max_workers for proceso in senders),
        procesos=len(senders),
        en_vuelo=sum(proceso.en_vuelo for proceso in senders),
    )


def _counted(base: LecturaBase, lados: Mapping[str, Lado]) -> dict[str, object]:
    conteo = base.conteo
    if conteo is None:
        return {}
    return {
        "emitidos": sum(conteo.estados.values()),
        "emitidos_hoy": sum(conteo.hoy.values()),
        "estados": conteo.estados,
        "hoy": conteo.hoy,
        "apartados": conteo.apartados,
        "caudales": build_caudales(conteo.puntos, base.momento),
        "cuadratura": compare_folios(conteo, base.folios_antes, base.folios).model_copy(update=lados),
    }

"""What every service counts, in Prometheus' text form. One registry for each process."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from shared.dte.causa import Causa
from shared.dte.estado import FINALES, Estado
from shared.dte.tipos import Canal

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)  # memory, processor time, open files
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

EMITIDOS = Counter("posta_emitidos", "Documentos emitidos", ["tipo"], registry=REGISTRY)
LIMITADAS = Counter(
    "posta_limitadas", "Ventas que llegaron más rápido que un límite", ["limite", "resultado"], registry=REGISTRY
)
LLAVES_RECHAZADAS = Counter("posta_llaves_rechazadas", "Peticiones con una llave que no vale", registry=REGISTRY)
RESPUESTA_POS = Histogram(
    "posta_respuesta_pos_segundos",
    "Tiempo hasta la respuesta al POS",
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
PUBLICADOS = Counter("posta_publicados", "Mensajes publicados y confirmados", ["clase"], registry=REGISTRY)
SUBIDAS = Counter("posta_subidas", "Sobres subidos al SII, por resultado", ["canal", "resultado"], registry=REGISTRY)
SUBIDA_SEGUNDOS = Histogram(
    "posta_subida_segundos",
    "Duración de cada subida al SII",
    ["canal"],
    registry=REGISTRY,
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60),
)
INTERCAMBIOS = Counter("posta_intercambios", "Copias para clientes, por resultado", ["resultado"], registry=REGISTRY)
VEREDICTOS = Counter("posta_veredictos", "Documentos con veredicto del SII", ["estado"], registry=REGISTRY)
REPARTO = Counter(
    "posta_reparto",
    "Documentos adelantados para que no esperen tras la cola de otra empresa",
    ["canal"],
    registry=REGISTRY,
)
PLAZO_POR_VENCER = Counter(
    "posta_plazo_por_vencer", "Documentos cuyo plazo se acercó sin que el SII los tuviera", ["canal"], registry=REGISTRY
)
PLAZO_VENCIDO = Counter(
    "posta_plazo_vencido", "Documentos cuyo plazo pasó sin que el SII los tuviera", ["canal"], registry=REGISTRY
)
REINTENTOS = Counter(
    "posta_reintentos",
    "Documentos que van a otro intento porque el SII no los tomó, por causa",
    ["canal", "causa"],
    registry=REGISTRY,
)
CONSUMO_REABIERTO = Counter(
    "posta_consumo_reabierto", "Veces que un consumo muerto se volvió a abrir", registry=REGISTRY
)
WORKERS_ACTIVOS = Gauge("posta_workers_activos", "Subidas en curso", registry=REGISTRY)
NAVEGADORES = Gauge("posta_navegadores", "Páginas abiertas que reciben cambios en vivo", registry=REGISTRY)
_DOCUMENTOS = Gauge("posta_documentos", "Documentos en cada estado", ["estado"], registry=REGISTRY)
_MENSAJES = Gauge("posta_cola_mensajes", "Mensajes listos en cada cola", ["cola"], registry=REGISTRY)
_CONSUMIDORES = Gauge("posta_cola_consumidores", "Consumidores de cada cola", ["cola"], registry=REGISTRY)
_DESDE = Gauge(
    "posta_cola_desde_segundos",
    "Hora Unix desde la que espera el más antiguo de cada cola",
    ["cola"],
    registry=REGISTRY,
)
_APARTADOS = Gauge("posta_apartados", "Documentos que esperan a una persona", ["causa"], registry=REGISTRY)
_CORTES = Gauge(
    "posta_cortes", "Cortes que hay en cada posición, de los senders vivos", ["corte", "posicion"], registry=REGISTRY
)
_CANAL_EN_PAUSA = Gauge("posta_canal_en_pausa", "1 si una persona pausó el canal", ["canal"], registry=REGISTRY)
_EMPRESAS_EN_PAUSA = Gauge("posta_empresas_en_pausa", "Empresas que una persona pausó", registry=REGISTRY)
_DESCUADRE = Gauge("posta_descuadre", "Folios o documentos que no cuadran", ["lado"], registry=REGISTRY)
_FUENTE = Gauge("posta_fuente_responde", "1 si MongoDB o RabbitMQ responde al monitor", ["fuente"], registry=REGISTRY)

CERTIFICADO_VENCE = Gauge(
    "posta_certificado_vence_dias", "Días hasta que vence el certificado de cada empresa", ["emisor"], registry=REGISTRY
)
_FOLIOS = Gauge(
    "posta_folios_disponibles", "Folios vigentes que quedan, por empresa y tipo", ["emisor", "tipo"], registry=REGISTRY
)

# `increase` sees nothing of a series that begins at 1: what alerts are made of begins at 0.
for _canal in Canal:
    PLAZO_POR_VENCER.labels(_canal)
    PLAZO_VENCIDO.labels(_canal)
for _estado in FINALES:
    VEREDICTOS.labels(_estado)


def record_estados(estados: Mapping[Estado, int]) -> None:
    """How many documents stand in each state."""
    for estado, cuantos in estados.items():
        _DOCUMENTOS.labels(estado).set(cuantos)


def record_colas(colas: Mapping[str, tuple[int, int]]) -> None:
    """Messages and consumers of each queue."""
    for nombre, (mensajes, consumidores) in colas.items():
        _MENSAJES.labels(nombre).set(mensajes)
        _CONSUMIDORES.labels(nombre).set(consumidores)


def record_antiguedad(desde: Mapping[str, datetime]) -> None:
    """Since when the oldest waits in each queue; a queue in which nothing waits has no sample."""
    _DESDE.clear()
    for cola, momento in desde.items():
        _DESDE.labels(cola).set(momento.timestamp())


def record_apartados(apartados: Mapping[str, int]) -> None:
    """Documents parked for a person, by cause; every cause has a sample, so that a first one is seen as a growth."""
    for causa in {*Causa, *apartados}:
        _APARTADOS.labels(causa).set(apartados.get(causa, 0))


def record_cortes(cortes: Mapping[tuple[str, str], int]) -> None:
    """How many breakers there are, by name and position."""
    _CORTES.clear()
    for (corte, posicion), cuantos in cortes.items():
        _CORTES.labels(corte, posicion).set(cuantos)


def record_pausas(canales: Collection[Canal], empresas: int) -> None:
    """Which channels are paused, and how many companies."""
    for canal in Canal:
        _CANAL_EN_PAUSA.labels(canal).set(canal in canales)
    _EMPRESAS_EN_PAUSA.set(empresas)


def record_descuadre(lados: Mapping[str, int]) -> None:
    """What does not agree, by the side on which it does not; a side that nobody has looked at yet has no sample."""
    _DESCUADRE.clear()
    for lado, cuantos in lados.items():
        _DESCUADRE.labels(lado).set(cuantos)


def record_fuentes(responden: Mapping[str, bool]) -> None:
    """Whether each source of the other figures can be seen; one that nobody has asked yet has no sample."""
    _FUENTE.clear()
    for fuente, responde in responden.items():
        _FUENTE.labels(fuente).set(responde)


def record_folios(disponibles: Mapping[tuple[str, int], int]) -> None:
    """Folios in force that are left, by company and type."""
    for (emisor, tipo), cuantos in disponibles.items():
        _FOLIOS.labels(emisor, f"{tipo:d}").set(cuantos)


def render() -> bytes:
    """The present values, in Prometheus' text exposition format 0.0.4."""
    return generate_latest(REGISTRY)

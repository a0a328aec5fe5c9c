"""What every service counts, in Prometheus' text form. One registry for each process."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from shared.dte.estado import Estado

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
CONSUMO_REABIERTO = Counter(
    "posta_consumo_reabierto", "Veces que un consumo muerto se volvió a abrir", registry=REGISTRY
)
WORKERS_ACTIVOS = Gauge("posta_workers_activos", "Subidas en curso", registry=REGISTRY)
NAVEGADORES = Gauge("posta_navegadores", "Páginas abiertas que reciben cambios en vivo", registry=REGISTRY)
_DOCUMENTOS = Gauge("posta_documentos", "Documentos en cada estado", ["estado"], registry=REGISTRY)
_MENSAJES = Gauge("posta_cola_mensajes", "Mensajes listos en cada cola", ["cola"], registry=REGISTRY)
_CONSUMIDORES = Gauge("posta_cola_consumidores", "Consumidores de cada cola", ["cola"], registry=REGISTRY)

CERTIFICADO_VENCE = Gauge(
    "posta_certificado_vence_dias", "Días hasta que vence el certificado de cada empresa", ["emisor"], registry=REGISTRY
)
_FOLIOS = Gauge(
    "posta_folios_disponibles", "Folios vigentes que quedan, por empresa y tipo", ["emisor", "tipo"], registry=REGISTRY
)


def record_estados(estados: Mapping[Estado, int]) -> None:
    """How many documents stand in each state."""
    for estado, cuantos in estados.items():
        _DOCUMENTOS.labels(estado).set(cuantos)


def record_colas(colas: Mapping[str, tuple[int, int]]) -> None:
    """Messages and consumers of each queue."""
    for nombre, (mensajes, consumidores) in colas.items():
        _MENSAJES.labels(nombre).set(mensajes)
        _CONSUMIDORES.labels(nombre).set(consumidores)


def record_folios(disponibles: Mapping[tuple[str, int], int]) -> None:
    """Folios in force that are left, by company and type."""
    for (emisor, tipo), cuantos in disponibles.items():
        _FOLIOS.labels(emisor, f"{tipo:d}").set(cuantos)


def render() -> bytes:
    """The present values, in Prometheus' text exposition format 0.0.4."""
    return generate_latest(REGISTRY)

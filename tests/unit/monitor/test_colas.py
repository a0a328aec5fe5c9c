"""Queues: what each is for, and when somebody is missing at it."""

from __future__ import annotations

import pytest

from services.monitor.colas import ClaseCola, describe_cola, sort_colas
from shared.adapters.rabbit.topology import COLAS


def test_every_queue_of_the_topology_has_a_purpose_in_words() -> None:
    for cola in COLAS:
        described = describe_cola(cola.nombre, 0)
        assert described.titulo != cola.nombre
        assert "." not in described.titulo


@pytest.mark.parametrize(
    ("nombre", "clase", "titulo"),
    [
        ("posta.envio.boleta.alta.v1", ClaseCola.ENVIO, "Boletas, prioridad alta"),
        ("posta.envio.guia.normal.v2", ClaseCola.ENVIO, "guia, prioridad normal"),
        ("posta.espera.30m.v1", ClaseCola.ESPERA, "Espera de 30 minutos"),
        ("posta.ventas.v1", ClaseCola.VENTAS, "Ventas por AMQP"),
        ("posta.ventas.dlq.v1", ClaseCola.APARTADOS, "Ventas apartadas"),
        ("posta.intercambio.v1", ClaseCola.INTERCAMBIO, "Copias para clientes"),
        ("posta.intercambio.dlq.v1", ClaseCola.APARTADOS, "Copias apartadas"),
        ("posta.dlq.v1", ClaseCola.APARTADOS, "Documentos apartados"),
        ("otra.cosa", ClaseCola.APARTADOS, "otra.cosa"),
    ],
)
def test_a_name_says_what_the_queue_is_for(nombre: str, clase: ClaseCola, titulo: str) -> None:
    cola = describe_cola(nombre, 3, 1)
    assert (cola.clase, cola.titulo, cola.mensajes, cola.consumidores) == (clase, titulo, 3, 1)


@pytest.mark.parametrize(
    ("nombre", "mensajes", "consumidores", "falta"),
    [
        ("posta.envio.boleta.alta.v1", 0, 0, True),
        ("posta.envio.boleta.alta.v1", 5, 1, False),
        ("posta.envio.boleta.alta.v1", None, 0, False),
        ("posta.ventas.v1", 0, 0, True),
        ("posta.intercambio.v1", 0, 0, True),
        ("posta.intercambio.dlq.v1", 1, 0, False),
        ("posta.ventas.dlq.v1", 1, 0, False),
        ("posta.espera.10s.v1", 9, 0, False),
        ("posta.dlq.v1", 9, 0, False),
    ],
)
def test_only_work_that_nobody_takes_misses_a_consumer(
    nombre: str, mensajes: int | None, consumidores: int, *, falta: bool
) -> None:
    assert describe_cola(nombre, mensajes, consumidores).sin_consumidores is falta


def test_a_queue_that_the_broker_does_not_know_is_not_an_empty_one() -> None:
    assert not describe_cola("posta.dlq.v1", None).existe
    assert describe_cola("posta.dlq.v1", 0).existe


def test_work_comes_first_and_what_is_parked_last() -> None:
    clases = [cola.clase for cola in sort_colas(describe_cola(cola.nombre, 0) for cola in COLAS)]
    assert clases == sorted(clases, key=list(ClaseCola).index)
    assert (clases[0], clases[-1]) == (ClaseCola.ENVIO, ClaseCola.APARTADOS)

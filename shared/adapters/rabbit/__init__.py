"""RabbitMQ: the only home of aio-pika."""

from __future__ import annotations

from shared.adapters.rabbit.consumer import Consumer, Entrega
from shared.adapters.rabbit.dead_letters import DeadLetters
from shared.adapters.rabbit.depths import Depths, Profundidad
from shared.adapters.rabbit.publisher import Publisher
from shared.adapters.rabbit.topology import (
    COLAS,
    DLQ,
    INTERCAMBIO,
    INTERCAMBIO_DLQ,
    VENTAS,
    VENTAS_DLQ,
    VENTAS_QUEUE,
    work_queue,
)
from shared.adapters.rabbit.watchdog import Watchdog

__all__ = [
    "COLAS",
    "DLQ",
    "INTERCAMBIO",
    "INTERCAMBIO_DLQ",
    "VENTAS",
    "VENTAS_DLQ",
    "VENTAS_QUEUE",
    "Consumer",
    "DeadLetters",
    "Depths",
    "Entrega",
    "Profundidad",
    "Publisher",
    "Watchdog",
    "work_queue",
]

"""Exchanges and queues as data, declared in one place. A queue's arguments never change, so its name has a version."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractQueue
from aio_pika.exceptions import ChannelPreconditionFailed
from pamqp.common import FieldTable

from shared.backoff import PASOS, Paso
from shared.dte.estado import Estado
from shared.dte.tipos import Ambiente, Canal, Prioridad, TipoDte
from shared.errors import Misconfigured

VENTAS: Final = "posta.ventas"
"""Sales published by POS terminals."""
EVENTOS: Final = "posta.eventos"
"""Signed documents and changes of state, for everybody who binds a queue."""
REENVIO: Final = "posta.reenvio"
"""Work for the sender once more. Apart from `posta.eventos`, so that an archive does not get a document twice."""
ESPERA: Final = "posta.espera"
"""Into a wait queue by the header `paso`; the routing key stays free to lead back to the work queue afterwards."""

AMBIENTE: Final = "posta.ambiente"
"""Nothing passes through it: its kind says which environment this virtual host serves, and nobody can change it."""

DLQ: Final = "posta.dlq.v1"
INTERCAMBIO: Final = "posta.intercambio.v1"
"""Accepted documents whose copy may have to go to their buyer."""
INTERCAMBIO_DLQ: Final = "posta.intercambio.dlq.v1"
VENTAS_QUEUE: Final = "posta.ventas.v1"
VENTAS_DLQ: Final = "posta.ventas.dlq.v1"

INTERCAMBIO_KEY: Final = "intercambio"
ACEPTADOS: Final = (Estado.ACEPTADO, Estado.REPARO)
"""With these verdicts the buyer gets a copy."""

EXCHANGES: Final = {
    VENTAS: ExchangeType.TOPIC,
    EVENTOS: ExchangeType.TOPIC,
    REENVIO: ExchangeType.TOPIC,
    ESPERA: ExchangeType.HEADERS,
}

_KIND: Final = {Ambiente.CERTIFICACION: ExchangeType.DIRECT, Ambiente.PRODUCCION: ExchangeType.FANOUT}

# Counts deliveries, not attempts, and an orderly disconnect counts too: it is only a fuse against a message that kills
# its consumer for ever. 4.x would set 20 by itself.
_DELIVERY_LIMIT = 1_000
_NEVER = 1_000_000


@dataclass(frozen=True, slots=True)
class Cola:
    """One durable quorum queue and what it is bound to."""

    nombre: str
    ligas: tuple[tuple[str, str], ...] = ()
    """Pairs of exchange and routing key."""
    argumentos: FieldTable = field(default_factory=dict)
    liga_argumentos: FieldTable = field(default_factory=dict)


def work_queue(canal: Canal, prioridad: Prioridad) -> str:
    return f"posta.envio.{canal}.{prioridad}.v1"


def wait_queue(paso: Paso) -> str:
    return f"posta.espera.{paso.nombre}.v1"


def _dead_letters_to(exchange: str, **more: str) -> FieldTable:
    """A net below our own confirmed publishing: the broker moves the message, and loses none on the way."""
    return {
        "x-dead-letter-exchange": exchange,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        **{f"x-{name.replace('_', '-')}": value for name, value in more.items()},
    }


def _work(canal: Canal, prioridad: Prioridad) -> Cola:
    key = f"dte.firmado.{canal}.{prioridad}.#"
    return Cola(
        work_queue(canal, prioridad),
        ligas=((EVENTOS, key), (REENVIO, key)),
        argumentos={"x-delivery-limit": _DELIVERY_LIMIT, **_dead_letters_to("", dead_letter_routing_key=DLQ)},
    )


def _intercambio() -> Cola:
    """The news that a document was accepted is the work; a copy that comes again is led here by its own key."""
    tipos = [tipo for tipo in TipoDte if tipo.canal is Canal.FACTURA]
    news = [(EVENTOS, f"dte.estado.{estado}.{tipo:d}.#") for estado in ACEPTADOS for tipo in tipos]
    return Cola(
        INTERCAMBIO,
        ligas=(*news, (REENVIO, f"{INTERCAMBIO_KEY}.#")),
        argumentos={
            "x-delivery-limit": _DELIVERY_LIMIT,
            **_dead_letters_to("", dead_letter_routing_key=INTERCAMBIO_DLQ),
        },
    )


def _wait(paso: Paso) -> Cola:
    milliseconds = int(paso.espera.total_seconds() * 1000)
    return Cola(
        wait_queue(paso),
        ligas=((ESPERA, ""),),
        argumentos={"x-delivery-limit": _NEVER, "x-message-ttl": milliseconds, **_dead_letters_to(REENVIO)},
        liga_argumentos={"x-match": "all", "paso": paso.nombre},
    )


COLAS: Final = (
    Cola(DLQ, argumentos={"x-delivery-limit": _NEVER}),
    Cola(VENTAS_DLQ, argumentos={"x-delivery-limit": _NEVER}),
    Cola(
        VENTAS_QUEUE,
        ligas=((VENTAS, "#"),),
        argumentos={"x-delivery-limit": _DELIVERY_LIMIT, **_dead_letters_to("", dead_letter_routing_key=VENTAS_DLQ)},
    ),
    Cola(INTERCAMBIO_DLQ, argumentos={"x-delivery-limit": _NEVER}),
    _intercambio(),
    *(_work(canal, prioridad) for canal in Canal for prioridad in Prioridad),
    *(_wait(paso) for paso in PASOS),
)


async def declare_topology(channel: AbstractChannel, ambiente: Ambiente) -> dict[str, AbstractQueue]:
    """Make sure that every exchange, queue and binding exists; an error if one exists with other arguments.

    Misconfigured if the virtual host serves another environment: its work and its sales are not ours. Gives the queues
    by name. A robust channel declares all of this again after it has lost the broker.
    """
    queues = {}
    await _check_ambiente(channel, ambiente)
    for name, kind in EXCHANGES.items():
        await channel.declare_exchange(name, kind, durable=True)
    for cola in COLAS:
        queue = queues[cola.nombre] = await channel.declare_queue(
            cola.nombre, durable=True, arguments={"x-queue-type": "quorum", **cola.argumentos}
        )
        for exchange, key in cola.ligas:
            await queue.bind(exchange, key, arguments=cola.liga_argumentos)
    return queues


async def _check_ambiente(channel: AbstractChannel, ambiente: Ambiente) -> None:
    """The first who comes decides: an exchange of another kind under the same name is refused by the broker itself."""
    try:
        await channel.declare_exchange(AMBIENTE, _KIND[ambiente], durable=True)
    except ChannelPreconditionFailed as error:
        raise Misconfigured(
            f"POSTA_AMBIENTE es «{ambiente}», pero este RabbitMQ sirve al otro ambiente: "
            "corrija POSTA_AMBIENTE, o indique otro en POSTA_RABBIT_VHOST"
        ) from error

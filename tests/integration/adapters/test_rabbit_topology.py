"""Exchanges, queues and bindings: declared as data, again and again, on new brokers and old."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aio_pika
import pytest
from aio_pika.exceptions import AMQPException, AuthenticationError, ChannelPreconditionFailed, DeliveryError
from aiormq.exceptions import ChannelInvalidStateError, ConnectionClosed
from pamqp.commands import Basic

from deploy.local.ports import free_ports
from shared.adapters.rabbit import COLAS, DLQ, VENTAS, VENTAS_QUEUE, Publisher, work_queue
from shared.adapters.rabbit.connection import translated
from shared.adapters.rabbit.topology import EVENTOS, EXCHANGES, declare_topology, wait_queue
from shared.backoff import PASOS
from shared.dte.tipos import Ambiente, Canal, Prioridad
from shared.errors import Misconfigured, Unavailable
from shared.messages import trabajo_of
from shared.settings import Settings
from tests.broker import Broker, open_broker
from tests.records import make_atributos, make_record


@pytest.fixture
async def broker(settings: Settings) -> AsyncIterator[Broker]:
    async with open_broker(settings, declared=False) as ours:
        yield ours


async def test_the_topology_can_be_declared_on_a_new_broker_and_on_one_that_has_it(broker: Broker) -> None:
    for _ in range(2):
        queues = await declare_topology(broker.channel, Ambiente.CERTIFICACION)
        assert set(queues) == {cola.nombre for cola in COLAS}
    for name in EXCHANGES:
        await broker.channel.get_exchange(name)


async def test_all_queues_are_durable_quorum_queues_and_none_drops_what_it_cannot_hold(broker: Broker) -> None:
    await declare_topology(broker.channel, Ambiente.CERTIFICACION)
    for cola in COLAS:
        arguments = {"x-queue-type": "quorum", **cola.argumentos}
        await broker.channel.declare_queue(cola.nombre, durable=True, arguments=arguments)  # fails if it is not so
        assert int(str(cola.argumentos["x-delivery-limit"])) >= 1000, "a fuse, not a retry counter"
        if "x-dead-letter-exchange" in cola.argumentos:
            assert cola.argumentos["x-dead-letter-strategy"] == "at-least-once"
            assert cola.argumentos["x-overflow"] == "reject-publish"


async def test_a_queue_that_exists_with_other_arguments_is_an_error_and_not_a_surprise_later(broker: Broker) -> None:
    await broker.channel.declare_queue(DLQ, durable=True, arguments={"x-queue-type": "classic"})
    with pytest.raises(ChannelPreconditionFailed):
        await declare_topology(broker.channel, Ambiente.CERTIFICACION)


async def test_a_missing_binding_is_put_back(broker: Broker) -> None:
    await declare_topology(broker.channel, Ambiente.CERTIFICACION)
    await broker.unbind(VENTAS_QUEUE, VENTAS, "#")
    await declare_topology(broker.channel, Ambiente.CERTIFICACION)

    exchange = await broker.channel.get_exchange(VENTAS)
    await exchange.publish(aio_pika.Message(b"{}"), "centro.7")
    assert await broker.pop(VENTAS_QUEUE) is not None


@pytest.mark.parametrize("canal", list(Canal))
@pytest.mark.parametrize("prioridad", list(Prioridad))
async def test_each_channel_and_priority_has_a_queue_of_its_own(
    settings: Settings, broker: Broker, canal: Canal, prioridad: Prioridad
) -> None:
    dte = make_record(canal=canal, prioridad=prioridad)
    publisher = Publisher(settings, "prueba")
    await publisher.publish_firmado(trabajo_of(dte), dte.xml, make_atributos(dte))
    await publisher.close()

    assert await broker.pop(work_queue(canal, prioridad)) is not None
    everywhere = [await broker.depth(cola.nombre) for cola in COLAS]
    assert sum(everywhere) == 0


async def test_every_step_of_the_ladder_has_a_wait_queue_that_leads_back_to_work(broker: Broker) -> None:
    await declare_topology(broker.channel, Ambiente.CERTIFICACION)
    by_name = {cola.nombre: cola for cola in COLAS}
    for paso in PASOS:
        cola = by_name[wait_queue(paso)]
        assert cola.argumentos["x-message-ttl"] == paso.espera.total_seconds() * 1000
        assert "x-dead-letter-routing-key" not in cola.argumentos, "the message's own key leads it back"


@pytest.mark.parametrize(
    ("vendor", "ours"),
    [
        (AuthenticationError("no"), Misconfigured),
        (AMQPException("roto"), Unavailable),
        (DeliveryError(None, Basic.Nack(1)), Unavailable),
        (ConnectionResetError(), Unavailable),
        (TimeoutError(), Unavailable),
        (RuntimeError("closed"), Unavailable),
        (Exception(), Unavailable),  # what waits on a connection that is closed
        (ValueError("a fault of ours"), ValueError),
    ],
)
def test_the_librarys_exceptions_become_ours(vendor: Exception, ours: type[Exception]) -> None:
    with pytest.raises(ours), translated():
        raise vendor


@pytest.mark.parametrize(
    ("vendor", "reason"),
    [
        (TimeoutError(), "no respondió a tiempo (TimeoutError)"),
        (ConnectionClosed(320, "CONNECTION_FORCED"), "cerró la conexión (ConnectionClosed)"),
        (ConnectionRefusedError(111, "Connection refused"), "no se llegó a él, o se cortó la conexión"),
        (ChannelPreconditionFailed("inequivalent arg"), "no aceptó la operación"),
        (ChannelInvalidStateError("closed"), "el canal ya no servía (ChannelInvalidStateError)"),
    ],
)
def test_the_reason_is_said_in_spanish(vendor: Exception, reason: str) -> None:
    with pytest.raises(Unavailable) as raised, translated():
        raise vendor
    assert str(raised.value).startswith(f"RabbitMQ no responde ahora: {reason}")
    assert str(vendor) == "" or str(vendor) not in str(raised.value)


async def test_the_librarys_own_cancellation_is_a_failure_and_ours_is_not() -> None:
    with pytest.raises(Unavailable), translated():
        raise asyncio.CancelledError  # a frozen broker makes the library do this

    async def cancelled() -> None:
        with translated():
            await asyncio.Event().wait()

    task = asyncio.create_task(cancelled())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_wrong_credentials_are_named(settings: Settings) -> None:
    publisher = Publisher(settings.model_copy(update={"rabbit_user": "nadie"}), "prueba")
    with pytest.raises(Misconfigured, match="el broker no acepta a este usuario con su contraseña") as raised:
        await publisher.connect()
    assert "POSTA_RABBIT_USER" in str(raised.value)


async def test_without_a_broker_publishing_says_so(settings: Settings) -> None:
    [port] = free_ports(1)
    publisher = Publisher(settings.model_copy(update={"rabbit_port": port}), "prueba")
    with pytest.raises(Unavailable, match="RabbitMQ no responde ahora: no se llegó a él, o se cortó la conexión"):
        await publisher.publish("", DLQ, b"{}", {})
    assert EVENTOS in EXCHANGES

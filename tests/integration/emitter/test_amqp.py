"""The way in over AMQP: answered, parked with the reason, or still waiting; never lost."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from pamqp.common import FieldTable

from services.emitter.venta import MAX_BYTES
from shared.adapters.mongo import Store
from shared.adapters.rabbit import VENTAS, VENTAS_DLQ, VENTAS_QUEUE, Depths
from shared.adapters.rabbit.topology import EVENTOS
from shared.administracion.main import open_admin
from shared.dte.tipos import TipoDte
from shared.settings import Settings
from tests.asyncapi import check_message
from tests.broker import Broker, open_broker
from tests.conditions import eventually
from tests.dte_data import venta_boleta, venta_factura
from tests.emitter_world import World, create_world, import_folios, open_store, request_of, running_emitter
from tests.invariants import check_folios


async def _send(
    broker: Broker, world: World, clave: str | None = "v", venta: bytes | None = None, llave: str | None = None
) -> None:
    given = {"x-posta-terminal": world.llave if llave is None else llave, "x-idempotency-key": clave}
    await broker.put(
        VENTAS_QUEUE,
        json.dumps(venta_boleta()).encode() if venta is None else venta,
        headers={name: value for name, value in given.items() if value is not None},
        reply_to="respuestas",
        correlation_id=f"c-{clave}",
    )


async def _reply(broker: Broker) -> AbstractIncomingMessage:
    await broker.channel.declare_queue("respuestas", durable=True)

    async def next_one() -> AbstractIncomingMessage | None:
        return await broker.pop("respuestas")

    message = await eventually(next_one)
    assert message is not None
    return message


async def _depth_is(broker: Broker, queue: str, depth: int) -> None:
    async def reached() -> bool:
        return await broker.depth(queue) == depth

    await eventually(reached)


async def test_a_sale_is_answered_with_the_same_document_as_over_http(world: World, broker: Broker) -> None:
    await broker.channel.declare_queue("respuestas", durable=True)
    await _send(broker, world, "venta-1")

    reply = await _reply(broker)

    assert (reply.correlation_id, reply.headers["x-posta-status"]) == ("c-venta-1", 201)
    async with world.http() as http:
        same = await http.post("/v1/dte", **request_of("venta-1"))
    assert (same.status_code, same.json()) == (200, json.loads(reply.body) | {"estado": same.json()["estado"]})


async def test_a_sale_sent_twice_is_one_document(world: World, broker: Broker, store: Store) -> None:
    await broker.channel.declare_queue("respuestas", durable=True)
    for _ in range(2):
        await _send(broker, world, "venta-1")

    replies = [await _reply(broker) for _ in range(2)]

    assert sorted(int(str(reply.headers["x-posta-status"])) for reply in replies) == [200, 201]
    assert len({json.loads(reply.body)["id"] for reply in replies}) == 1
    assert (await check_folios(store)).usados == 1


async def test_what_was_answered_or_parked_does_not_come_again(settings: Settings) -> None:
    world = await create_world(settings)
    async with open_broker(settings) as broker:
        await broker.channel.declare_queue("respuestas", durable=True)
        async with running_emitter(world):
            await _send(broker, world, "buena")
            await _send(broker, world, "mala", b"{")
            for _ in range(2):
                await _reply(broker)
        assert await broker.depth(VENTAS_QUEUE) == 0, "nothing was given back when the emitter ended"
        assert await broker.depth(VENTAS_DLQ) == 1


async def test_a_sale_published_to_the_exchange_needs_no_answer(world: World, broker: Broker, store: Store) -> None:
    headers: FieldTable = {"x-posta-terminal": world.llave, "x-idempotency-key": "v"}
    exchange = await broker.channel.get_exchange(VENTAS)
    await exchange.publish(aio_pika.Message(json.dumps(venta_boleta()).encode(), headers=headers), "centro.7")

    async def stored() -> bool:
        return (await check_folios(store)).usados == 1

    await eventually(stored)
    await _depth_is(broker, VENTAS_QUEUE, 0)


@pytest.mark.parametrize(
    ("sale", "status", "clase"),
    [
        ({"venta": b"{"}, 400, "json-invalido"),
        ({"venta": b"[]"}, 422, "documento-invalido"),
        ({"clave": None}, 400, "clave-invalida"),
        ({"llave": ""}, 401, "no-autorizado"),
        ({"llave": f"posta_{'0' * 24}_{'x' * 43}"}, 401, "no-autorizado"),
        ({"venta": b" " * (MAX_BYTES + 1)}, 413, "muy-grande"),
    ],
)
async def test_poison_is_parked_with_the_reason_and_the_till_is_told(
    world: World, broker: Broker, sale: dict[str, Any], status: int, clase: str
) -> None:
    await broker.channel.declare_queue("respuestas", durable=True)
    news = await broker.bind(EVENTOS, "venta.rechazada.#")
    await _send(broker, world, **sale)

    problema = json.loads((await _reply(broker)).body)
    assert (problema["status"], problema["type"]) == (status, f"urn:posta:problema:{clase}")
    await _depth_is(broker, VENTAS_DLQ, 1)
    parked = await broker.pop(VENTAS_DLQ)
    assert parked is not None
    assert parked.body == sale.get("venta", json.dumps(venta_boleta()).encode())
    assert parked.headers["causa"] == problema["type"]
    assert parked.headers["detalle"] == problema["detail"]
    assert world.llave.split("_", 2)[2] not in str(parked.headers), "no secret lies about in the dead letters"
    [told] = await broker.drain(news)
    rechazo = json.loads(told.body)
    assert rechazo["problema"] == problema
    assert rechazo["clave"] == parked.headers["x-idempotency-key"]
    known = "77123456-9.Centro.7" if status != 401 else "-.-.-"
    assert told.routing_key == f"venta.rechazada.{known}"
    assert told.headers["cloudEvents:type"] == "posta.venta.rechazada.v1"
    assert world.llave.split("_", 2)[2] not in str(told.headers) + str(told.body)
    await _depth_is(broker, VENTAS_QUEUE, 0)


async def test_a_refusal_that_comes_again_is_the_same_event(world: World, broker: Broker) -> None:
    await broker.channel.declare_queue("respuestas", durable=True)
    news = await broker.bind(EVENTOS, "venta.rechazada.#")
    for venta in (b"{", b"{", b"[]"):
        await _send(broker, world, venta=venta)
        await _reply(broker)
        await _depth_is(broker, VENTAS_QUEUE, 0)
    await _depth_is(broker, VENTAS_DLQ, 3)
    one, same, other = [message.headers["cloudEvents:id"] for message in await broker.drain(news)]
    assert one == same != other


async def test_all_that_is_published_is_as_the_asyncapi_document_says(world: World, broker: Broker) -> None:
    await broker.channel.declare_queue("respuestas", durable=True)
    events = await broker.bind(EVENTOS, "#")
    for clave, venta in (("buena", None), ("mala", b"{}")):
        await _send(broker, world, clave, venta)
        reply = await _reply(broker)
        kind = "documento" if clave == "buena" else "problema"
        check_message(kind, reply.headers, json.loads(reply.body))
    await _depth_is(broker, events, 3)
    kinds = []
    for message in await broker.drain(events):
        kind = str(message.headers["cloudEvents:type"]).split(".")[-2]
        xml = message.content_type == "application/xml"
        check_message(kind, message.headers, message.body.decode("latin-1") if xml else json.loads(message.body))
        kinds.append(kind)
    assert sorted(kinds) == ["estado", "firmado", "rechazada"]
    await _depth_is(broker, VENTAS_DLQ, 1)
    parked = await broker.pop(VENTAS_DLQ)
    assert parked is not None
    check_message("apartada", parked.headers, json.loads(parked.body))


async def test_poison_does_not_keep_good_sales(world: World, broker: Broker, store: Store) -> None:
    await broker.channel.declare_queue("respuestas", durable=True)
    for n in range(20):
        await _send(broker, world, f"v-{n}", b"{" if n % 2 else None)

    async def all_stored() -> bool:
        return (await check_folios(store)).usados == 10

    await eventually(all_stored)
    await _depth_is(broker, VENTAS_DLQ, 10)


async def test_an_answer_cannot_be_sent_into_one_of_our_own_queues(world: World, broker: Broker, store: Store) -> None:
    headers = {"x-posta-terminal": world.llave, "x-idempotency-key": "v"}
    await broker.put(VENTAS_QUEUE, json.dumps(venta_boleta()).encode(), headers=headers, reply_to="posta.dlq.v1")

    async def stored() -> bool:
        return (await check_folios(store)).usados == 1

    await eventually(stored)
    await _depth_is(broker, VENTAS_QUEUE, 0)
    assert await broker.depth("posta.dlq.v1") == 0


async def test_without_folios_a_sale_waits_and_others_pass_it(settings: Settings) -> None:
    world = await create_world(settings, boletas=0, facturas=10)
    async with running_emitter(world), open_broker(settings) as broker, open_store(settings) as store:
        await broker.channel.declare_queue("respuestas", durable=True)
        await _send(broker, world, "boleta")
        factura = json.dumps(venta_factura()).encode()
        await _send(broker, world, "factura", factura)
        assert json.loads((await _reply(broker)).body)["tipo"] == 33

        async with open_admin(world.settings) as admin:
            await import_folios(admin, TipoDte.BOLETA, 1, 10)
        late = await _reply(broker)
        assert (late.correlation_id, json.loads(late.body)["tipo"]) == ("c-boleta", 39)
        assert (await check_folios(store)).usados == 2
        assert await broker.depth(VENTAS_DLQ) == 0


async def test_sales_are_taken_again_after_the_queue_was_deleted_under_its_consumer(settings: Settings) -> None:
    quick = settings.model_copy(update={"consumo_vencido": timedelta(seconds=0.5)})
    world = await create_world(quick, boletas=10, facturas=0)
    async with running_emitter(world), open_broker(settings) as broker:
        await broker.channel.declare_queue("respuestas", durable=True)
        await _send(broker, world, "antes")
        await _reply(broker)
        await broker.channel.queue_delete(VENTAS_QUEUE)

        await eventually(partial(_exists, settings, VENTAS_QUEUE), within=60)

        async with open_broker(settings, declared=False) as fresh:  # else the broker drops what it gets (3.10.8)
            await _send(fresh, world, "despues")
        assert (await _reply(broker)).correlation_id == "c-despues"


async def _exists(settings: Settings, queue: str) -> bool:
    depths = Depths(settings, "mira")
    try:
        return queue in await depths.measure([queue])
    finally:
        await depths.close()

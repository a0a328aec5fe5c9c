"""Publishing: confirmed, mandatory, and back on its feet after whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pamqp.common import FieldTable

from shared.adapters.rabbit import DLQ, VENTAS_DLQ, Publisher, work_queue
from shared.adapters.rabbit.topology import ESPERA, EVENTOS, REENVIO, wait_queue
from shared.backoff import PASOS, Paso
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.errors import Unavailable
from shared.messages import CambioEstado, ErrorEnvio, trabajo_of
from shared.settings import Settings
from tests.broker import Broker, open_broker
from tests.conditions import eventually
from tests.records import MOMENTO, make_atributos, make_record

DTE = make_record(7)
TRABAJO = trabajo_of(DTE)
ATRIBUTOS = make_atributos(DTE)
WORK = work_queue(Canal.BOLETA, Prioridad.NORMAL)
WORK_KEY = "dte.firmado.boleta.normal.#"


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    ours = Publisher(settings, "prueba")
    yield ours
    await ours.close()


@pytest.fixture
async def broker(settings: Settings, publisher: Publisher) -> AsyncIterator[Broker]:
    await publisher.connect()  # which declares everything
    async with open_broker(settings) as ours:
        yield ours


async def test_a_signed_document_travels_byte_for_byte_with_its_identity_beside_it(
    publisher: Publisher, broker: Broker
) -> None:
    archive = await broker.bind(EVENTOS, "dte.firmado.#")

    await publisher.publish_firmado(TRABAJO, DTE.xml, ATRIBUTOS)

    for queue in (WORK, archive):
        message = await broker.pop(queue)
        assert message is not None
        assert message.body == DTE.xml
        assert (message.content_type, message.content_encoding) == ("application/xml", "ISO-8859-1")
        assert message.delivery_mode == 2
        assert message.routing_key == "dte.firmado.boleta.normal.39.77123456-9"
        assert {name: value for name, value in message.headers.items() if name.startswith("cloudEvents:")} == {
            "cloudEvents:specversion": "1.0",
            "cloudEvents:id": f"{DTE.id}/e1",
            "cloudEvents:source": "urn:posta:certificacion",
            "cloudEvents:type": "posta.dte.firmado.v1",
            "cloudEvents:time": "2026-11-20T12:00:00+00:00",
            "cloudEvents:subject": DTE.id,
        }
        assert {name: message.headers[name] for name in ("id", "folio", "sha256")} == {
            "id": DTE.id,
            "folio": 7,
            "sha256": DTE.sha256,
        }


async def test_work_sent_once_more_reaches_the_sender_and_no_archive(publisher: Publisher, broker: Broker) -> None:
    archive = await broker.bind(EVENTOS, "#")

    await publisher.publish_reenvio(TRABAJO, DTE.xml)

    assert await broker.pop(WORK) is not None
    assert await broker.pop(archive) is None


async def test_each_publish_has_an_identity_of_its_own(publisher: Publisher, broker: Broker) -> None:
    await asyncio.gather(*(publisher.publish_firmado(TRABAJO, DTE.xml, ATRIBUTOS) for _ in range(5)))
    assert len({message.message_id for message in await broker.drain(WORK)}) == 5


async def test_a_change_of_state_is_told_to_whoever_listens_and_it_is_fine_if_nobody_does(
    publisher: Publisher, broker: Broker
) -> None:
    cambio = CambioEstado(
        id=DTE.id,
        emisor=DTE.emisor,
        tipo=DTE.tipo,
        folio=7,
        estado=Estado.ACEPTADO,
        momento=MOMENTO,
        terminal="caja-1",
        tienda="Mall.Sur",
        caja="",
        clave="venta-7",
        monto=1190,
    )
    await publisher.publish_estado(cambio, ATRIBUTOS)
    queue = await broker.bind(EVENTOS, "dte.estado.aceptado.39.*.Mall_Sur.#")

    await publisher.publish_estado(cambio, ATRIBUTOS)

    message = await broker.pop(queue)
    assert message is not None
    assert message.routing_key == "dte.estado.aceptado.39.77123456-9.Mall_Sur.-"
    assert CambioEstado.model_validate_json(message.body) == cambio


async def test_a_document_parked_for_a_person_carries_its_cause(publisher: Publisher, broker: Broker) -> None:
    await publisher.publish_dlq(TRABAJO, DTE.xml, ErrorEnvio(causa="esquema", codigo="SCH-00001"))

    message = await broker.pop(DLQ)
    assert message is not None
    assert (message.headers["causa"], message.headers["codigo"]) == ("esquema", "SCH-00001")
    assert message.headers["clave"] == TRABAJO.routing_key


@pytest.mark.parametrize("paso", PASOS, ids=lambda paso: paso.nombre)
async def test_each_step_of_the_ladder_waits_in_its_own_queue(publisher: Publisher, broker: Broker, paso: Paso) -> None:
    await publisher.publish_espera(TRABAJO, DTE.xml, paso)
    assert await broker.pop(wait_queue(paso)) is not None
    assert await broker.pop(WORK) is None


async def test_after_its_time_a_waiting_document_is_back_in_the_work_queue_it_came_from(
    publisher: Publisher, broker: Broker
) -> None:
    """The real queue waits 10 s; one with the same arguments but for its time shows the way back."""
    arguments: FieldTable = {
        "x-queue-type": "quorum",
        "x-message-ttl": 100,
        "x-dead-letter-exchange": REENVIO,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    short = await broker.channel.declare_queue("posta.espera.prueba.v1", durable=True, arguments=arguments)
    await short.bind(ESPERA, "", arguments={"x-match": "all", "paso": "prueba"})

    await publisher.publish_espera(TRABAJO, DTE.xml, Paso("prueba", timedelta(milliseconds=100)))

    async def back() -> bool:
        return await broker.depth(WORK) == 1

    await eventually(back)
    message = await broker.pop(WORK)
    assert message is not None
    assert message.body == DTE.xml
    assert message.headers["id"] == DTE.id


async def test_an_unroutable_document_is_not_published(publisher: Publisher, broker: Broker) -> None:
    await broker.unbind(WORK, EVENTOS, WORK_KEY)
    with pytest.raises(Unavailable):
        await publisher.publish_firmado(TRABAJO, DTE.xml, ATRIBUTOS)
    assert await broker.pop(WORK) is None


async def test_after_an_unroutable_publish_the_topology_is_put_right(publisher: Publisher, broker: Broker) -> None:
    await broker.unbind(WORK, EVENTOS, WORK_KEY)
    with pytest.raises(Unavailable):
        await publisher.publish_firmado(TRABAJO, DTE.xml, ATRIBUTOS)

    await publisher.publish_firmado(TRABAJO, DTE.xml, ATRIBUTOS)

    assert await broker.pop(WORK) is not None


async def test_what_cannot_be_routed_takes_nothing_down_with_it(publisher: Publisher, broker: Broker) -> None:
    """Another type of work has lost its queue: everything else that is in flight at that moment is confirmed."""
    stray = trabajo_of(make_record(8, tipo=TipoDte.FACTURA))
    await broker.unbind(work_queue(Canal.FACTURA, Prioridad.NORMAL), EVENTOS, "dte.firmado.factura.normal.#")

    outcomes = await asyncio.gather(
        *(publisher.publish_firmado(TRABAJO, DTE.xml, ATRIBUTOS) for _ in range(20)),
        publisher.publish_firmado(stray, DTE.xml, ATRIBUTOS),
        *(publisher.publish_firmado(TRABAJO, DTE.xml, ATRIBUTOS) for _ in range(20)),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes if outcome is not None] == [Unavailable]
    assert len(await broker.drain(WORK)) == 40


async def test_an_answer_that_nobody_waits_for_any_more_is_no_failure(publisher: Publisher) -> None:
    await publisher.publish("", "cola-que-se-fue", b"{}", {}, mandatory=False)
    with pytest.raises(Unavailable):
        await publisher.publish("", "cola-que-se-fue", b"{}", {})


async def test_an_answer_carries_what_the_asker_wants_to_find_in_it(publisher: Publisher, broker: Broker) -> None:
    await publisher.publish("", VENTAS_DLQ, b'{"a": 1}', {"x": "y"}, correlation_id="c-1", reply_to="respuestas")

    message = await broker.pop(VENTAS_DLQ)
    assert message is not None
    assert (message.correlation_id, message.reply_to, message.headers["x"]) == ("c-1", "respuestas", "y")
    assert (message.content_type, message.body) == ("application/json", b'{"a": 1}')


async def test_a_lost_connection_is_opened_again_by_the_next_publish(publisher: Publisher, broker: Broker) -> None:
    assert publisher._connection is not None
    await publisher._connection.close()

    await publisher.publish_firmado(TRABAJO, DTE.xml, ATRIBUTOS)

    assert await broker.pop(WORK) is not None

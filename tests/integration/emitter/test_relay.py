"""Outbox → broker: confirm before mark, in order, and never for ever in the way of others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.emitter.relay import Relay
from shared.adapters.mongo import Store
from shared.adapters.rabbit import Publisher, work_queue
from shared.adapters.rabbit.topology import EVENTOS, REENVIO
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.errors import Unavailable
from shared.messages import CambioEstado, ClaseEvento, ErrorEnvio
from shared.settings import Settings
from tests.broker import Broker, open_broker
from tests.conditions import eventually
from tests.emitter_world import open_store
from tests.records import MOMENTO, make_record

WORK = work_queue(Canal.BOLETA, Prioridad.NORMAL)
WORK_KEY = "dte.firmado.boleta.normal.#"


class Mesa:
    """A relay with its outbox and its broker."""

    def __init__(self, settings: Settings, store: Store, broker: Broker) -> None:
        self.documents, self.moves, self.relevos, self.broker = store.documents, store.moves, store.relevos, broker
        self.publisher = Publisher(settings, "prueba")
        self.nudge = asyncio.Event()
        self.relay = Relay(store.documents, store.relevos, self.publisher, self.nudge)


@pytest.fixture
async def mesa(settings: Settings) -> AsyncIterator[Mesa]:
    first = Publisher(settings, "prueba")
    await first.connect()
    await first.close()
    async with open_store(settings) as store, open_broker(settings) as broker:
        ours = Mesa(settings, store, broker)
        await ours.relay.take_turn()
        yield ours
        await ours.publisher.close()


async def test_what_lies_in_the_outbox_is_published_and_taken_out(mesa: Mesa) -> None:
    await mesa.documents.insert([make_record(folio) for folio in range(1, 6)])

    assert await mesa.relay.step() is False

    assert await mesa.documents.count_outbox() == 0
    assert {message.headers["folio"] for message in await mesa.broker.drain(WORK)} == {1, 2, 3, 4, 5}


async def test_what_this_emitter_has_stored_is_published_from_memory_and_once(mesa: Mesa) -> None:
    everything = await mesa.broker.bind(EVENTOS, "#")
    await mesa.relay.step()  # nothing there: for a moment the outbox need not be looked at
    early, late = make_record(1), make_record(2)
    await mesa.documents.insert([early])
    mesa.relay.offer([early])
    await mesa.documents.insert([late])  # by somebody else: only the outbox tells of it

    assert await mesa.relay.step() is True
    assert await mesa.documents.count_outbox() == 1
    mesa.relay.offer([early])  # told again, as when the outbox is looked at between insert and offer
    await eventually(lambda: _emptied(mesa))

    told = [message.headers["cloudEvents:id"] for message in await mesa.broker.drain(everything)]
    assert told == [f"{dte.id}/primer-{clase}" for dte in (early, late) for clase in ("firmado", "estado")]


async def _emptied(mesa: Mesa) -> bool:
    await mesa.relay.step()
    return await mesa.documents.count_outbox() == 0


async def test_an_event_that_could_not_be_taken_out_is_taken_out_later_and_not_published_again(mesa: Mesa) -> None:
    dte = make_record(1)
    await mesa.documents.insert([dte])
    [(_, eventos)] = await mesa.documents.pending_outbox(1)
    await mesa.relay.step()
    left = [evento.model_dump() for evento in eventos]
    await mesa.documents._dtes.update_one({"_id": dte.id}, {"$set": {"salida": left}})  # as if it had failed

    await mesa.relay.step()

    assert await mesa.documents.count_outbox() == 0
    assert len(await mesa.broker.drain(WORK)) == 1


async def test_more_than_memory_is_given_is_found_in_the_outbox(mesa: Mesa) -> None:
    await mesa.relay.step()
    dtes = [make_record(folio) for folio in range(1, 1_201)]
    await mesa.documents.insert(dtes)
    mesa.relay.offer(dtes)
    await eventually(lambda: _emptied(mesa))
    assert {message.headers["folio"] for message in await mesa.broker.drain(WORK)} == set(range(1, 1_201))


async def test_events_of_one_document_come_in_their_order(mesa: Mesa) -> None:
    dte = make_record(1)
    everything = await mesa.broker.bind(EVENTOS, "#")
    await mesa.documents.insert([dte])
    await mesa.moves.claim([dte.id], "sobre-1")
    await mesa.moves.mark_enviado("sobre-1", [dte.id], track_id="77")

    await mesa.relay.step()

    keys = [message.routing_key for message in await mesa.broker.drain(everything)]
    assert [key.split(".")[1:3] for key in keys if key] == [
        ["firmado", "boleta"],
        ["estado", "generado"],
        ["estado", "enviando"],
        ["estado", "enviado"],
    ]


async def test_an_event_that_is_published_again_can_be_recognised(mesa: Mesa) -> None:
    dte = make_record(1)
    everything = await mesa.broker.bind(EVENTOS, "#")
    await mesa.documents.insert([dte])
    [(_, eventos)] = await mesa.documents.pending_outbox(2)
    for _ in range(2):
        for evento in eventos:
            await mesa.relay._publish(dte, evento)

    messages = await mesa.broker.drain(everything)

    ids = [message.headers["cloudEvents:id"] for message in messages]
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2
    assert len({message.message_id for message in messages}) == 4, "fresh, or two in flight swap their confirms"
    types = [message.headers["cloudEvents:type"] for message in messages[:2]]
    assert types == ["posta.dte.firmado.v1", "posta.dte.estado.v1"]


async def test_news_say_the_state_that_they_are_about(mesa: Mesa) -> None:
    dte = make_record(1)
    news = await mesa.broker.bind(EVENTOS, "dte.estado.#")
    await mesa.documents.insert([dte])
    await mesa.moves.claim([dte.id], "sobre-1")
    error = ErrorEnvio(causa="esquema", codigo="SCH", glosa="mal", remedio="corregir")
    await mesa.moves.mark_rechazado("sobre-1", [dte.id], error, desde=Estado.ENVIANDO)

    await mesa.relay.step()

    told = [CambioEstado.model_validate_json(message.body) for message in await mesa.broker.drain(news)]
    assert [cambio.estado for cambio in told] == [Estado.GENERADO, Estado.ENVIANDO, Estado.RECHAZADO]
    assert told[-1].error_envio == error
    assert (told[-1].clave, told[-1].terminal, told[-1].folio) == ("venta-1", "caja-1", 1)


async def test_work_to_be_sent_again_reaches_the_sender_with_its_bytes(mesa: Mesa) -> None:
    dte = make_record(1)
    await mesa.documents.insert([dte])
    await mesa.relay.step()
    await mesa.broker.drain(WORK)

    await mesa.moves.requeue([dte.id])
    await mesa.relay.step()

    [message] = await mesa.broker.drain(WORK)
    assert message.body == dte.xml


async def test_what_cannot_be_routed_stays_in_the_outbox(mesa: Mesa) -> None:
    await mesa.documents.insert([make_record(1)])
    await mesa.relay.step()
    await mesa.documents.insert([make_record(2)])
    await mesa.broker.unbind(WORK, EVENTOS, WORK_KEY)

    with pytest.raises(Unavailable):
        await mesa.relay.step()

    assert await mesa.documents.count_outbox() == 1
    await mesa.relay.step()
    assert await mesa.documents.count_outbox() == 0, "the topology was declared again"
    assert [message.headers["folio"] for message in await mesa.broker.drain(WORK)] == [1, 2]


async def test_of_a_documents_events_those_confirmed_are_taken_out_and_the_others_stay(mesa: Mesa) -> None:
    dte = make_record(1)
    await mesa.documents.insert([dte])
    await mesa.relay.step()
    await mesa.moves.claim([dte.id], "sobre-1")
    await mesa.moves.mark_pendiente(
        "sobre-1",
        [dte.id],
        desde=Estado.ENVIANDO,
        proximo_intento=MOMENTO,
        error=ErrorEnvio(causa="sii_caido"),
        intento=True,
        reenvio=True,
    )
    await mesa.broker.unbind(WORK, REENVIO, WORK_KEY)

    with pytest.raises(Unavailable):
        await mesa.relay.step()

    [(_, left)] = await mesa.documents.pending_outbox(10)
    assert [evento.clase for evento in left] == [ClaseEvento.REENVIO]


async def test_one_document_that_cannot_be_routed_does_not_keep_the_others(mesa: Mesa) -> None:
    await mesa.publisher.connect()
    await mesa.broker.unbind(work_queue(Canal.FACTURA, Prioridad.NORMAL), EVENTOS, "dte.firmado.factura.normal.#")
    factura = make_record(1, tipo=TipoDte.FACTURA, clave="factura", creado=MOMENTO - timedelta(hours=1))
    await mesa.documents.insert([factura, *(make_record(folio) for folio in range(1, 30))])

    with pytest.raises(Unavailable):
        await mesa.relay.step()

    [(left, _)] = await mesa.documents.pending_outbox(10)
    assert left.id == factura.id


async def test_a_long_outbox_is_emptied_without_waiting(mesa: Mesa) -> None:
    await mesa.documents.insert([make_record(folio) for folio in range(1, 451)])
    steps = 1
    while await mesa.relay.step():
        steps += 1
    assert (steps, await mesa.documents.count_outbox()) == (3, 0)


async def test_the_loop_hears_of_a_change_at_once_and_of_everything_else_soon(mesa: Mesa) -> None:
    stop = asyncio.Event()
    loops = [asyncio.create_task(mesa.relay.run(stop)), asyncio.create_task(mesa.relay.listen())]

    async def empty() -> bool:
        return await mesa.documents.count_outbox() == 0

    try:
        for folio in range(1, 4):
            await mesa.documents.insert([make_record(folio)])
            await eventually(empty)
            await mesa.moves.claim([make_record(folio).id], "sobre-1")
            await eventually(empty)
    finally:
        stop.set()
        mesa.nudge.set()
        await loops[0]
        loops[1].cancel()
    assert len(await mesa.broker.drain(WORK)) == 3


async def test_without_a_broker_the_loop_goes_on_trying(settings: Settings, mesa: Mesa) -> None:
    gone = Publisher(settings.model_copy(update={"rabbit_vhost": "no-existe"}), "prueba")
    relay = Relay(mesa.documents, mesa.relevos, gone, mesa.nudge)
    await relay.take_turn()
    await mesa.documents.insert([make_record(1)])
    with pytest.raises(Unavailable):
        await relay.step()
    assert await mesa.documents.count_outbox() == 1

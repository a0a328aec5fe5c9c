"""`dtes`: first writes, reads, and the outbox inside the record."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from pymongo import MongoClient

from shared.adapters.mongo import Documents, Store
from shared.adapters.mongo.documents import Choque
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte
from shared.messages import ClaseEvento
from shared.settings import Settings
from tests.conditions import eventually
from tests.records import MOMENTO, make_record


async def test_a_stored_document_comes_back_as_it_was_with_its_first_events_beside_it(store: Store) -> None:
    dte = make_record(7)

    assert await store.documents.insert([dte]) == {}

    found = await store.documents.get(dte.id)
    assert found is not None
    assert found.model_dump(exclude={"historia"}) == dte.model_dump(exclude={"historia", "xml"})
    assert [(hito.estado, hito.momento) for hito in found.historia] == [(Estado.GENERADO, MOMENTO)]
    assert await store.documents.get_xml(dte.id) == dte.xml
    [(pending, eventos)] = await store.documents.pending_outbox(10)
    assert pending.xml == dte.xml
    assert [evento.clase for evento in eventos] == [ClaseEvento.FIRMADO, ClaseEvento.ESTADO]


async def test_an_insert_says_which_documents_it_refused_and_why_and_stores_the_others(store: Store) -> None:
    await store.documents.insert([make_record(1, clave="a"), make_record(2, clave="b")])

    same_key, same_folio, fine = make_record(3, clave="a"), make_record(2, clave="c"), make_record(4, clave="d")
    choques = await store.documents.insert([same_key, same_folio, fine])

    assert choques == {same_key.id: Choque.CLAVE, same_folio.id: Choque.FOLIO}
    assert await store.documents.get(fine.id) is not None
    assert await store.documents.get(same_key.id) is None


async def test_of_fifty_inserts_at_once_with_one_key_exactly_one_is_stored(store: Store) -> None:
    outcomes = await asyncio.gather(
        *(store.documents.insert([make_record(folio, clave="una")]) for folio in range(1, 51))
    )

    assert sum(1 for choques in outcomes if not choques) == 1
    assert {choque for choques in outcomes for choque in choques.values()} == {Choque.CLAVE}


async def test_documents_are_found_by_the_keys_of_their_own_terminal_only(store: Store) -> None:
    await store.documents.insert(
        [make_record(1, clave="x"), make_record(2, clave="x", terminal="caja-2"), make_record(3, clave="y")]
    )

    found = await store.documents.find_by_claves([("caja-1", "x"), ("caja-2", "y"), ("caja-1", "y")])

    assert {key: dte.folio for key, dte in found.items()} == {("caja-1", "x"): 1, ("caja-1", "y"): 3}


async def test_a_document_is_found_by_its_folio_and_an_unknown_one_is_not(store: Store) -> None:
    await store.documents.insert([make_record(5)])

    found = await store.documents.get_by_folio("77123456-9", TipoDte.BOLETA, 5)

    assert found is not None
    assert await store.documents.get_by_folio("77123456-9", TipoDte.FACTURA, 5) is None
    assert await store.documents.get_xml("77123456-9-39-6") is None


async def test_folios_in_use_are_told_from_those_that_are_not(store: Store) -> None:
    await store.documents.insert([make_record(2), make_record(4), make_record(9_999_999_999)])

    stored = await store.documents.existing_folios("77123456-9", TipoDte.BOLETA, [1, 2, 3, 4, 9_999_999_999])

    assert stored == {2, 4, 9_999_999_999}


async def test_every_state_is_counted_also_those_where_nothing_stands(store: Store) -> None:
    await store.documents.insert([make_record(1), make_record(2)])

    counted = await store.documents.count_by_estado()

    assert counted[Estado.GENERADO] == 2
    assert set(counted) == set(Estado)
    assert sum(counted.values()) == 2


async def test_the_outbox_gives_the_oldest_first_up_to_a_limit(store: Store) -> None:
    ages = {3: 30, 1: 10, 2: 20}
    await store.documents.insert(
        [make_record(folio, creado=MOMENTO + timedelta(seconds=age)) for folio, age in ages.items()]
    )

    pending = await store.documents.pending_outbox(2)

    assert [dte.folio for dte, _ in pending] == [1, 2]
    assert await store.documents.count_outbox() == 3


async def test_confirmed_events_leave_the_outbox_and_later_ones_stay(store: Store) -> None:
    dte = make_record(1)
    await store.documents.insert([dte])
    [(_, eventos)] = await store.documents.pending_outbox(1)
    await store.moves.claim([dte.id], "sobre-1")  # news that came while the first events were being published

    await store.documents.clear_outbox({dte.id: [evento.id for evento in eventos]})

    [(pending, later)] = await store.documents.pending_outbox(1)
    assert [(evento.clase, evento.estado) for evento in later] == [(ClaseEvento.ESTADO, Estado.ENVIANDO)]
    assert pending.xml == b"", "bytes that no event needs are not fetched"
    await store.documents.clear_outbox({dte.id: [evento.id for evento in later]})
    assert await store.documents.count_outbox() == 0


async def test_clearing_what_another_process_has_cleared_harms_nothing(store: Store) -> None:
    one, other = make_record(1), make_record(2)
    await store.documents.insert([one, other])
    published = {dte.id: [evento.id for evento in eventos] for dte, eventos in await store.documents.pending_outbox(2)}

    await store.documents.clear_outbox({one.id: published[one.id]})
    await store.documents.clear_outbox(published)

    assert await store.documents.count_outbox() == 0


async def test_the_outbox_is_read_from_its_index_in_order(settings: Settings, store: Store) -> None:
    await store.documents.insert([make_record(folio) for folio in range(1, 20)])
    with MongoClient[dict[str, Any]](settings.mongo_url) as client:
        query = client[settings.mongo_database].dtes.find({"salida": {"$exists": True}})
        plan = query.sort("salida.momento", 1).limit(5).explain()

    assert "'SORT'" not in str(plan["queryPlanner"]["winningPlan"])
    assert plan["executionStats"]["totalDocsExamined"] <= 5


async def test_a_change_of_any_document_is_heard_of(store: Store) -> None:
    heard = asyncio.Event()
    opened = asyncio.Event()

    async def listen(documents: Documents) -> None:
        async for _ in documents.changes():
            (heard if opened.is_set() else opened).set()

    listening = asyncio.create_task(listen(store.documents))
    try:
        await eventually(opened.is_set)
        await store.documents.insert([make_record(1)])
        await eventually(heard.is_set)
    finally:
        listening.cancel()


async def test_news_for_the_outbox_are_moves_and_neither_inserts_nor_clearing(store: Store) -> None:
    heard = 0

    async def listen() -> None:
        nonlocal heard
        async for _ in store.documents.outbox_news():
            heard += 1

    listening = asyncio.create_task(listen())
    try:
        await eventually(lambda: heard == 1)
        dte = make_record(1)
        await store.documents.insert([dte])
        [(_, eventos)] = await store.documents.pending_outbox(1)
        await store.documents.clear_outbox({dte.id: [evento.id for evento in eventos]})
        await store.moves.claim([dte.id], "sobre-1")
        await eventually(lambda: heard == 2)
        await store.moves.mark_enviado("sobre-1", [dte.id], track_id="7")
        await store.moves.requeue([dte.id])
        await store.documents.insert([make_record(2)])
        [(_, eventos), *_] = await store.documents.pending_outbox(1)
        await store.documents.clear_outbox({dte.id: [evento.id for evento in eventos]})
        await store.moves.mark_aceptado("sobre-1", [dte.id])
        await eventually(lambda: heard == 3)
    finally:
        listening.cancel()


async def test_listening_goes_on_through_a_long_silence(settings: Settings, store: Store) -> None:
    """Longer than the bound of an operation: waiting for a change is not an operation that takes too long."""
    impatient = Store(settings.model_copy(update={"mongo_timeout": timedelta(milliseconds=600)}), lambda: MOMENTO, "b")
    nudges = 0

    async def listen() -> None:
        nonlocal nudges
        async for _ in impatient.documents.changes():
            nudges += 1

    listening = asyncio.create_task(listen())
    try:
        await eventually(lambda: nudges == 1)
        done, _ = await asyncio.wait({listening}, timeout=2.0)
        assert not done
        await store.documents.insert([make_record(1)])
        await eventually(lambda: nudges >= 2)
    finally:
        listening.cancel()
        await impatient.close()

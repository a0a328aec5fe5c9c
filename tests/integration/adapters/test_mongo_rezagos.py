"""Which companies have work waiting, read seek by seek from one index, and who may look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.adapters.mongo import Store
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.messages import DteConXml, ErrorEnvio, dte_id
from shared.settings import Settings
from tests.integration.adapters.conftest import Reloj
from tests.records import MOMENTO, make_record

UNA, OTRA, TERCERA = "76192083-9", "77100000-0", "77999999-9"


async def test_companies_with_work_in_the_queue_come_by_rut_and_held_or_other_documents_name_none(
    store: Store,
) -> None:
    await put(store, OTRA, 1)
    await put(store, UNA, 1)
    await put(store, UNA, 2)
    await put(store, TERCERA, 1, enviar_desde=MOMENTO + timedelta(days=1))
    await put(store, TERCERA, 2, espera_a=(dte_id(UNA, TipoDte.BOLETA, 1),))
    await put(store, "77999998-0", 1, tipo=TipoDte.FACTURA)
    assert await walk(store) == [UNA, OTRA]
    await store.moves.claim([dte_id(UNA, TipoDte.BOLETA, folio) for folio in (1, 2)], "e1")
    assert await walk(store) == [OTRA]


async def test_of_a_company_the_oldest_come_first_without_what_has_not_reached_the_queue(store: Store) -> None:
    newest = await put(store, UNA, 1, creado=MOMENTO + timedelta(minutes=2))
    oldest = await put(store, UNA, 2, creado=MOMENTO)
    await put(store, UNA, 3, creado=MOMENTO + timedelta(minutes=1), published=False)
    assert await store.rezagos.find_ordinary(Canal.BOLETA, UNA, 10) == [oldest, newest]
    assert await store.rezagos.find_ordinary(Canal.BOLETA, UNA, 1) == [oldest]
    assert await store.rezagos.find_ordinary(Canal.FACTURA, UNA, 10) == []


async def test_what_was_tried_before_stands_in_line_once_its_time_has_come_unless_it_is_parked(
    store: Store, reloj: Reloj
) -> None:
    again, new, parked, later = [await put(store, UNA, folio) for folio in (1, 2, 3, 4)]
    only_later = await put(store, OTRA, 1)
    for id_, wait in ((again, 10), (parked, None), (later, 3600), (only_later, 3600)):
        await store.moves.claim([id_], id_)
        proximo = None if wait is None else reloj() + timedelta(seconds=wait)
        error = ErrorEnvio(causa="sii_caido")
        moved = await store.moves.mark_pendiente(
            id_, [id_], desde=Estado.ENVIANDO, proximo_intento=proximo, error=error, intento=True
        )
        assert moved == 1
        await clear_outbox(store, id_)
    assert await store.rezagos.find_ordinary(Canal.BOLETA, UNA, 10) == [new]
    reloj.advance(seconds=10)
    assert await store.rezagos.find_ordinary(Canal.BOLETA, UNA, 10) == [again, new]
    assert await store.rezagos.find_ordinary(Canal.BOLETA, UNA, 1) == [again]
    assert await store.rezagos.find_ordinary(Canal.BOLETA, OTRA, 1) == []
    await store.moves.claim([new, again], "e1")
    assert await walk(store) == [UNA, OTRA]
    assert await store.moves.raise_prioridad([later]) == 1
    assert await store.rezagos.find_ordinary(Canal.BOLETA, UNA, 10) == []


async def test_a_company_whose_work_already_goes_as_urgent_has_its_turn(store: Store) -> None:
    ordinary = [await put(store, UNA, folio) for folio in (1, 2)]
    assert await store.moves.raise_prioridad(ordinary[1:]) == 1
    assert await store.rezagos.find_ordinary(Canal.BOLETA, UNA, 10) == []
    await store.moves.claim(ordinary[1:], "e1")
    assert await store.rezagos.find_ordinary(Canal.BOLETA, UNA, 10) == ordinary[:1]


async def test_a_company_is_found_with_one_look_however_many_documents_wait(store: Store) -> None:
    await store.documents.insert([record(UNA, folio) for folio in range(1, 301)])
    database: Any = store._mongo.database
    await database.command("profile", 2)
    assert await walk(store) == [UNA]
    await database.command("profile", 0)
    looks = await database["system.profile"].find({"op": "query", "ns": f"{database.name}.dtes"}).to_list(None)
    assert [look["docsExamined"] for look in looks] == [1, 0, 0, 0]
    assert {look["planSummary"] for look in looks} == {
        "IXSCAN { canal: 1, emisor: 1, prioridad: 1, creado: 1 }",
        "IXSCAN { canal: 1, emisor: 1, prioridad: 1, proximo_intento: 1 }",
    }


async def test_one_process_at_a_time_deals_a_channel(settings: Settings, store: Store) -> None:
    other = Store(settings, lambda: MOMENTO, "proceso-b")
    assert await store.rezagos.hold(Canal.BOLETA)
    assert await store.rezagos.hold(Canal.BOLETA)
    assert not await other.rezagos.hold(Canal.BOLETA)
    assert await other.rezagos.hold(Canal.FACTURA)
    await other.close()


async def walk(store: Store) -> list[str]:
    found, emisor = [], ""
    while (following := await store.rezagos.next_emisor(Canal.BOLETA, emisor)) is not None:
        emisor = following
        found.append(emisor)
    return found


async def put(store: Store, emisor: str, folio: int, *, published: bool = True, **changes: Any) -> str:
    """A document that waits for the sender; gives its id."""
    nuevo = record(emisor, folio, **changes)
    assert await store.documents.insert([nuevo]) == {}
    if published:
        await clear_outbox(store, nuevo.id)
    return nuevo.id


async def clear_outbox(store: Store, id_: str) -> None:
    """As if all that there was to tell of it had been published."""
    await store._mongo.database.dtes.update_one({"_id": id_}, {"$unset": {"salida": ""}})


def record(emisor: str, folio: int, **changes: Any) -> DteConXml:
    tipo = changes.get("tipo", TipoDte.BOLETA)
    id_ = dte_id(emisor, tipo, folio)
    return make_record(folio, emisor=emisor, id=id_, clave=id_, prioridad=Prioridad.NORMAL, **changes)

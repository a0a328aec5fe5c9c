"""What must not go to the SII yet is held, answered all the same, and let go once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from services.emitter.retencion import Liberacion
from shared.adapters.mongo import Store
from shared.adapters.rabbit import work_queue
from shared.adapters.rabbit.topology import EVENTOS
from shared.administracion.main import open_admin
from shared.clock import now
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.messages import ClaseEvento, ErrorEnvio, Referencia
from shared.settings import Settings
from tests.broker import open_broker
from tests.conditions import eventually
from tests.dte_data import venta_boleta, venta_factura
from tests.emitter_world import create_world, import_folios, open_store, request_of, running_emitter
from tests.invariants import check_folios
from tests.records import make_record
from tests.ventas import venta_de

FACTURA = make_record(1, tipo=TipoDte.FACTURA, clave="factura")
CREDITO = make_record(1, tipo=TipoDte.NOTA_CREDITO, clave="credito", espera_a=(FACTURA.id,))
DEBITO = make_record(1, tipo=TipoDte.NOTA_DEBITO, clave="debito", espera_a=(CREDITO.id,))
MANANA = now() + timedelta(days=1)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    async with open_store(settings) as ours:
        yield ours


def liberacion(store: Store) -> Liberacion:
    return Liberacion(store.retenidos, store.moves, asyncio.Event())


async def clases(store: Store, id_: str) -> list[ClaseEvento]:
    """What the outbox of a document holds."""
    return [e.clase for dte, eventos in await store.documents.pending_outbox(1000) for e in eventos if dte.id == id_]


async def get_estado(store: Store, id_: str) -> Estado:
    dte = await store.documents.get(id_)
    assert dte is not None
    return dte.estado


async def deliver(store: Store, id_: str, verdict: Estado) -> None:
    """Bring a document to the SII's verdict."""
    envio = f"sobre-{id_}"
    assert [dte.id for dte in await store.moves.claim([id_], envio)] == [id_]
    await store.moves.mark_enviado(envio, [id_], track_id="7")
    error = ErrorEnvio(causa="contenido")
    if verdict is Estado.RECHAZADO:
        await store.moves.mark_rechazado(envio, [id_], error, desde=Estado.ENVIADO)
    elif verdict is Estado.REPARO:
        await store.moves.mark_reparo(envio, [id_], error)
    else:
        await store.moves.mark_aceptado(envio, [id_])


async def test_a_held_document_is_news_at_once_and_work_only_when_its_time_has_come(store: Store) -> None:
    dte = make_record(1, enviar_desde=MANANA)
    await store.documents.insert([dte])
    assert await clases(store, dte.id) == [ClaseEvento.ESTADO]
    await liberacion(store).step()
    assert await clases(store, dte.id) == [ClaseEvento.ESTADO]

    store.retenidos._clock = lambda: MANANA
    await liberacion(store).step()

    assert await clases(store, dte.id) == [ClaseEvento.ESTADO, ClaseEvento.FIRMADO]
    freed = await store.documents.get(dte.id)
    assert freed is not None
    assert (freed.enviar_desde, freed.estado, freed.cambiado) == (None, Estado.GENERADO, MANANA)


async def test_held_documents_are_not_taken_for_forgotten_ones(store: Store) -> None:
    held = [make_record(1, enviar_desde=MANANA), CREDITO]
    await store.documents.insert([*held, make_record(2)])
    for dte, eventos in await store.documents.pending_outbox(10):
        await store.documents.clear_outbox({dte.id: [evento.id for evento in eventos]})
    forgotten = [await store.documents.find_forgotten(canal, hasta=MANANA, limit=10) for canal in Canal]
    assert [dte.folio for found in forgotten for dte in found] == [2]


@pytest.mark.parametrize("verdict", [Estado.ACEPTADO, Estado.REPARO])
async def test_a_note_goes_when_its_document_is_the_siis_and_the_note_on_it_after_that(
    store: Store, verdict: Estado
) -> None:
    await store.documents.insert([FACTURA, CREDITO, DEBITO])
    release = liberacion(store)
    await release.step()
    assert ClaseEvento.FIRMADO not in await clases(store, CREDITO.id)

    await deliver(store, FACTURA.id, verdict)
    await release.step()
    assert ClaseEvento.FIRMADO in await clases(store, CREDITO.id)
    assert ClaseEvento.FIRMADO not in await clases(store, DEBITO.id)

    await deliver(store, CREDITO.id, verdict)
    await release.step()
    assert ClaseEvento.FIRMADO in await clases(store, DEBITO.id)


async def test_a_note_on_a_rejected_document_waits_for_a_person_who_can_send_it(store: Store) -> None:
    await store.documents.insert([FACTURA, CREDITO, DEBITO])
    await deliver(store, FACTURA.id, Estado.RECHAZADO)

    await liberacion(store).step()

    [parked] = await store.documents.all_parked()
    assert parked.id == CREDITO.id
    assert parked.error_envio is not None
    assert parked.error_envio.causa == "referencia"
    assert FACTURA.id in parked.error_envio.glosa
    assert parked.error_envio.remedio
    assert await clases(store, CREDITO.id) == [ClaseEvento.ESTADO, ClaseEvento.ESTADO]
    assert await get_estado(store, DEBITO.id) is Estado.GENERADO

    await store.moves.requeue([CREDITO.id])
    await deliver(store, CREDITO.id, Estado.ACEPTADO)
    await liberacion(store).step()
    assert ClaseEvento.FIRMADO in await clases(store, DEBITO.id)


async def test_a_note_on_several_documents_waits_for_all_of_them_and_for_its_time(store: Store) -> None:
    other = make_record(2, tipo=TipoDte.FACTURA, clave="otra")
    note = make_record(1, tipo=TipoDte.NOTA_CREDITO, clave="nota", espera_a=(FACTURA.id, other.id), enviar_desde=MANANA)
    await store.documents.insert([FACTURA, other, note])
    release = liberacion(store)
    await deliver(store, FACTURA.id, Estado.ACEPTADO)
    await release.step()
    held = await store.documents.get(note.id)
    assert held is not None
    assert held.espera_a == note.espera_a

    await deliver(store, other.id, Estado.ACEPTADO)
    await release.step()
    assert await clases(store, note.id) == [ClaseEvento.ESTADO]

    store.retenidos._clock = lambda: MANANA
    await release.step()
    assert await clases(store, note.id) == [ClaseEvento.ESTADO, ClaseEvento.FIRMADO]


async def test_emitters_side_by_side_let_each_document_go_once(settings: Settings, store: Store) -> None:
    scheduled = [make_record(folio, enviar_desde=MANANA) for folio in range(1, 51)]
    notes = [
        make_record(folio, tipo=TipoDte.NOTA_CREDITO, clave=f"n-{folio}", espera_a=(FACTURA.id,))
        for folio in range(1, 51)
    ]
    await store.documents.insert([FACTURA, *scheduled, *notes])
    await deliver(store, FACTURA.id, Estado.ACEPTADO)
    stores = [Store(settings, lambda: MANANA, f"emisor-{n}") for n in range(4)]
    try:
        await asyncio.gather(*(liberacion(one).step() for one in stores for _ in range(2)))
    finally:
        for one in stores:
            await one.close()
    firmados = {
        dte.id: [evento.clase for evento in eventos].count(ClaseEvento.FIRMADO)
        for dte, eventos in await store.documents.pending_outbox(1000)
    }
    assert firmados == dict.fromkeys([dte.id for dte in (FACTURA, *scheduled, *notes)], 1)


async def test_what_is_due_and_what_waits_are_found_by_their_indexes(store: Store) -> None:
    await store.documents.insert([FACTURA, CREDITO, make_record(1, enviar_desde=MANANA)])
    dtes = store.retenidos._dtes
    due = await dtes.find({"enviar_desde": {"$lte": MANANA}}).explain()
    waiting = await dtes.find(
        {"espera_a": {"$exists": True}, "estado": "generado", "_id": {"$gt": ""}}, sort=[("_id", 1)]
    ).explain()
    assert [_index_of(plan) for plan in (due, waiting)] == ["enviar_desde", "espera_a"]


def _index_of(plan: Any) -> str | None:
    stage = plan["queryPlanner"]["winningPlan"]
    while stage is not None and "indexName" not in stage:
        assert stage["stage"] != "SORT", "sorted in memory"
        stage = stage.get("inputStage")
    return stage and str(stage["indexName"])


def _note(factura: dict[str, Any]) -> dict[str, Any]:
    referencia = {"TpoDocRef": 33, "FolioRef": factura["folio"], "FchRef": factura["fecha"], "CodRef": 1}
    return venta_de(TipoDte.NOTA_CREDITO, Referencia=referencia)


async def test_a_till_has_its_answer_at_once_whatever_the_way_of_the_document(settings: Settings) -> None:
    world = await create_world(settings)
    async with open_admin(world.settings) as admin:
        await import_folios(admin, TipoDte.NOTA_CREDITO, 1, 10)
    async with open_broker(settings) as broker, open_store(settings) as store, world.http() as http:
        work = await broker.bind(EVENTOS, "dte.firmado.#")
        async with running_emitter(world):
            urgent = await http.post("/v1/dte", **request_of("v-1", venta_boleta(prioridad="alta")))
            later = await http.post("/v1/dte", **request_of("v-2", venta_boleta(enviar_desde=MANANA.isoformat())))
            factura = await http.post("/v1/dte", **request_of("v-3", venta_factura()))
            nota = await http.post("/v1/dte", **request_of("v-4", _note(factura.json())))
            stray = await http.post("/v1/dte", **request_of("v-5", _note(factura.json() | {"folio": 99})))
            again = await http.post("/v1/dte", **request_of("v-2", venta_boleta(enviar_desde=MANANA.isoformat())))
            other = await http.post("/v1/dte", **request_of("v-2", venta_boleta()))
            assert [answer.status_code for answer in (urgent, later, factura, nota, stray, again, other)] == [
                *[201] * 5,
                200,
                409,
            ]
            assert urgent.json()["prioridad"] == "alta"
            assert later.json()["enviar_desde"] == again.json()["enviar_desde"]
            assert nota.json()["espera_a"] == [factura.json()["id"]]
            assert stray.json()["espera_a"] == [], "nobody knows whether that folio will ever be ours"
            (found,) = await store.referencias.find(factura.json()["id"], 10)
            assert (found.id, found.refiere_a) == (
                nota.json()["id"],
                (Referencia(dte=factura.json()["id"], codigo=1),),
            )
        assert await store.documents.count_outbox() == 0
        assert {str(m.headers["id"]) for m in await broker.drain(work)} == {
            answer.json()["id"] for answer in (urgent, factura, stray)
        }
        assert await broker.depth(work_queue(Canal.BOLETA, Prioridad.ALTA)) == 1

        await deliver(store, factura.json()["id"], Estado.ACEPTADO)
        async with running_emitter(world):  # another process, and it knows nothing but what is on record

            async def released() -> bool:
                return await broker.depth(work) == 1

            await eventually(released)
        [message] = await broker.drain(work)
        assert message.headers["id"] == nota.json()["id"]
        assert await store.documents.get_xml(nota.json()["id"]) == message.body
        assert (await check_folios(store)).usados == 5


async def test_a_time_that_cannot_be_is_refused_before_a_folio_is_spent(settings: Settings) -> None:
    world = await create_world(settings)
    async with running_emitter(world), world.http() as http, open_store(settings) as store:
        answer = await http.post("/v1/dte", **request_of("v", venta_boleta(enviar_desde="2099-01-01T00:00:00Z")))
        assert answer.status_code == 422
        assert [falla["ruta"] for falla in answer.json()["errores"]] == ["enviar_desde"]
        assert (await check_folios(store)).usados == 0

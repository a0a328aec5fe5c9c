"""The state machine in the database: conditional, with history and outbox in the same breath."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.mongo import Store
from shared.dte.estado import MOVES, Estado
from shared.messages import ClaseEvento, ErrorEnvio
from tests.integration.adapters.conftest import Reloj
from tests.records import MOMENTO, make_record

ERROR = ErrorEnvio(causa="sii_caido", codigo="503", glosa="mantención", remedio="esperar")
ENVIO = "sobre-1"
Move = Callable[[Store, str], Awaitable[int]]


async def _claim(store: Store, id_: str) -> int:
    return len(await store.moves.claim([id_], ENVIO))


async def _pendiente(store: Store, id_: str) -> int:
    moved = [
        await store.moves.mark_pendiente(ENVIO, [id_], desde=desde, proximo_intento=MOMENTO, error=ERROR, intento=True)
        for desde in (Estado.ENVIANDO, Estado.INCIERTO, Estado.ENVIADO)
    ]
    return sum(moved) + await store.moves.park_waiting(id_, ERROR)


async def _rechazado(store: Store, id_: str) -> int:
    moved = [
        await store.moves.mark_rechazado(ENVIO, [id_], ERROR, desde=desde)
        for desde in (Estado.ENVIANDO, Estado.ENVIADO)
    ]
    return sum(moved)


MOVE_TO: dict[Estado, Move] = {
    Estado.ENVIANDO: _claim,
    Estado.ENVIADO: lambda store, id_: store.moves.mark_enviado(ENVIO, [id_], track_id="77"),
    Estado.INCIERTO: lambda store, id_: store.moves.mark_incierto(ENVIO, [id_], ERROR),
    Estado.PENDIENTE: _pendiente,
    Estado.RECHAZADO: _rechazado,
    Estado.ACEPTADO: lambda store, id_: store.moves.mark_aceptado(ENVIO, [id_]),
    Estado.REPARO: lambda store, id_: store.moves.mark_reparo(ENVIO, [id_], ERROR),
}
WAY_TO: dict[Estado, tuple[Estado, ...]] = {
    Estado.GENERADO: (),
    Estado.ENVIANDO: (Estado.ENVIANDO,),
    Estado.PENDIENTE: (Estado.ENVIANDO, Estado.PENDIENTE),
    Estado.INCIERTO: (Estado.ENVIANDO, Estado.INCIERTO),
    Estado.ENVIADO: (Estado.ENVIANDO, Estado.ENVIADO),
    Estado.ACEPTADO: (Estado.ENVIANDO, Estado.ENVIADO, Estado.ACEPTADO),
    Estado.REPARO: (Estado.ENVIANDO, Estado.ENVIADO, Estado.REPARO),
    Estado.RECHAZADO: (Estado.ENVIANDO, Estado.RECHAZADO),
}


async def _bring_to(store: Store, estado: Estado, **changes: Any) -> str:
    dte = make_record(1, **changes)
    await store.documents.insert([dte])
    for step in WAY_TO[estado]:
        assert await MOVE_TO[step](store, dte.id) == 1
    return dte.id


@pytest.mark.parametrize("origen", list(Estado))
async def test_from_each_state_exactly_the_moves_of_the_table_can_be_made(store: Store, origen: Estado) -> None:
    for destino, move in MOVE_TO.items():
        id_ = await _bring_to(store, origen, espera_a=("otro",))
        before = await store.documents.get(id_)
        moved = await move(store, id_)
        after = await store.documents.get(id_)
        assert before is not None
        assert after is not None
        if destino in MOVES[origen]:
            assert (moved, after.estado) == (1, destino)
            assert after.historia[-1].estado is destino
            assert len(after.historia) == len(before.historia) + 1
        else:
            # A claim tells what stands in the envelope, also what an earlier claim has put there.
            assert after == before, f"{origen} → {destino} is not in the table"
        await _forget(store)


async def _forget(store: Store) -> None:
    await store._mongo.database.dtes.delete_many({})


async def test_a_move_is_written_to_history_and_outbox_with_its_reason(store: Store, reloj: Reloj) -> None:
    id_ = await _bring_to(store, Estado.ENVIANDO)
    reloj.advance(seconds=5)

    await store.moves.mark_incierto(ENVIO, [id_], ERROR)

    [(dte, eventos)] = await store.documents.pending_outbox(1)
    assert dte.error_envio == ERROR
    assert dte.cambiado == reloj.ahora
    assert (dte.historia[-1].momento, dte.historia[-1].envio, dte.historia[-1].error) == (reloj.ahora, ENVIO, ERROR)
    assert [(e.clase, e.estado) for e in eventos][-1] == (ClaseEvento.ESTADO, Estado.INCIERTO)
    assert [e.estado for e in eventos if e.clase is ClaseEvento.ESTADO] == [
        Estado.GENERADO,
        Estado.ENVIANDO,
        Estado.INCIERTO,
    ]


async def test_of_two_claims_at_once_each_document_falls_to_one(store: Store) -> None:
    dtes = [make_record(folio) for folio in range(1, 41)]
    await store.documents.insert(dtes)
    ids = [dte.id for dte in dtes]

    mine, yours = await asyncio.gather(store.moves.claim(ids, "mio"), store.moves.claim(ids, "tuyo"))

    assert sorted(dte.id for dte in [*mine, *yours]) == sorted(ids)
    assert all(dte.xml == dtes[0].xml for dte in mine)


async def test_what_waits_for_later_is_parked_or_belongs_to_another_half_is_not_claimed(
    store: Store, reloj: Reloj
) -> None:
    later, parked, half, due = dtes = [make_record(folio) for folio in range(1, 5)]
    await store.documents.insert(dtes)
    await store.moves.claim([dte.id for dte in dtes], ENVIO)

    async def postpone(id_: str, seconds: int | None, grupo: str | None = None) -> None:
        when = None if seconds is None else reloj.ahora + timedelta(seconds=seconds)
        await store.moves.mark_pendiente(
            ENVIO,
            [id_],
            desde=Estado.ENVIANDO,
            proximo_intento=when,
            error=ERROR,
            intento=True,
            grupo=grupo,
        )

    await postpone(later.id, 60)
    await postpone(parked.id, None)
    await postpone(half.id, 10, "mitad-a")
    await postpone(due.id, 10)
    reloj.advance(seconds=10)
    ids = [dte.id for dte in dtes]

    assert [dte.id for dte in await store.moves.claim(ids, "sobre-2")] == [due.id]
    assert [dte.id for dte in await store.moves.claim(ids, "sobre-3", "mitad-a")] == [half.id]


async def test_news_about_an_envelope_moves_nothing_that_is_in_another_one_by_now(store: Store) -> None:
    id_ = await _bring_to(store, Estado.ENVIANDO)

    assert await store.moves.mark_enviado("sobre-viejo", [id_], track_id="9") == 0

    dte = await store.documents.get(id_)
    assert dte is not None
    assert dte.estado is Estado.ENVIANDO


async def test_an_interruption_counts_no_attempt_and_a_failure_does(store: Store) -> None:
    id_ = await _bring_to(store, Estado.ENVIANDO)
    for intento, expected in ((False, 0), (True, 1)):
        await store.moves.mark_pendiente(
            ENVIO, [id_], desde=Estado.ENVIANDO, proximo_intento=MOMENTO, error=ERROR, intento=intento
        )
        dte = await store.documents.get(id_)
        assert dte is not None
        assert dte.intentos == expected
        await store.moves.claim([id_], ENVIO)


async def test_requeueing_puts_work_into_the_outbox_whether_or_not_it_has_one(store: Store) -> None:
    waiting, fresh, final = make_record(1), make_record(2), make_record(3)
    await store.documents.insert([waiting, fresh, final])
    for dte in (waiting, final):
        await store.moves.claim([dte.id], ENVIO)
    await store.moves.mark_pendiente(
        ENVIO, [waiting.id], desde=Estado.ENVIANDO, proximo_intento=None, error=ERROR, intento=True
    )
    await store.moves.mark_rechazado(ENVIO, [final.id], ERROR, desde=Estado.ENVIANDO)
    everything = await store.documents.pending_outbox(10)
    await store.documents.clear_outbox({dte.id: [e.id for e in eventos] for dte, eventos in everything})

    assert await store.moves.requeue([waiting.id, fresh.id, final.id]) == 2
    assert await store.moves.requeue([waiting.id]) == 1

    outbox = {
        dte.folio: [(e.clase, e.estado) for e in eventos] for dte, eventos in await store.documents.pending_outbox(10)
    }
    assert outbox == {
        1: [(ClaseEvento.REENVIO, Estado.PENDIENTE)] * 2,
        2: [(ClaseEvento.REENVIO, Estado.GENERADO)],
    }
    assert [dte.id for dte in await store.moves.claim([waiting.id], "sobre-2")] == [waiting.id]


async def test_work_for_the_sender_can_be_asked_for_in_the_same_move(store: Store) -> None:
    id_ = await _bring_to(store, Estado.INCIERTO)

    await store.moves.mark_pendiente(
        ENVIO, [id_], desde=Estado.INCIERTO, proximo_intento=MOMENTO, error=ERROR, intento=False, reenvio=True
    )

    [(_, eventos)] = await store.documents.pending_outbox(1)
    assert [(e.clase, e.estado) for e in eventos][-2:] == [
        (ClaseEvento.ESTADO, Estado.PENDIENTE),
        (ClaseEvento.REENVIO, Estado.PENDIENTE),
    ]


async def test_a_new_track_id_is_adopted_by_documents_that_the_sii_has(store: Store) -> None:
    id_ = await _bring_to(store, Estado.ENVIADO)

    assert await store.moves.adopt_track_id(ENVIO, "88") == 1

    dte = await store.documents.get(id_)
    assert dte is not None
    assert dte.track_id == "88"

"""The waiting room: order, bounds, and one of each key in hand."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.emitter.espera import Espera, Pedido
from shared.errors import Conflict, Unavailable
from shared.messages import TerminalGuardado
from tests.records import make_record

NEVER = asyncio.Event()


def _terminal(id_: str = "caja-1") -> TerminalGuardado:
    return TerminalGuardado(id=id_, emisor="77123456-9", tienda="Centro", caja="7", hash="")


def _pedido(clave: str, terminal: str = "caja-1", *, de_lote: bool = False) -> Pedido:
    return Pedido(_terminal(terminal), clave, b"{}", de_lote, huella="h")


async def test_all_that_wait_are_taken_together_up_to_the_limit_in_order() -> None:
    espera = Espera(lote_max=3, limite=10)
    for clave in "abcde":
        espera.add(_pedido(clave))

    assert [pedido.clave for pedido in await espera.take(NEVER)] == ["a", "b", "c"]
    assert [pedido.clave for pedido in await espera.take(NEVER)] == ["d", "e"]


async def test_a_lone_sale_is_taken_at_once_and_nobody_waiting_is_waited_for() -> None:
    espera = Espera(lote_max=3, limite=10)
    taking = asyncio.create_task(espera.take(NEVER))
    await asyncio.sleep(0)
    assert not taking.done()

    espera.add(_pedido("a"))

    assert [pedido.clave for pedido in await taking] == ["a"]


async def test_a_key_that_is_in_hand_waits_and_others_pass_it() -> None:
    espera = Espera(lote_max=10, limite=10)
    for clave in ("a", "a", "b", "a"):
        espera.add(_pedido(clave))
    espera.add(_pedido("a", "caja-2"))

    first = await espera.take(NEVER)
    assert [pedido.key for pedido in first] == [("caja-1", "a"), ("caja-1", "b"), ("caja-2", "a")]
    taking = asyncio.create_task(espera.take(NEVER))
    await asyncio.sleep(0)
    assert not taking.done(), "its key is still in hand"
    espera.finish(first)
    assert [pedido.key for pedido in await taking] == [("caja-1", "a")]


async def test_who_waits_with_the_same_sale_has_its_document_with_the_first_and_another_sale_has_its_turn() -> None:
    espera = Espera(lote_max=10, limite=10)
    first, same, line = _pedido("a"), _pedido("a"), _pedido("a", de_lote=True)
    other, elsewhere = replace(_pedido("a"), cuerpo=b"[]"), _pedido("a", "caja-2")
    for pedido in (first, same, line, other, elsewhere):
        espera.add(pedido)
    lote = await espera.take(NEVER)
    assert lote == [elsewhere, line]

    line.answer(make_record(7).model_copy(update={"huella": "h"}), nuevo=True)
    espera.finish(lote)

    assert [(await pedido.respuesta).nuevo for pedido in (line, first, same)] == [True, False, False]
    assert not elsewhere.is_over
    assert await espera.take(NEVER) == [other]


async def test_who_waits_behind_a_refusal_shares_it_only_if_it_is_for_ever() -> None:
    espera = Espera(lote_max=10, limite=10)
    for error, shared in ((Conflict("otra venta"), True), (Unavailable("MongoDB"), False)):
        first, same = _pedido("a"), _pedido("a")
        espera.add(first)
        espera.add(same)
        lote = await espera.take(NEVER)
        first.refuse(error)
        espera.finish(lote)
        assert isinstance(first.respuesta.exception(), type(error))
        assert same.is_over is shared
    assert await espera.take(NEVER) == [same]


async def test_more_than_the_limit_is_refused_at_once() -> None:
    espera = Espera(lote_max=2, limite=2)
    espera.add(_pedido("a"))
    espera.add(_pedido("b"))

    with pytest.raises(Unavailable, match="2 ventas en espera"):
        espera.add(_pedido("c"))

    await espera.take(NEVER)
    espera.add(_pedido("c"))
    assert len(espera) == 3


async def test_lines_of_a_bulk_let_lone_sales_pass_and_are_not_kept_out_by_them() -> None:
    espera = Espera(lote_max=16, limite=20)
    for n in range(4):
        espera.add(_pedido(f"linea-{n}", de_lote=True))
    for n in range(16):
        espera.add(_pedido(f"venta-{n}"))

    first, second = [[pedido.clave for pedido in await espera.take(NEVER)] for _ in range(2)]

    assert first == [*(f"venta-{n}" for n in range(14)), "linea-0", "linea-1"]
    assert second == ["venta-14", "venta-15", "linea-2", "linea-3"]


async def test_a_line_of_a_bulk_is_never_refused() -> None:
    espera = Espera(lote_max=2, limite=1)
    espera.add(_pedido("a"))
    espera.add(_pedido("b", de_lote=True))
    assert len(espera) == 2


async def test_a_sale_whose_caller_has_gone_is_dropped() -> None:
    espera = Espera(lote_max=2, limite=2)
    gone, stays = _pedido("a"), _pedido("b")
    gone.respuesta.cancel()
    espera.add(gone)
    espera.add(stays)

    assert await espera.take(NEVER) == [stays]


async def test_at_the_end_what_waits_is_still_taken_and_then_nothing() -> None:
    espera = Espera(lote_max=2, limite=10)
    closing = asyncio.Event()
    taking = asyncio.create_task(espera.take(closing))
    await asyncio.sleep(0)
    closing.set()
    espera.wake()
    assert await taking == []

    espera.add(_pedido("a"))
    assert len(await espera.take(closing)) == 1


async def test_a_document_of_other_content_is_a_conflict_and_the_same_is_the_answer() -> None:
    same, other = _pedido("a"), _pedido("a")
    dte = make_record(huella="h")

    same.answer(dte, nuevo=True)
    other.answer(make_record(huella="otra"), nuevo=False)

    assert (await same.respuesta).dte == dte
    with pytest.raises(Conflict, match="«a» ya se usó para otra venta"):
        await other.respuesta


async def test_only_the_first_outcome_of_a_sale_counts() -> None:
    pedido = _pedido("a")
    pedido.answer(make_record(huella="h"), nuevo=True)
    pedido.refuse(Unavailable("MongoDB"))
    pedido.answer(make_record(2, huella="h"), nuevo=False)
    assert (await pedido.respuesta).dte.folio == 1

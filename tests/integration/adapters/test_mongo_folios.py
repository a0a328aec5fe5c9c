"""The folio ledger in the database."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from shared.adapters.mongo import Store
from shared.dte.existencias import Destino, Saldo
from shared.dte.tipos import TipoDte
from shared.errors import Conflict, FoliosExhausted
from shared.settings import Settings
from tests.dte_data import EMISOR_RUT
from tests.integration.adapters.conftest import Reloj
from tests.invariants import check_folios
from tests.records import make_record

BOLETA = TipoDte.BOLETA
HOY = date(2026, 11, 20)
COMUN = Destino(EMISOR_RUT, BOLETA)
FACTURAS = Destino(EMISOR_RUT, TipoDte.FACTURA)


async def _add(
    store: Store, desde: int, hasta: int, *de: str, tipo: TipoDte = BOLETA, vence: date | None = None
) -> str:
    """`de`: the store, or the store and the till, that the range is kept for."""
    caf = await store.folios.add(
        Destino(EMISOR_RUT, tipo, *de), desde=desde, hasta=hasta, fecha=HOY, archivo=b"cifrado", vence=vence
    )
    return caf.id


async def test_folios_come_in_order_and_a_range_that_ends_gives_what_it_has(store: Store) -> None:
    await _add(store, 1, 5)
    await _add(store, 6, 20)

    taken = [(await store.folios.reserve(COMUN, 3)).folios for _ in range(3)]

    assert taken == [(1, 2, 3), (4, 5), (6, 7, 8)]


async def test_folios_given_back_are_the_next_to_go(store: Store) -> None:
    await _add(store, 1, 10)
    reserva = await store.folios.reserve(COMUN, 4)
    await store.documents.insert([make_record(1), make_record(3)])

    await store.folios.settle([(reserva, [2, 4])])

    assert (await store.folios.reserve(COMUN, 3)).folios == (2, 4, 5)
    assert (await check_folios(store)).usados == 2


async def test_settling_twice_gives_nothing_back_twice(store: Store) -> None:
    caf = await _add(store, 1, 10)
    reserva = await store.folios.reserve(COMUN, 2)

    await store.folios.settle([(reserva, [1, 2])])
    await store.folios.settle([(reserva, [1, 2])])

    [stored] = await store.folios.list()
    assert (stored.id, stored.libres) == (caf, (1, 2))


async def test_many_reservations_are_settled_in_one_go(store: Store) -> None:
    await _add(store, 1, 10)
    reservas = [await store.folios.reserve(COMUN, 2) for _ in range(3)]

    await store.folios.settle([(reserva, reserva.folios) for reserva in reservas])

    cuenta = await check_folios(store)
    assert (cuenta.libres, cuenta.reservados) == (10, 0)


async def test_without_folios_the_company_and_type_are_named(store: Store) -> None:
    await _add(store, 1, 1)
    await store.folios.reserve(COMUN, 1)

    for tipo in (BOLETA, TipoDte.FACTURA):
        with pytest.raises(FoliosExhausted, match=rf"tipo {tipo:d} para {EMISOR_RUT}.*posta caf import"):
            await store.folios.reserve(Destino(EMISOR_RUT, tipo), 1)


async def test_a_range_that_has_expired_is_passed_over(store: Store, reloj: Reloj) -> None:
    await _add(store, 1, 5, tipo=TipoDte.FACTURA, vence=HOY + timedelta(days=1))
    await _add(store, 6, 9, tipo=TipoDte.FACTURA, vence=HOY + timedelta(days=180))

    first = await store.folios.reserve(FACTURAS, 1)
    reloj.advance(days=1)
    on_its_last_day = await store.folios.reserve(FACTURAS, 1)
    reloj.advance(days=1)
    after = await store.folios.reserve(FACTURAS, 1)

    assert (first.folios, on_its_last_day.folios, after.folios) == ((1,), (2,), (6,))


async def test_nothing_is_taken_in_the_last_minute_of_a_range_lest_it_be_signed_too_late(
    store: Store, reloj: Reloj
) -> None:
    await _add(store, 1, 5, tipo=TipoDte.FACTURA, vence=HOY)
    reloj.advance(hours=14, minutes=58)  # two minutes before midnight in Chile
    assert (await store.folios.reserve(FACTURAS, 1)).folios == (1,)
    reloj.advance(seconds=61)
    with pytest.raises(FoliosExhausted):
        await store.folios.reserve(FACTURAS, 1)


async def test_folios_of_ten_digits_are_reserved_like_any_other(store: Store) -> None:
    await _add(store, 9_999_999_990, 9_999_999_999)

    assert (await store.folios.reserve(COMUN, 2)).folios == (9_999_999_990, 9_999_999_991)


async def test_a_range_that_overlaps_is_refused_whole_or_in_part(store: Store) -> None:
    await _add(store, 10, 20)
    for desde, hasta in ((10, 20), (5, 10), (20, 30), (12, 13), (1, 100)):
        with pytest.raises(Conflict, match=f"los folios {desde} a {hasta} .* ya están importados"):
            await _add(store, desde, hasta)
    await _add(store, 21, 30)
    await _add(store, 10, 20, tipo=TipoDte.FACTURA)


async def test_of_two_imports_of_one_range_at_once_one_succeeds(store: Store) -> None:
    outcomes = await asyncio.gather(*(_add(store, 1, 100) for _ in range(10)), return_exceptions=True)

    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1
    refused = [outcome for outcome in outcomes if not isinstance(outcome, str)]
    assert all(isinstance(outcome, Conflict) and "ya están importados" in str(outcome) for outcome in refused)


async def test_however_many_reserve_at_once_no_folio_goes_to_two_and_none_is_lost(store: Store) -> None:
    for desde in range(1, 401, 40):
        await _add(store, desde, desde + 39)

    async def take(cuantos: int) -> list[int]:
        try:
            return list((await store.folios.reserve(COMUN, cuantos)).folios)
        except FoliosExhausted:
            return []

    taken = await asyncio.gather(*(take(1 + n % 7) for n in range(150)))

    folios = [folio for some in taken for folio in some]
    assert len(set(folios)) == len(folios)
    cuenta = await check_folios(store)
    assert (cuenta.libres, cuenta.reservados) == (400 - len(folios), len(folios))


async def test_only_old_reservations_of_dead_processes_are_abandoned(
    settings: Settings, store: Store, reloj: Reloj
) -> None:
    other = Store(settings, reloj, "proceso-b")
    await _add(store, 1, 10)
    mine = await store.folios.reserve(COMUN, 1)
    yours = await other.folios.reserve(COMUN, 2)
    reloj.advance(seconds=20)
    await other.folios.reserve(COMUN, 3)
    limite = reloj.ahora - timedelta(seconds=10)

    everybody_is_dead = await store.folios.abandoned(lambda _: False, limite)
    other_is_dead = await store.folios.abandoned(lambda name: name == "proceso-a", limite)

    assert {reserva for _, reserva in everybody_is_dead} == {mine, yours}
    assert [reserva for _, reserva in other_is_dead] == [yours]
    await other.close()


async def test_a_range_is_listed_with_what_is_left_of_it(store: Store) -> None:
    await _add(store, 1, 10, vence=HOY)
    reserva = await store.folios.reserve(COMUN, 4)
    await store.folios.reserve(COMUN, 2)
    await store.folios.settle([(reserva, [2])])

    [caf] = await store.folios.list()

    assert (caf.desde, caf.hasta, caf.siguiente, caf.libres, caf.reservados) == (1, 10, 7, (2,), 2)
    assert (caf.disponibles, caf.usados, caf.fecha, caf.vence) == (5, 3, HOY, HOY)
    assert await store.folios.get_archivo(caf.id) == b"cifrado"


async def test_a_range_that_is_gone_is_a_conflict(store: Store) -> None:
    with pytest.raises(Conflict, match="no-existe"):
        await store.folios.get_archivo("no-existe")
    with pytest.raises(Conflict, match="no-existe"):
        await store.folios.assign("no-existe", COMUN)


async def test_a_till_takes_its_own_folios_first_then_its_stores_then_those_kept_for_nobody(store: Store) -> None:
    await _add(store, 1, 2)
    await _add(store, 11, 12, "Centro")
    await _add(store, 21, 22, "Centro", "caja-1")
    await _add(store, 31, 32, "Centro", "caja-2")
    await _add(store, 41, 42, "Ñuñoa")
    till = Destino(EMISOR_RUT, BOLETA, "Centro", "caja-1")

    taken = [(await store.folios.reserve(till, 5)).folios for _ in range(3)]

    assert taken == [(21, 22), (11, 12), (1, 2)]
    for destino in (till, Destino(EMISOR_RUT, BOLETA, "Centro"), COMUN):
        with pytest.raises(FoliosExhausted):
            await store.folios.reserve(destino, 1)
    assert (await store.folios.reserve(Destino(EMISOR_RUT, BOLETA, "Ñuñoa", "caja-9"), 1)).folios == (41,)


async def test_a_range_that_is_kept_for_another_store_goes_with_what_was_given_back(store: Store) -> None:
    caf = await _add(store, 1, 3)
    reserva = await store.folios.reserve(COMUN, 3)
    centro = Destino(EMISOR_RUT, BOLETA, "Centro")

    assert (await store.folios.assign(caf, centro)).destino == centro
    await store.folios.settle([(reserva, [2, 3])])

    with pytest.raises(FoliosExhausted):
        await store.folios.reserve(COMUN, 1)
    assert (await store.folios.reserve(centro, 5)).folios == (2, 3)


async def test_voided_folios_are_passed_over_for_ever(store: Store) -> None:
    caf = await _add(store, 9_999_999_901, 9_999_999_912)
    reserva = await store.folios.reserve(COMUN, 2)
    await store.folios.settle([(reserva, reserva.folios)])

    assert await _void(store, caf, 9_999_999_902, 9_999_999_904)
    assert await _void(store, caf, 9_999_999_907, 9_999_999_908)
    assert await _void(store, caf, 9_999_999_912, 9_999_999_912)

    taken = [(await store.folios.reserve(COMUN, 9)).folios for _ in range(2)]
    assert [[folio - 9_999_999_900 for folio in some] for some in taken] == [[1, 5, 6], [9, 10, 11]]
    with pytest.raises(FoliosExhausted):
        await store.folios.reserve(COMUN, 1)
    cuenta = await check_folios(store)
    assert (cuenta.reservados, cuenta.anulados) == (6, 6)
    [listed] = await store.folios.list()
    assert [(a.desde - 9_999_999_900, a.motivo) for a in listed.anulados] == [
        (2, "$motivo"),
        (7, "$motivo"),
        (12, "$motivo"),
    ]


async def test_folios_that_were_taken_meanwhile_are_not_voided(store: Store) -> None:
    await _add(store, 1, 10)
    [before] = await store.folios.list()
    await store.folios.reserve(COMUN, 2)

    assert not await store.folios.void(before, 2, 3, "tarde")
    assert await store.folios.void(before, 3, 4, "a tiempo")
    assert not await store.folios.void(before, 4, 5, "otra vez")
    cuenta = await check_folios(store)
    assert (cuenta.reservados, cuenta.anulados) == (2, 2)


async def test_what_is_left_and_what_was_used_each_day_is_added_up_for_each_destination(
    store: Store, reloj: Reloj
) -> None:
    await _add(store, 1, 10)
    await _add(store, 11, 20, vence=HOY)
    await _add(store, 21, 22, "Centro")
    centro = Destino(EMISOR_RUT, BOLETA, "Centro")
    for _ in range(9):
        reserva = await store.folios.reserve(COMUN, 2)
        await store.folios.settle([(reserva, reserva.folios[1:])])
        reloj.advance(days=1)
    own = await store.folios.reserve(centro, 2)
    await store.folios.settle([(own, (22,))])
    last = await store.folios.reserve(centro, 2)
    assert (await store.folios.count())[1].saldos == [Saldo(1)], "an emitter has it in hand, and it is not used"
    await store.folios.settle([(last, ())])

    comun, tienda = await store.folios.count()

    assert (comun.destino, comun.saldos) == (COMUN, [Saldo(1), Saldo(10, HOY)])
    assert comun.usos == {HOY + timedelta(days=dia): 1 for dia in range(2, 9)}
    assert (tienda.destino, tienda.saldos, tienda.usos) == (centro, [], {HOY + timedelta(days=9): 2})


async def _void(store: Store, caf: str, desde: int, hasta: int) -> bool:
    [read] = [one for one in await store.folios.list() if one.id == caf]
    return await store.folios.void(read, desde, hasta, "$motivo")

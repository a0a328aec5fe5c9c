"""The folio ledger in the database."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from shared.adapters.mongo import Store
from shared.dte.tipos import TipoDte
from shared.errors import Conflict, FoliosExhausted
from shared.settings import Settings
from tests.dte_data import EMISOR_RUT
from tests.integration.adapters.conftest import Reloj
from tests.invariants import check_folios
from tests.records import make_record

BOLETA = TipoDte.BOLETA
HOY = date(2026, 11, 20)


async def _add(store: Store, desde: int, hasta: int, *, tipo: TipoDte = BOLETA, vence: date | None = None) -> str:
    return await store.folios.add(
        emisor=EMISOR_RUT, tipo=tipo, desde=desde, hasta=hasta, fecha=HOY, archivo=b"cifrado", vence=vence
    )


async def test_folios_come_in_order_and_a_range_that_ends_gives_what_it_has(store: Store) -> None:
    await _add(store, 1, 5)
    await _add(store, 6, 20)

    taken = [(await store.folios.reserve(EMISOR_RUT, BOLETA, 3)).folios for _ in range(3)]

    assert taken == [(1, 2, 3), (4, 5), (6, 7, 8)]


async def test_folios_given_back_are_the_next_to_go(store: Store) -> None:
    await _add(store, 1, 10)
    reserva = await store.folios.reserve(EMISOR_RUT, BOLETA, 4)
    await store.documents.insert([make_record(1), make_record(3)])

    await store.folios.settle([(reserva, [2, 4])])

    assert (await store.folios.reserve(EMISOR_RUT, BOLETA, 3)).folios == (2, 4, 5)
    assert (await check_folios(store)).usados == 2


async def test_settling_twice_gives_nothing_back_twice(store: Store) -> None:
    caf = await _add(store, 1, 10)
    reserva = await store.folios.reserve(EMISOR_RUT, BOLETA, 2)

    await store.folios.settle([(reserva, [1, 2])])
    await store.folios.settle([(reserva, [1, 2])])

    assert (await store.folios.get(caf)).libres == (1, 2)


async def test_many_reservations_are_settled_in_one_go(store: Store) -> None:
    await _add(store, 1, 10)
    reservas = [await store.folios.reserve(EMISOR_RUT, BOLETA, 2) for _ in range(3)]

    await store.folios.settle([(reserva, reserva.folios) for reserva in reservas])

    cuenta = await check_folios(store)
    assert (cuenta.libres, cuenta.reservados) == (10, 0)


async def test_without_folios_the_company_and_type_are_named(store: Store) -> None:
    await _add(store, 1, 1)
    await store.folios.reserve(EMISOR_RUT, BOLETA, 1)

    for tipo in (BOLETA, TipoDte.FACTURA):
        with pytest.raises(FoliosExhausted, match=rf"tipo {tipo:d} para {EMISOR_RUT}.*posta caf import"):
            await store.folios.reserve(EMISOR_RUT, tipo, 1)


async def test_a_range_that_has_expired_is_passed_over(store: Store, reloj: Reloj) -> None:
    await _add(store, 1, 5, tipo=TipoDte.FACTURA, vence=HOY + timedelta(days=1))
    await _add(store, 6, 9, tipo=TipoDte.FACTURA, vence=HOY + timedelta(days=180))

    first = await store.folios.reserve(EMISOR_RUT, TipoDte.FACTURA, 1)
    reloj.advance(days=1)
    on_its_last_day = await store.folios.reserve(EMISOR_RUT, TipoDte.FACTURA, 1)
    reloj.advance(days=1)
    after = await store.folios.reserve(EMISOR_RUT, TipoDte.FACTURA, 1)

    assert (first.folios, on_its_last_day.folios, after.folios) == ((1,), (2,), (6,))


async def test_folios_of_ten_digits_are_reserved_like_any_other(store: Store) -> None:
    await _add(store, 9_999_999_990, 9_999_999_999)

    assert (await store.folios.reserve(EMISOR_RUT, BOLETA, 2)).folios == (9_999_999_990, 9_999_999_991)


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
            return list((await store.folios.reserve(EMISOR_RUT, BOLETA, cuantos)).folios)
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
    mine = await store.folios.reserve(EMISOR_RUT, BOLETA, 1)
    yours = await other.folios.reserve(EMISOR_RUT, BOLETA, 2)
    reloj.advance(seconds=20)
    await other.folios.reserve(EMISOR_RUT, BOLETA, 3)
    limite = reloj.ahora - timedelta(seconds=10)

    everybody_is_dead = await store.folios.abandoned(lambda _: False, limite)
    other_is_dead = await store.folios.abandoned(lambda name: name == "proceso-a", limite)

    assert {reserva for _, reserva in everybody_is_dead} == {mine, yours}
    assert [reserva for _, reserva in other_is_dead] == [yours]
    await other.close()


async def test_a_range_is_listed_with_what_is_left_of_it(store: Store) -> None:
    await _add(store, 1, 10, vence=HOY)
    reserva = await store.folios.reserve(EMISOR_RUT, BOLETA, 4)
    await store.folios.reserve(EMISOR_RUT, BOLETA, 2)
    await store.folios.settle([(reserva, [2])])

    [caf] = await store.folios.list()

    assert (caf.desde, caf.hasta, caf.siguiente, caf.libres, caf.reservados) == (1, 10, 7, (2,), 2)
    assert (caf.disponibles, caf.fecha, caf.vence, caf.archivo) == (5, HOY, HOY, b"cifrado")


async def test_a_range_that_is_gone_is_a_conflict(store: Store) -> None:
    with pytest.raises(Conflict, match="no-existe"):
        await store.folios.get("no-existe")

"""When an envelope closes, and whose turn it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sender.lotes import ALTAS_IN_A_ROW, LONGEST_COMPANY, Clave, Lote, Lotes
from shared.dte.tipos import Canal, Prioridad
from tests.sandbox_data import Reloj

A = Clave(Canal.BOLETA, "76192083-9")
B = Clave(Canal.BOLETA, "77123456-9")
ESPERA = timedelta(milliseconds=200)


@pytest.fixture
def reloj() -> Reloj:
    return Reloj()


def make(reloj: Reloj, max_documentos: int = 3, max_bytes: int = 108_000) -> Lotes[int]:
    return Lotes(max_documentos=max_documentos, max_bytes=max_bytes, espera=ESPERA, clock=reloj)


def add(lotes: Lotes[int], clave: Clave, *piezas: int, size: int = 10) -> None:
    for pieza in piezas:
        lotes.add(clave, pieza, size)


def test_a_lone_document_leaves_after_the_linger(reloj: Reloj) -> None:
    lotes = make(reloj)
    add(lotes, A, 1)
    assert lotes.take() is None
    assert lotes.next_close() == reloj() + ESPERA
    reloj.advance(milliseconds=200)
    assert lotes.take() == Lote(A, (1,))
    assert lotes.next_close() is None
    assert len(lotes) == 0


def test_a_full_envelope_leaves_at_once_in_order_of_arrival(reloj: Reloj) -> None:
    lotes = make(reloj)
    add(lotes, A, 1, 2, 3, 4)
    assert lotes.take() == Lote(A, (1, 2, 3))
    assert lotes.take() is None
    assert len(lotes) == 1


def test_an_envelope_of_the_largest_size_leaves_at_once(reloj: Reloj) -> None:
    lotes = make(reloj, max_documentos=50)
    add(lotes, A, 1, 2, 3, size=40_000)
    assert lotes.take() == Lote(A, (1, 2))


def test_a_document_larger_than_an_envelope_goes_alone(reloj: Reloj) -> None:
    lotes = make(reloj, max_documentos=50)
    add(lotes, A, 1, 2, size=900_000)
    assert lotes.take() == Lote(A, (1,))
    reloj.advance(milliseconds=200)
    lotes.finish(A)
    assert lotes.take() == Lote(A, (2,))


def test_while_an_upload_is_under_way_the_next_envelope_fills(reloj: Reloj) -> None:
    lotes = make(reloj)
    add(lotes, A, 1)
    reloj.advance(milliseconds=200)
    assert lotes.take() == Lote(A, (1,))
    add(lotes, A, 2)
    reloj.advance(seconds=3)
    assert lotes.take() is None
    assert lotes.next_close() is None
    add(lotes, A, 3)
    lotes.finish(A)
    assert lotes.take() == Lote(A, (2, 3))


def test_full_envelopes_of_one_group_go_side_by_side(reloj: Reloj) -> None:
    lotes = make(reloj)
    add(lotes, A, *range(6))
    assert [lotes.take(), lotes.take()] == [Lote(A, (0, 1, 2)), Lote(A, (3, 4, 5))]


def test_nobody_waits_for_company_without_end(reloj: Reloj) -> None:
    lotes = make(reloj)
    lotes.begin(A)
    add(lotes, A, 1)
    reloj.advance(seconds=LONGEST_COMPANY.total_seconds() - 0.1)
    assert lotes.take() is None
    reloj.advance(milliseconds=100)
    assert lotes.take() == Lote(A, (1,))


def test_companies_channels_and_halves_never_share_an_envelope(reloj: Reloj) -> None:
    lotes = make(reloj)
    claves = [A, B, Clave(Canal.FACTURA, A.emisor), Clave(A.canal, A.emisor, "x.1"), Clave(A.canal, A.emisor, "x.2")]
    for number, clave in enumerate(claves):
        add(lotes, clave, number)
    reloj.advance(milliseconds=200)
    taken = [lotes.take() for _ in claves]
    assert {(lote.clave, lote.piezas) for lote in taken if lote} == {(clave, (n,)) for n, clave in enumerate(claves)}
    assert lotes.take() is None


def test_a_company_with_a_backlog_does_not_delay_another(reloj: Reloj) -> None:
    lotes = make(reloj)
    add(lotes, A, *range(100))
    reloj.advance(milliseconds=1)
    add(lotes, B, 1000)
    reloj.advance(milliseconds=200)
    assert lotes.take() == Lote(A, (0, 1, 2))
    assert lotes.take() == Lote(B, (1000,))


def test_what_waits_can_be_given_back(reloj: Reloj) -> None:
    lotes = make(reloj)
    add(lotes, A, 1, 2)
    add(lotes, B, 3)
    assert lotes.drop() == [1, 2, 3]
    assert len(lotes) == 0
    reloj.advance(seconds=1)
    assert lotes.take() is None


@given(
    arrivals=st.lists(st.tuples(st.sampled_from([A, B]), st.integers(1, 60_000)), max_size=40),
    max_documentos=st.integers(1, 5),
)
def test_every_delivery_leaves_exactly_once_and_no_envelope_is_too_large(
    arrivals: list[tuple[Clave, int]], max_documentos: int
) -> None:
    reloj = Reloj()
    lotes = make(reloj, max_documentos=max_documentos)
    for number, (clave, size) in enumerate(arrivals):
        lotes.add(clave, number, size)
    taken: list[int] = []
    while len(lotes):
        reloj.advance(seconds=1)
        lote = lotes.take()
        assert lote is not None
        lotes.finish(lote.clave)
        assert len(lote.piezas) <= max_documentos
        assert len(lote.piezas) == 1 or sum(arrivals[n][1] for n in lote.piezas) <= 100_000
        assert all(arrivals[n][0] == lote.clave for n in lote.piezas)
        taken += lote.piezas
    assert sorted(taken) == list(range(len(arrivals)))


URGENT_A = Clave(A.canal, A.emisor, prioridad=Prioridad.ALTA)
URGENT_B = Clave(B.canal, B.emisor, prioridad=Prioridad.ALTA)


def test_urgent_documents_have_their_own_envelope_which_goes_first(reloj: Reloj) -> None:
    lotes = make(reloj)
    add(lotes, A, 1, 2)
    reloj.advance(milliseconds=1)
    add(lotes, URGENT_A, 3)
    assert not lotes.any_closed()
    reloj.advance(milliseconds=200)
    assert lotes.any_closed()
    assert [lotes.take(), lotes.take()] == [Lote(URGENT_A, (3,)), Lote(A, (1, 2))]


def test_after_three_urgent_envelopes_an_ordinary_one_that_waits_has_its_turn(reloj: Reloj) -> None:
    lotes = make(reloj)
    add(lotes, URGENT_A, *range(30))
    add(lotes, A, *range(100, 106))
    turns = [lote.clave.prioridad for lote in (lotes.take() for _ in range(9)) if lote]
    altas = [Prioridad.ALTA] * ALTAS_IN_A_ROW
    assert turns == [*altas, Prioridad.NORMAL, *altas, Prioridad.NORMAL, Prioridad.ALTA]


def test_companies_take_turns_even_when_one_of_them_comes_back_each_time(reloj: Reloj) -> None:
    lotes = make(reloj, max_documentos=1)
    add(lotes, A, *range(10))
    turns: list[str] = []
    for number in range(6):
        add(lotes, B, 100 + number)
        lote = lotes.take()
        assert lote is not None
        lotes.finish(lote.clave)
        turns.append(lote.clave.emisor)
    assert sorted(turns) == sorted([A.emisor, B.emisor] * 3)


@given(
    waiting=st.dictionaries(
        st.sampled_from([A, B, URGENT_A, URGENT_B, Clave(A.canal, "78000000-1"), Clave(A.canal, A.emisor, "x.1")]),
        st.integers(1, 12),
        min_size=1,
    ),
    slots=st.integers(1, 4),
)
def test_nobody_starves_whoever_waits(waiting: dict[Clave, int], slots: int) -> None:
    """Every group has one envelope closed at each turn until it has none left; the oldest upload ends first."""
    lotes = make(Reloj(), max_documentos=1)
    for clave, count in waiting.items():
        add(lotes, clave, *range(count))
    left, under_way = dict(waiting), list[Clave]()
    turns: list[tuple[Clave, set[Clave]]] = []
    while len(lotes):
        if len(under_way) == slots:
            lotes.finish(under_way.pop(0))
        lote = lotes.take()
        assert lote is not None
        turns.append((lote.clave, {clave for clave, count in left.items() if count}))
        left[lote.clave] -= 1
        under_way.append(lote.clave)
    for start in range(len(turns) - ALTAS_IN_A_ROW):
        window = turns[start : start + ALTAS_IN_A_ROW + 1]
        assert_share(window, {clave.prioridad for clave, _ in window})
    companies = len({clave.emisor for clave in waiting})
    for prioridad in Prioridad:
        assert_turns([turn for turn in turns if turn[0].prioridad is prioridad], companies)


def assert_share(window: list[tuple[Clave, set[Clave]]], served: set[Prioridad]) -> None:
    """Of four turns in which both priorities wait, both are served."""
    wait_throughout = set.intersection(*({clave.prioridad for clave in waits} for _, waits in window))
    assert wait_throughout <= served


def assert_turns(turns: list[tuple[Clave, set[Clave]]], companies: int) -> None:
    """Of as many turns of one priority as there are companies (and uploads under way), each that waits has one."""
    reach = companies + 4
    for start in range(len(turns) - reach + 1):
        window = turns[start : start + reach]
        prioridad = window[0][0].prioridad
        waits = set.intersection(*({c.emisor for c in waits if c.prioridad is prioridad} for _, waits in window))
        assert waits <= {clave.emisor for clave, _ in window}

"""The circuit breaker: when it opens, whom it lets try, and how it closes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.sender.breaker import FAILURES_TO_OPEN, FIRST_WAIT, LONGEST_WAIT, SPREAD, Breaker, Position
from shared.corte import EstadoCorte
from tests.sandbox_data import Reloj


@pytest.fixture
def reloj() -> Reloj:
    return Reloj()


@pytest.fixture
def breaker(reloj: Reloj) -> Breaker:
    return Breaker("boleta.subida", reloj, luck=lambda: 0.0)


def open_it(breaker: Breaker) -> None:
    for _ in range(FAILURES_TO_OPEN):
        breaker.fail()


def test_it_opens_only_after_consecutive_failures(breaker: Breaker) -> None:
    assert [breaker.fail(), breaker.fail()] == [False, False]
    breaker.succeed()
    assert [breaker.fail(), breaker.fail(), breaker.fail()] == [False, False, True]
    assert breaker.position is Position.OPEN
    assert not breaker.admits()


def test_a_failure_of_an_upload_that_began_before_is_part_of_the_same_outage(breaker: Breaker, reloj: Reloj) -> None:
    open_it(breaker)
    since = breaker.since
    reloj.advance(seconds=1)
    assert breaker.fail()
    assert breaker.since == since


def test_after_the_wait_one_probe_is_admitted_and_no_second_one(breaker: Breaker, reloj: Reloj) -> None:
    open_it(breaker)
    reloj.advance(seconds=FIRST_WAIT.total_seconds() - 1)
    assert not breaker.admits()
    reloj.advance(seconds=1)
    assert breaker.admits()
    with breaker.turn():
        assert not breaker.admits()


def test_a_failed_probe_doubles_the_wait_up_to_a_limit(breaker: Breaker, reloj: Reloj) -> None:
    open_it(breaker)
    waits: list[timedelta] = []
    for _ in range(6):
        waited = timedelta()
        while not breaker.admits():
            reloj.advance(seconds=1)
            waited += timedelta(seconds=1)
        waits.append(waited)
        with breaker.turn():
            assert breaker.fail()
    assert [wait.total_seconds() for wait in waits] == [5, 10, 20, 40, 60, 60]
    assert waits[-1] == LONGEST_WAIT


def test_a_successful_probe_ends_the_outage_and_the_next_one_starts_afresh(breaker: Breaker, reloj: Reloj) -> None:
    open_it(breaker)
    reloj.advance(seconds=5)
    with breaker.turn():
        assert breaker.succeed()
    assert breaker.position is Position.CLOSED
    assert breaker.since == reloj()
    assert [breaker.fail(), breaker.fail()] == [False, False]
    breaker.fail()
    reloj.advance(seconds=FIRST_WAIT.total_seconds())
    assert breaker.admits()


def test_a_late_success_of_an_earlier_upload_closes_it_too(breaker: Breaker) -> None:
    open_it(breaker)
    assert breaker.succeed()
    assert breaker.admits()


def test_a_probe_that_was_cut_short_by_us_is_tried_again_at_once(breaker: Breaker, reloj: Reloj) -> None:
    open_it(breaker)
    reloj.advance(seconds=5)
    with pytest.raises(KeyboardInterrupt), breaker.turn():
        raise KeyboardInterrupt
    assert breaker.position is Position.OPEN
    assert breaker.admits()


def test_a_turn_while_all_is_well_changes_nothing(breaker: Breaker) -> None:
    with breaker.turn():
        assert breaker.admits()
    assert not breaker.succeed()
    assert breaker.position is Position.CLOSED


def test_luck_shortens_a_wait_by_a_fifth_at_most_so_that_senders_do_not_probe_together(reloj: Reloj) -> None:
    breaker = Breaker("boleta.subida", reloj, luck=lambda: 1.0)
    open_it(breaker)
    reloj.advance(seconds=FIRST_WAIT.total_seconds() * (1 - SPREAD) - 0.001)
    assert not breaker.admits()
    reloj.advance(seconds=0.001)
    assert breaker.admits()


def test_it_tells_since_when_the_last_probe_the_next_and_the_last_error(breaker: Breaker, reloj: Reloj) -> None:
    calm = EstadoCorte(posicion="cerrado", desde=reloj())
    assert breaker.describe() == calm
    reloj.advance(seconds=60)
    for _ in range(FAILURES_TO_OPEN):
        breaker.fail("sii_caido HTTP 503")
    since = reloj()
    reloj.advance(seconds=5)
    with breaker.turn():
        breaker.fail("sin_conexion")
    assert breaker.describe() == EstadoCorte(
        posicion="abierto",
        desde=since,
        ultima_prueba=reloj(),
        proxima_prueba=reloj() + timedelta(seconds=10),
        error="sin_conexion",
    )
    breaker.succeed()
    assert breaker.describe() == EstadoCorte(posicion="cerrado", desde=reloj(), ultima_prueba=reloj())

"""The states: the picture in the module is the table, and the table has no traps."""

from __future__ import annotations

import pytest

from shared.dte.estado import ENVIABLES, FINALES, MOVES, Estado, sources


def test_every_state_has_its_row() -> None:
    assert set(MOVES) == set(Estado)


def test_the_verdicts_are_final() -> None:
    assert set(FINALES) == {Estado.ACEPTADO, Estado.REPARO, Estado.RECHAZADO}


def test_only_what_is_not_under_way_may_enter_an_envelope() -> None:
    assert set(ENVIABLES) == {Estado.GENERADO, Estado.PENDIENTE}


def test_what_may_have_arrived_is_asked_about_before_it_is_sent_again() -> None:
    assert Estado.ENVIANDO not in MOVES[Estado.INCIERTO]
    assert Estado.ENVIANDO not in MOVES[Estado.ENVIADO]


@pytest.mark.parametrize("estado", sorted(set(Estado) - FINALES))
def test_from_every_state_a_verdict_can_be_reached(estado: Estado) -> None:
    reached, frontier = {estado}, {estado}
    while frontier:
        frontier = set().union(*(MOVES[paso] for paso in frontier)) - reached
        reached |= frontier
    assert reached >= FINALES


@pytest.mark.parametrize("destino", Estado)
def test_sources_are_the_moves_read_backwards(destino: Estado) -> None:
    assert all((origen in sources(destino)) == (destino in MOVES[origen]) for origen in Estado)


def test_nothing_returns_to_the_beginning() -> None:
    assert sources(Estado.GENERADO) == frozenset()

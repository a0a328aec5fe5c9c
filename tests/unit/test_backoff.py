"""How long a document waits for its next attempt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.backoff import LONGEST_QUESTION, PASOS, SPREAD, espera_growing, paso_covering, paso_for


@pytest.mark.parametrize(
    ("intentos", "nombre"),
    [(-1, "10s"), (0, "10s"), (1, "10s"), (2, "1m"), (3, "10m"), (4, "30m"), (5, "1h"), (99, "1h")],
)
def test_each_failure_waits_longer_and_the_last_step_repeats(intentos: int, nombre: str) -> None:
    assert paso_for(intentos).nombre == nombre


def test_the_steps_grow_and_their_names_say_how_long_they_are() -> None:
    esperas = [paso.espera for paso in PASOS]
    assert esperas == sorted(set(esperas))
    assert [paso.nombre for paso in PASOS] == ["10s", "1m", "10m", "30m", "1h"]


@pytest.mark.parametrize(
    ("espera", "nombre"),
    [(0, "10s"), (10, "10s"), (11, "1m"), (600, "10m"), (601, "30m"), (3600, "1h"), (86_400, "1h")],
)
def test_a_wish_of_the_authority_is_covered_by_the_shortest_step(espera: int, nombre: str) -> None:
    assert paso_covering(timedelta(seconds=espera)).nombre == nombre


def test_questions_grow_apart_to_ten_minutes_and_are_spread_by_luck() -> None:
    base = timedelta(seconds=5)
    usual = [espera_growing(base, vez, luck=lambda: 0.0).total_seconds() for vez in range(7)]
    assert usual == [5, 15, 45, 135, 405, 600, 600]
    assert espera_growing(base, 9, luck=lambda: 1.0) == LONGEST_QUESTION * (1 - SPREAD)
    assert len({espera_growing(base, 3) for _ in range(20)}) > 1

"""Quantiles from counts between limits."""

from __future__ import annotations

import pytest

from shared.latencia import LIMITES, add_up, compute_cuantil, place_of


def counts_of(*segundos: float) -> tuple[int, ...]:
    counts = [0] * (len(LIMITES) + 1)
    for each in segundos:
        counts[place_of(each)] += 1
    return tuple(counts)


@pytest.mark.parametrize(("segundos", "place"), [(0.0, 0), (0.05, 0), (0.051, 1), (60.0, 17), (60.1, 18)])
def test_an_operation_is_counted_up_to_its_limit(segundos: float, place: int) -> None:
    assert place_of(segundos) == place


def test_without_operations_there_is_no_quantile() -> None:
    assert compute_cuantil(counts_of(), 0.5) is None


def test_quantiles_lie_between_the_limits_of_their_operations() -> None:
    counts = counts_of(*[0.25] * 90, *[4.5] * 9, 14.0)
    p50, p95, p100 = (compute_cuantil(counts, part) for part in (0.5, 0.95, 1.0))
    assert p50 is not None
    assert p95 is not None
    assert 0.2 < p50 < 0.3
    assert 4.0 < p95 < 5.0
    assert p100 == 15.0


def test_beyond_the_last_limit_nothing_is_made_up() -> None:
    assert compute_cuantil(counts_of(61.0, 3_600.0), 0.5) == 60.0


def test_the_counts_of_several_processes_are_those_of_one() -> None:
    a, b = (0.1, 0.7, 2.5), (0.7, 61.0)
    assert add_up([counts_of(*a), counts_of(*b)]) == counts_of(*a, *b)


def test_counts_with_other_limits_are_left_out() -> None:
    assert add_up([(1, 2, 3), counts_of(0.1)]) == counts_of(0.1)
    assert add_up([]) == counts_of()

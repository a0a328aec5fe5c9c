"""How long operations took, as counts between fixed limits: small to tell, and exact to add up over processes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

Cuentas = tuple[int, ...]
"""Operations up to each limit, longer than the one before; the last number is of those beyond all limits."""

LIMITES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 60.0)
"""Seconds."""


def place_of(segundos: float) -> int:
    """Which of the counts an operation belongs to."""
    return bisect_left(LIMITES, segundos)


def add_up(cuentas: Iterable[Sequence[int]]) -> Cuentas:
    """The counts of all together. Those of a version with other limits are left out."""
    alike = [each for each in cuentas if len(each) == len(LIMITES) + 1]
    return tuple(map(sum, zip(*alike, strict=True))) if alike else (0,) * (len(LIMITES) + 1)


def compute_cuantil(cuentas: Sequence[int], parte: float) -> float | None:
    """Seconds within which this part (0.95: 95 of 100) ended, to the precision of the limits; None without any.

    Between two limits as if they were spread evenly; beyond the last one, that limit.
    """
    wanted = parte * sum(cuentas)
    if not wanted:
        return None
    sums = list(accumulate(cuentas))
    place = bisect_left(sums, wanted)
    if place == len(LIMITES):
        return LIMITES[-1]
    below = LIMITES[place - 1] if place else 0.0
    before = sums[place] - cuentas[place]
    return below + (LIMITES[place] - below) * (wanted - before) / cuentas[place]

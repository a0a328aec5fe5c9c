"""How long a document waits before its next attempt: five steps, one wait queue for each."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Paso:
    """One step of the ladder: the name of its wait queue and the time that a message spends there."""

    nombre: str
    espera: timedelta


PASOS = (
    Paso("10s", timedelta(seconds=10)),
    Paso("1m", timedelta(minutes=1)),
    Paso("10m", timedelta(minutes=10)),
    Paso("30m", timedelta(minutes=30)),
    Paso("1h", timedelta(hours=1)),
)

LONGEST_QUESTION = timedelta(minutes=10)
SPREAD = 0.2
"""Part of the wait before a question that is left to luck."""


def paso_for(intentos: int) -> Paso:
    """The step after the `intentos`-th attempt has failed (1 is the first); the last step repeats."""
    return PASOS[min(max(intentos, 1), len(PASOS)) - 1]


def paso_covering(espera: timedelta) -> Paso:
    """The shortest step that is at least `espera` long: what a Retry-After of the authority asks for."""
    return next((paso for paso in PASOS if paso.espera >= espera), PASOS[-1])


def espera_growing(base: timedelta, vez: int, luck: Callable[[], float] = random.random) -> timedelta:
    """The wait before the SII is asked the `vez`-th time (0 is the first): each is three times the last, to 10 min.

    Up to a fifth less by luck, so that envelopes of one moment are not asked about in one moment for ever.
    """
    return min(base * int(3 ** min(vez, 20)), LONGEST_QUESTION) * (1 - SPREAD * luck())

"""How fast a till may sell: its own rate, its company's, and who waits for whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from services.emitter.answers import LimitError
from services.emitter.limites import Limites
from shared.messages import EmisorGuardado, TerminalGuardado
from shared.metrics import render


def _till(id_: str = "t1", por_segundo: float | None = None) -> TerminalGuardado:
    return TerminalGuardado(id=id_, emisor="e", tienda="Centro", caja="7", hash="", por_segundo=por_segundo)


def _nobody(_rut: str) -> EmisorGuardado | None:
    return None


def _limited(rut: str) -> EmisorGuardado | None:
    return EmisorGuardado(rut=rut, datos={}, resoluciones={}, limite_por_minuto=60)


class Mundo:
    """Limits of 2 sales a second with a burst of 5 s, and a time that passes only when somebody waits."""

    def __init__(self, known: Callable[[str], EmisorGuardado | None] = _nobody) -> None:
        self.ahora = datetime(2026, 11, 24, tzinfo=UTC)
        self.limites = Limites(known, lambda: self.ahora, por_segundo=2, rafaga=timedelta(seconds=5), sleep=self._sleep)

    async def _sleep(self, segundos: float) -> None:
        self.ahora += timedelta(seconds=segundos)

    def admitted(self, terminal: TerminalGuardado, tries: int) -> int:
        """How many of `tries` sales at this moment pass."""
        passed = 0
        for _ in range(tries):
            try:
                self.limites.admit(terminal)
            except LimitError:
                continue
            passed += 1
        return passed


def test_a_burst_passes_and_then_the_rate_counts() -> None:
    mundo = Mundo()
    assert mundo.admitted(_till(), 100) == 10
    mundo.ahora += timedelta(seconds=1)
    assert mundo.admitted(_till(), 100) == 2
    mundo.ahora += timedelta(hours=1)
    assert mundo.admitted(_till(), 100) == 10


def test_the_refusal_says_when_there_is_room_again() -> None:
    mundo = Mundo()
    mundo.admitted(_till(por_segundo=0.25), 1)
    with pytest.raises(LimitError) as refused:
        mundo.limites.admit(_till(por_segundo=0.25))
    assert refused.value.problema.reintentar_en is not None
    mundo.ahora += timedelta(seconds=refused.value.problema.reintentar_en)
    assert mundo.admitted(_till(por_segundo=0.25), 2) == 1


def test_every_till_has_its_own_limit() -> None:
    mundo = Mundo()
    assert mundo.admitted(_till("uno"), 100) == 10
    assert mundo.admitted(_till("otro"), 100) == 10
    assert mundo.admitted(_till("veloz", por_segundo=20), 200) == 100


def test_all_tills_of_a_company_share_its_limit_and_a_refused_sale_costs_nothing() -> None:
    mundo = Mundo(_limited)
    assert sum(mundo.admitted(_till(f"t{n}"), 50) for n in range(10)) == 60
    mundo.ahora += timedelta(seconds=1)
    assert mundo.admitted(_till("t9"), 50) == 1


async def test_who_waits_gets_the_rate_and_leaves_room_for_the_counter() -> None:
    mundo = Mundo()
    began = mundo.ahora
    for _ in range(25):
        await mundo.limites.wait_turn(_till())
    assert mundo.ahora - began == timedelta(seconds=10)  # 5 of the burst, then 20 at 2 a second
    assert mundo.admitted(_till(), 100) == 5


async def test_what_was_slowed_down_or_refused_is_counted() -> None:
    mundo = Mundo(_limited)
    mundo.admitted(_till(), 11)
    await mundo.limites.wait_turn(_till())
    assert b'posta_limitadas_total{limite="terminal",resultado="rechazada"}' in render()
    assert b'posta_limitadas_total{limite="terminal",resultado="demorada"}' in render()


def test_tills_that_fell_silent_are_forgotten() -> None:
    mundo = Mundo()
    for n in range(10_000):
        mundo.admitted(_till(f"t{n}"), 1)
    mundo.ahora += timedelta(minutes=1)
    mundo.admitted(_till("nueva"), 1)
    assert set(mundo.limites._hasta) == {"terminal:nueva"}

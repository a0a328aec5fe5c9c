"""DTEBoxes behind breakers of their own, and the companies that share one."""

from __future__ import annotations

from services.sender.breaker import FAILURES_TO_OPEN, Breaker
from services.sender.cajas import Cajas
from tests.sandbox_data import Reloj

UNA, OTRA, TERCERA = "76192083-9", "77100000-2", "77123456-9"


def open_box(cajas: Cajas, emisor: str = UNA) -> Breaker:
    """The breaker of this company's box after an outage was seen."""
    breaker = cajas.breaker(emisor, "subida")
    assert breaker is not None
    for _ in range(FAILURES_TO_OPEN):
        breaker.fail("sin_conexion")
    return breaker


def build(reloj: Reloj) -> Cajas:
    """Two companies at one hosted box, a third at its own."""
    cajas = Cajas(reloj)
    for emisor, host in ((UNA, "caja.cl"), (OTRA, "caja.cl"), (TERCERA, "propia.cl:8443")):
        cajas.learn(emisor, host)
    return cajas


def test_companies_wait_for_the_box_that_they_share_and_for_no_other() -> None:
    cajas = build(Reloj())
    assert cajas.breaker("1-9", "subida") is None
    open_box(cajas)
    assert cajas.away("subida") == cajas.resting("subida") == {UNA, OTRA}
    assert cajas.away("consulta") == frozenset()
    assert set(cajas.describe()) == {"caja.caja.cl.subida"}


def test_when_it_is_time_one_may_try_and_the_others_go_on_waiting() -> None:
    reloj = Reloj()
    cajas = build(reloj)
    breaker = open_box(cajas)
    reloj.advance(seconds=5)
    assert cajas.away("subida") == {UNA, OTRA}
    assert cajas.resting("subida") == frozenset()
    with breaker.turn():
        assert cajas.resting("subida") == {UNA, OTRA}
        breaker.succeed()
    assert cajas.away("subida") == frozenset()


def test_a_company_that_has_moved_to_another_box_waits_no_more_and_the_old_one_is_forgotten() -> None:
    reloj = Reloj()
    cajas = build(reloj)
    open_box(cajas, TERCERA)
    cajas.learn(TERCERA, "caja.cl")
    assert cajas.away("subida") == frozenset()
    reloj.advance(minutes=1)
    assert set(cajas.describe()) == {"caja.propia.cl:8443.subida"}
    reloj.advance(minutes=11)
    assert cajas.describe() == {}

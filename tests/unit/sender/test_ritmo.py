"""How fast documents are delivered."""

from __future__ import annotations

from services.sender.ritmo import Ritmo
from shared.dte.tipos import Canal
from tests.sandbox_data import Reloj


def test_the_rate_is_that_of_the_last_minute_with_deliveries_and_stays_in_an_outage() -> None:
    reloj = Reloj()
    ritmo = Ritmo(reloj)
    assert ritmo.per_second() == {}
    for _ in range(30):
        ritmo.add(Canal.BOLETA, 50)
        reloj.advance(seconds=5)
    ritmo.add(Canal.FACTURA, 7)
    assert ritmo.per_second() == {Canal.BOLETA: 10.0}
    reloj.advance(seconds=3600)
    assert ritmo.per_second() == {Canal.BOLETA: 10.0}


def test_two_deliveries_at_one_moment_are_no_infinite_rate() -> None:
    ritmo = Ritmo(Reloj())
    ritmo.add(Canal.BOLETA, 50)
    ritmo.add(Canal.BOLETA, 50)
    assert ritmo.per_second() == {Canal.BOLETA: 50.0}

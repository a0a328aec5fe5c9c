"""What a sender remembers of how long the SII took."""

from __future__ import annotations

from services.sender.latencia import Latencias
from shared.latencia import LIMITES, place_of
from tests.sandbox_data import Reloj

NOMBRE = "boleta.subida"


def test_the_five_minutes_before_the_latest_answer_are_kept_and_stay_in_an_outage() -> None:
    reloj = Reloj()
    latencias = Latencias(reloj)
    assert latencias.counts() == {}
    for segundos in (0.2, 0.4, 0.8):
        latencias.note(NOMBRE, segundos)
        reloj.advance(seconds=120)
    counts = latencias.counts()[NOMBRE]
    assert sum(counts) == 3
    latencias.note(NOMBRE, 1.8)
    counts = latencias.counts()[NOMBRE]
    assert [counts[place_of(each)] for each in (0.2, 0.4, 0.8, 1.8)] == [0, 1, 1, 1]
    reloj.advance(seconds=3_600)
    assert latencias.counts()[NOMBRE] == counts


def test_a_channel_and_operation_is_counted_apart_and_never_grows() -> None:
    reloj = Reloj()
    latencias = Latencias(reloj)
    for number in range(5_000):
        latencias.note(NOMBRE, number / 100)
        latencias.note("boleta.consulta", 0.01)
        reloj.advance(seconds=1)
    counts = latencias.counts()
    assert {len(each) for each in counts.values()} == {len(LIMITES) + 1}
    assert 240 <= sum(counts["boleta.consulta"]) <= 300
    assert counts["boleta.consulta"][0] == sum(counts["boleta.consulta"])

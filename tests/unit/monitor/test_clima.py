"""The SII's weather, from what the senders tell."""

from __future__ import annotations

from datetime import timedelta

from services.monitor.clima import Clima, build_climas
from services.monitor.cortes import build_cortes
from shared.dte.tipos import Canal
from shared.latencia import LIMITES, place_of
from shared.messages import Latido
from tests.unit.monitor.datos import AHORA, a_latido


def counts_of(*segundos: float) -> list[int]:
    counts = [0] * (len(LIMITES) + 1)
    for each in segundos:
        counts[place_of(each)] += 1
    return counts


def climas_of(*latidos: Latido) -> dict[Canal, Clima]:
    return {clima.canal: clima for clima in build_climas(latidos, build_cortes(latidos), ())}


def test_the_latency_of_all_senders_is_one() -> None:
    a = a_latido("sender@a", latencias={"boleta.subida": counts_of(*[0.25] * 10)})
    b = a_latido("sender@b", latencias={"boleta.subida": counts_of(*[4.5] * 10), "boleta.consulta": counts_of(0.04)})
    subida, consulta = climas_of(a, b)[Canal.BOLETA].tratos
    assert (subida.operacion, subida.respuestas, subida.p50) == ("subida", 20, 0.3)
    assert subida.p95 is not None
    assert 4.0 < subida.p95 < 5.0
    assert (consulta.respuestas, consulta.p50) == (1, 0.025)


def test_a_channel_is_as_bad_as_its_worst_breaker_and_says_in_how_many_processes() -> None:
    desde, prueba = AHORA - timedelta(minutes=9), AHORA - timedelta(seconds=20)
    corte = {"posicion": "abierto", "desde": desde, "ultima_prueba": prueba, "error": "sii_caido HTTP 503"}
    a = a_latido("sender@a", cortes={"factura.subida": corte, "factura.consulta": {"posicion": "cerrado"}})
    b = a_latido("sender@b", cortes={"factura.subida": {"posicion": "cerrado"}})
    clima = climas_of(a, b)[Canal.FACTURA]
    subida, consulta = clima.tratos
    assert clima.estado == "abierto"
    assert (subida.procesos, subida.de, subida.desde, subida.ultima_prueba) == (1, 2, desde, prueba)
    assert subida.error == "sii_caido HTTP 503"
    assert (consulta.estado, consulta.procesos, consulta.de) == ("cerrado", 1, 1)


def test_without_senders_nothing_is_said_of_the_sii() -> None:
    climas = climas_of()
    assert set(climas) == set(Canal)
    for clima in climas.values():
        assert (clima.estado, clima.quieto) == (None, True)
        assert all((trato.p50, trato.respuestas) == (None, 0) for trato in clima.tratos)


def test_a_channel_that_nobody_uses_is_quiet_until_something_is_wrong_with_it() -> None:
    calm = a_latido("sender@a", cortes={"dtebox.subida": {"posicion": "cerrado"}})
    cut = a_latido("sender@a", cortes={"dtebox.subida": {"posicion": "abierto"}})
    asked = a_latido("sender@a", latencias={"dtebox.subida": counts_of(0.1)})
    assert [climas_of(latido)[Canal.DTEBOX].quieto for latido in (calm, cut, asked)] == [True, False, False]

"""The figures of `posta bench deliver`: what is worked out of what was measured."""

from __future__ import annotations

import pytest
import typer

from services.cli.bench_deliver import Cifras, Marca
from services.cli.bench_masa import describe_ventas
from services.cli.bench_muestras import Muestra, make_tramos
from services.cli.bench_pantalla import parse_rango


def muestra(segundos: float, vendidos: int, recibidos: int) -> Muestra:
    return Muestra(segundos, vendidos, recibidos, envios=recibidos // 50, en_cola=0, memoria={"sender": 140}, disco=1)


def test_the_ratios_are_those_of_the_seconds() -> None:
    cifras = Cifras(Marca(70.0, 100), Marca(72.0, 100), Marca(6.0, 2)).to_json()
    assert (cifras["razon_hilos"], cifras["razon_celery"]) == (11.67, 12.0)
    assert (cifras["hilos_envios"], cifras["celery_envios"], cifras["posta_envios"]) == (100, 100, 2)


def test_each_piece_has_the_rates_of_its_own_time() -> None:
    tramos = make_tramos([muestra(0, 0, 0), muestra(10, 1000, 500), muestra(20, 1500, 1500)])
    assert [(tramo["vendidos_ps"], tramo["recibidos_ps"]) for tramo in tramos] == [(100, 50), (50, 100)]


def test_a_long_run_is_told_in_few_pieces_that_leave_nothing_out() -> None:
    tramos = make_tramos([muestra(second, second * 10, second * 10) for second in range(38)])
    assert len(tramos) <= 10
    assert (tramos[-1]["segundos"], tramos[-1]["recibidos"]) == (37, 370)


def test_a_slower_end_shows_in_the_last_tenth() -> None:
    ventas = [(number * 0.01, 5.0) for number in range(90)] + [(1 + number * 0.1, 50.0) for number in range(10)]
    partes = describe_ventas(ventas)["ventas"]
    assert (partes["primer_decimo"]["p99_ms"], partes["ultimo_decimo"]["p99_ms"]) == (5, 50)
    assert partes["primer_decimo"]["por_segundo"] > 5 * partes["ultimo_decimo"]["por_segundo"]


def test_a_range_of_seconds_has_one_end_or_two() -> None:
    assert (parse_rango("2-5"), parse_rango("0.5")) == ((2, 5), (0.5, 0.5))


@pytest.mark.parametrize("texto", ["", "5-2", "a-b", "-1", "1-2-3"])
def test_what_is_no_range_is_refused_with_the_form_that_it_should_have(texto: str) -> None:
    with pytest.raises(typer.BadParameter, match="como 2-5"):
        parse_rango(texto)

"""The throughput: stretches without gaps, and a drawing that says the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.monitor.caudal import ALTO, Caudal, build_caudales, draw_caudal, round_up
from shared.adapters.mongo.conteo_records import Paso, Punto
from tests.unit.monitor.datos import AHORA

MINUTO = timedelta(minutes=1)


def by_minute(puntos: dict[Punto, int], segundos: int = 0) -> Caudal:
    caudal, _ = build_caudales(puntos, AHORA + timedelta(seconds=segundos))
    return caudal


def a_punto(hace: int, suceso: str, paso: Paso = Paso.MINUTO) -> Punto:
    return Punto(paso, AHORA - hace * MINUTO, suceso)


def test_the_last_hour_and_the_last_day_have_a_stretch_for_every_minute_and_hour() -> None:
    minutos, horas = build_caudales({}, AHORA + timedelta(seconds=59))
    assert [tramo.momento for tramo in minutos.tramos] == [AHORA - n * MINUTO for n in reversed(range(60))]
    assert [tramo.momento for tramo in horas.tramos] == [AHORA - timedelta(hours=n) for n in reversed(range(24))]
    assert (minutos.emitidos, horas.aceptados) == (0, 0)


def test_what_was_accepted_with_objections_was_accepted() -> None:
    puntos = {
        a_punto(0, "emitidos"): 7,
        a_punto(2, "aceptado"): 4,
        a_punto(2, "reparo"): 1,
        a_punto(59, "rechazado"): 2,
        a_punto(60, "emitidos"): 1_000,
        a_punto(0, "emitidos", Paso.HORA): 500,
    }
    caudal = by_minute(puntos)
    assert (caudal.emitidos, caudal.aceptados, caudal.rechazados) == (7, 5, 2)
    assert [tramo.aceptados for tramo in caudal.tramos[-3:]] == [5, 0, 0]
    assert caudal.tramos[0].rechazados == 2


def test_a_drawing_reaches_as_high_as_its_largest_stretch() -> None:
    dibujo = draw_caudal(by_minute({a_punto(0, "emitidos"): 80, a_punto(1, "aceptado"): 200}))
    assert dibujo.techo == 200
    [barra] = dibujo.barras
    assert (barra.x, barra.y, barra.alto) == (591, 60, 40)
    assert barra.texto.endswith("80 emitidos, 0 aceptados")
    points = [tuple(map(float, point.split(","))) for point in dibujo.linea.split()]
    assert len(points) == 60
    assert points[-2:] == [(585, 0), (595, ALTO)]


def test_an_hour_without_documents_is_a_flat_line_and_no_error() -> None:
    dibujo = draw_caudal(by_minute({}))
    assert (dibujo.techo, dibujo.barras) == (5, ())
    assert {point.partition(",")[2] for point in dibujo.linea.split()} == {str(ALTO)}


def test_the_times_below_go_from_the_first_stretch_to_the_last() -> None:
    minutos, horas = build_caudales({}, AHORA)
    assert draw_caudal(minutos).rotulos == ("11:01", "11:16", "11:31", "11:45", "12:00")
    assert draw_caudal(horas).rotulos[::4] == ("13:00", "12:00")


@pytest.mark.parametrize(
    ("numero", "techo"), [(0, 5), (5, 5), (6, 10), (10, 10), (11, 20), (50, 50), (51, 100), (1_001, 2_000)]
)
def test_a_scale_ends_at_a_round_number(numero: int, techo: int) -> None:
    assert round_up(numero) == techo

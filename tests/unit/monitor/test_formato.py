"""How figures read on a Chilean screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.monitor.formato import (
    format_duracion,
    format_fecha_hora,
    format_miles,
    format_momento,
    format_monto,
    format_pesos,
    format_reloj,
    format_rut,
)

INVIERNO = datetime(2026, 7, 1, 3, 5, 7, 999_000, tzinfo=UTC)
"""23:05:07 of 30 June in Chile."""
VERANO = datetime(2026, 12, 1, 3, 5, 7, tzinfo=UTC)
"""00:05:07 of 1 December in Chile."""


@pytest.mark.parametrize(
    ("numero", "texto"), [(0, "0"), (999, "999"), (1_000, "1.000"), (1_234_567, "1.234.567"), (-1_500, "-1.500")]
)
def test_thousands_are_set_apart_with_points(numero: int, texto: str) -> None:
    assert format_miles(numero) == texto


@pytest.mark.parametrize(("monto", "texto"), [(0, "$0"), (12_990, "$12.990"), (-12_990, "-$12.990")])
def test_pesos_have_their_sign_before_the_symbol(monto: int, texto: str) -> None:
    assert format_pesos(monto) == texto


@pytest.mark.parametrize(
    ("monto", "moneda", "texto"),
    [("12990", None, "$12.990"), ("1201.5567", "DOLAR USA", "1.201,5567 DOLAR USA"), ("3000", "EURO", "3.000 EURO")],
)
def test_an_exports_amount_has_its_decimals_and_its_currency(monto: str, moneda: str | None, texto: str) -> None:
    assert format_monto(Decimal(monto), moneda) == texto


@pytest.mark.parametrize(("rut", "texto"), [("76192083-9", "76.192.083-9"), ("9-K", "9-K"), ("caja", "caja")])
def test_a_rut_gets_its_points_and_anything_else_stays(rut: str, texto: str) -> None:
    assert format_rut(rut) == texto


def test_times_are_chilean_in_winter_and_in_summer() -> None:
    assert format_reloj(INVIERNO) == "23:05:07"
    assert format_fecha_hora(INVIERNO) == "30-06-2026 23:05:07"
    assert format_fecha_hora(VERANO) == "01-12-2026 00:05:07"


def test_a_moment_of_another_chilean_day_shows_its_date() -> None:
    same_day = INVIERNO - timedelta(hours=23)  # 1 July UTC began four hours before Chile's did
    assert format_momento(same_day, INVIERNO) == "00:05:07"
    assert format_momento(INVIERNO - timedelta(days=1), INVIERNO) == "29-06 23:05"
    assert format_momento(INVIERNO, INVIERNO + timedelta(hours=1)) == "30-06 23:05"


@pytest.mark.parametrize(
    ("segundos", "texto"),
    [
        (0, "0 ms"),
        (0.12, "120 ms"),
        (1, "1,0 s"),
        (2.44, "2,4 s"),
        (9.94, "9,9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (192, "3 min 12 s"),
        (18_180, "5 h 03 min"),
        (183_600, "2 d 3 h"),
    ],
)
def test_a_duration_says_two_figures_of_meaning(segundos: float, texto: str) -> None:
    assert format_duracion(timedelta(seconds=segundos)) == texto

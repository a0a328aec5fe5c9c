"""Figures as people in Chile read them."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dte.impresion.cifras import (
    format_fecha,
    format_fecha_corta,
    format_momento,
    format_numero,
    format_pesos,
    format_rut,
    format_tasa,
    negate,
    read_fecha,
    read_momento,
)


@pytest.mark.parametrize(
    ("texto", "decimales", "escrito"),
    [
        ("0", 0, "0"),
        ("999", 0, "999"),
        ("1000", 0, "1.000"),
        ("1234567", 0, "1.234.567"),
        ("-1234.5", 0, "-1.234,5"),
        ("70.000000", 0, "70"),
        ("0.25", 0, "0,25"),
        ("10.5", 2, "10,50"),
        ("10", 2, "10,00"),
        ("10.1234", 2, "10,1234"),
        ("007", 0, "7"),
        ("", 2, ""),
        ("1e5", 0, "1e5"),
        ("doce", 0, "doce"),
        ("9" * 5000, 0, "9" * 5000),
    ],
)
def test_a_number_has_dots_and_a_comma(texto: str, decimales: int, escrito: str) -> None:
    assert format_numero(texto, decimales) == escrito


@given(st.decimals(-(10**15), 10**15, places=4))
def test_a_number_can_be_read_back(numero: object) -> None:
    texto = f"{numero:f}"
    escrito = format_numero(texto).replace(".", "").replace(",", ".")
    assert float(escrito) == float(texto)


@pytest.mark.parametrize(("texto", "escrito"), [("1190", "$ 1.190"), ("-315", "-$ 315"), ("0", "$ 0"), ("", "")])
def test_pesos_have_their_sign(texto: str, escrito: str) -> None:
    assert format_pesos(texto) == escrito


def test_a_rate_is_written_with_its_sign() -> None:
    assert (format_tasa("20.50"), format_tasa("19"), format_tasa("")) == ("20,5%", "19%", "")


def test_an_amount_changes_its_sign_unless_it_is_nothing() -> None:
    assert [negate(texto) for texto in ("5", "-5", "0", "0.00", "")] == ["-5", "5", "0", "0.00", ""]


@pytest.mark.parametrize(
    ("texto", "palabras", "corta"),
    [
        ("2026-02-03", "3 de febrero de 2026", "03-02-2026"),
        ("2026-12-31", "31 de diciembre de 2026", "31-12-2026"),
        ("2026-13-01", "2026-13-01", "2026-13-01"),
        ("ayer", "ayer", "ayer"),
        ("", "", ""),
    ],
)
def test_a_date_is_written_in_words_and_short(texto: str, palabras: str, corta: str) -> None:
    assert (format_fecha(texto), format_fecha_corta(texto)) == (palabras, corta)


def test_a_moment_is_written_to_the_minute() -> None:
    assert format_momento("2026-02-03T10:15:30") == "03-02-2026 10:15"
    assert format_momento("2026-02-03") == "03-02-2026"


def test_dates_and_moments_are_read_or_not() -> None:
    assert read_fecha("2026-02-03") == date(2026, 2, 3)
    assert read_fecha("x") is None
    assert read_momento("2026-02-03T10:15:30Z") == datetime(2026, 2, 3, 10, 15, 30)  # noqa: DTZ001
    assert read_momento("x") is None


def test_a_rut_has_dots() -> None:
    assert [format_rut(rut) for rut in ("77123456-9", "1-9", "", "x")] == ["77.123.456-9", "1-9", "", "x"]

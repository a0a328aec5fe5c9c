"""RUTs: one form, digit checked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dte.rut import RUT_CONSUMIDOR_FINAL, RUT_SII, compute_dv, parse_rut, split_rut

KNOWN = [RUT_SII, RUT_CONSUMIDOR_FINAL, "55555555-5", "11111111-1", "12345678-5", "1-9", "2-7", "77123456-9"]


@pytest.mark.parametrize("rut", KNOWN)
def test_known_ruts_are_right(rut: str) -> None:
    assert parse_rut(rut) == rut
    assert compute_dv(int(split_rut(rut)[0])) == split_rut(rut)[1]


@pytest.mark.parametrize("typed", ["60.803.000-K", " 60803000-k ", "60803000-K"])
def test_a_rut_is_taken_as_people_type_it(typed: str) -> None:
    assert parse_rut(typed) == RUT_SII


def test_leading_zeros_are_not_part_of_a_rut() -> None:
    assert parse_rut("01234567-4") == parse_rut("1234567-4") == "1234567-4"


@pytest.mark.parametrize(
    "typed", ["", "60803000", "60803000K", "60803000-KK", "-K", "123456789-2", "6O803000-K", "٦-4"]
)
def test_what_has_another_form_is_no_rut(typed: str) -> None:
    with pytest.raises(ValueError, match="no es un RUT"):
        parse_rut(typed)


@given(st.integers(1, 99_999_999), st.sampled_from("0123456789K"))
def test_of_eleven_digits_one_is_right(cuerpo: int, dv: str) -> None:
    typed = f"{cuerpo}-{dv}"
    if dv == compute_dv(cuerpo):
        assert parse_rut(typed) == typed
    else:
        with pytest.raises(ValueError, match=f"{cuerpo}-{compute_dv(cuerpo)}"):
            parse_rut(typed)

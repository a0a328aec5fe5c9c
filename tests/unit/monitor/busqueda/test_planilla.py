"""The file of a search."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.monitor.busqueda.planilla import COLUMNAS, name_file, neutralize, to_fila, write_csv
from services.monitor.documento import describe_documento
from shared.messages import Dte
from tests.unit.monitor.datos import AHORA, a_dte


@pytest.mark.parametrize("texto", ["=1+1", "+56 9", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "%0a", "|calc"])
def test_what_begins_like_a_formula_is_made_text(texto: str) -> None:
    assert neutralize(texto) == f"'{texto}"


@pytest.mark.parametrize("texto", ["Casa matriz", "76192083-9", "24-11-2026 12:00:00", "", "a=b", "'ya"])
def test_other_text_stays_as_it_is(texto: str) -> None:
    assert neutralize(texto) == texto


@given(st.text())
def test_no_cell_begins_with_what_a_spreadsheet_takes_for_a_formula(texto: str) -> None:
    assert neutralize(texto).lstrip()[:1] not in tuple("=+-@")


def test_a_row_has_a_cell_for_each_column_and_decimals_with_a_comma() -> None:
    documento = describe_documento(a_dte()).model_copy(update={"monto_exacto": Decimal("1234.50")})
    row = dict(zip(COLUMNAS, to_fila(documento), strict=True))
    assert (row["monto"], row["creado"], row["fecha"]) == ("1234,50", "24-11-2026 12:00:00", "24-11-2026")
    assert (row["causa"], row["proximo_intento"]) == ("", "")


async def test_the_file_comes_in_the_parts_in_which_it_is_read() -> None:
    read = 0

    async def parts() -> AsyncIterator[list[Dte]]:
        nonlocal read
        for _ in range(3):
            read += 1
            yield [a_dte()] * 2

    rows = write_csv(parts())
    assert (await anext(rows)).startswith(b"\xef\xbb\xbfidentidad;emisor;")
    assert read == 0
    assert (await anext(rows)).count(b"\r\n") == 2
    assert read == 1


def test_a_file_is_named_by_its_moment_and_what_was_searched() -> None:
    assert name_file("", AHORA) == "documentos-20261124-1200.csv"
    assert name_file('tienda:"Ñuñoa" ../../etc; rm "\n', AHORA) == "documentos-20261124-1200-tienda-nunoa-etc-rm.csv"
    assert len(name_file("a" * 2_000, AHORA)) < 100

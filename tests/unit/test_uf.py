from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from shared.adapters.uf import ValoresUf, parse_valor
from shared.errors import Misconfigured

DIA = date(2026, 11, 24)


def uf_file(carpeta: Path, texto: str) -> Path:
    archivo = carpeta / "uf.csv"
    archivo.write_text(texto, encoding="utf-8")
    return archivo


def rewrite(archivo: Path, texto: str) -> None:
    """Another text and another time, whatever the file system's clock shows."""
    antes = archivo.stat().st_mtime_ns
    archivo.write_text(texto, encoding="utf-8")
    os.utime(archivo, ns=(antes + 1_000_000_000, antes + 1_000_000_000))


@pytest.mark.parametrize(
    "linea",
    ["2026-11-24;39.812,45", "2026-11-24,39812.45", "2026-11-24\t39812,45", " 2026-11-24 ; 39.812,45 "],
)
def test_a_line_is_a_day_and_its_value_as_chileans_or_programs_write_it(tmp_path: Path, linea: str) -> None:
    valores = ValoresUf(uf_file(tmp_path, f"\ufefffecha;valor\n# del Banco Central\n\n{linea}\n"))
    assert valores.find(DIA) == Decimal("39812.45")
    assert valores.find(date(2026, 11, 25)) is None


def test_without_a_file_no_value_is_known() -> None:
    assert ValoresUf(None).find(DIA) is None


@pytest.mark.parametrize(
    ("linea", "motivo"),
    [
        ("2026-11-24;39.81", "39.81 pesos no es el valor de una UF"),
        ("2026-11-24;3981245", "3981245 pesos no es el valor de una UF"),
        ("2026-11-24;mucho", "escríbalo como 39.812,45"),
        ("24/11/2026;39.812,45", "no es una fecha AAAA-MM-DD"),
        ("2026-11-24", "escríbalo como 39.812,45"),
    ],
)
def test_a_wrong_line_stops_the_service_at_its_start_and_is_named(tmp_path: Path, linea: str, motivo: str) -> None:
    with pytest.raises(Misconfigured, match=r"POSTA_UF_FILE: .*línea 2: ") as caught:
        ValoresUf(uf_file(tmp_path, f"fecha;valor\n{linea}\n"))
    assert motivo in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"POSTA_UF_FILE: no se puede leer .*uf\.csv"):
        ValoresUf(tmp_path / "uf.csv")


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    archivo = uf_file(tmp_path, "2026-11-23;39.800\n")
    valores = ValoresUf(archivo)
    assert valores.find(DIA) is None
    rewrite(archivo, "2026-11-23;39.800\n2026-11-24;39.812,45\n")
    assert valores.find(DIA) == Decimal("39812.45")


def test_a_change_for_the_worse_leaves_the_values_from_before(tmp_path: Path) -> None:
    archivo = uf_file(tmp_path, "2026-11-24;39.812,45\n")
    valores = ValoresUf(archivo)
    rewrite(archivo, "2026-11-24;")
    assert valores.find(DIA) == Decimal("39812.45")
    archivo.unlink()
    assert valores.find(DIA) == Decimal("39812.45")


@pytest.mark.parametrize("texto", ["39812,45", "39.812,45", "39812.45"])
def test_a_value_may_be_typed_either_way(texto: str) -> None:
    assert parse_valor(texto) == Decimal("39812.45")


def test_a_value_with_dots_between_thousands_only_is_not_taken_for_a_decimal() -> None:
    assert parse_valor("39.812") == 39812

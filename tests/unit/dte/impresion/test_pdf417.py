"""The encoder against a reader that is not ours, and against the standard's own rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shared.dte.impresion.patrones import FIN, INICIO, PATRONES
from shared.dte.impresion.pdf417 import MAX_PALABRAS, Simbolo, encode_bytes, patterns_of
from tests.unit.dte.impresion.lectores import read_barcode, read_barcodes


def draw(simbolo: Simbolo, modulo: int = 2, fila: int = 6) -> Image.Image:
    """The symbol in black on white, with a margin."""
    filas = ["".join(patrones) for patrones in patterns_of(simbolo)]
    imagen = Image.new("L", (simbolo.modulos, len(filas)))
    imagen.putdata([0 if modulo == "1" else 255 for fila in filas for modulo in fila])
    grande = imagen.resize((imagen.width * modulo, imagen.height * fila), Image.Resampling.NEAREST)
    con_margen = Image.new("L", (grande.width + 20, grande.height + 20), 255)
    con_margen.paste(grande, (10, 10))
    return con_margen


@given(st.binary(min_size=1, max_size=1000))
def test_a_reader_gives_back_the_very_bytes(datos: bytes) -> None:
    leido = read_barcode(draw(encode_bytes(datos)))
    assert leido.bytes == datos


def test_every_byte_and_every_remainder_of_six_come_back() -> None:
    for largo in range(256, 263):
        datos = bytes(numero % 256 for numero in range(largo))
        assert read_barcode(draw(encode_bytes(datos))).bytes == datos


def test_nothing_but_the_bytes_is_in_the_symbol() -> None:
    leido = read_barcode(draw(encode_bytes("Té, señora Íñiguez".encode("iso-8859-1"))))
    assert leido.symbology_identifier == "]L2"  # ]L1 would be a symbol that names its encoding (ECI)


def test_level_5_restores_a_symbol_with_31_wrong_codewords() -> None:
    datos = bytes(range(256)) * 2
    simbolo = encode_bytes(datos)
    filas = [(cluster, list(palabras)) for cluster, palabras in simbolo.filas]
    for numero in range(31):
        fila = filas[numero % len(filas)][1]
        columna = 1 + numero // len(filas)
        fila[columna] = (fila[columna] + 1) % 929
    assert read_barcode(draw(Simbolo(simbolo.columnas, filas))).bytes == datos


def test_32_wrong_codewords_are_not_restored() -> None:
    simbolo = encode_bytes(bytes(range(256)) * 2)
    filas = [(cluster, list(palabras)) for cluster, palabras in simbolo.filas]
    for numero in range(33):
        fila = filas[numero % len(filas)][1]
        columna = 1 + numero // len(filas)
        fila[columna] = (fila[columna] + 1) % 929
    assert not read_barcodes(draw(Simbolo(simbolo.columnas, filas)))


@given(st.integers(min_value=1, max_value=1100), st.sampled_from([None, 1, 3, 12, 13, 30]))
def test_a_symbol_stays_within_the_standard(largo: int, columnas: int | None) -> None:
    simbolo = encode_bytes(bytes(largo), columnas=columnas)
    assert 3 <= len(simbolo.filas) <= 90
    assert 1 <= simbolo.columnas <= 30
    assert simbolo.columnas * len(simbolo.filas) <= MAX_PALABRAS
    assert {len(palabras) for _, palabras in simbolo.filas} == {simbolo.columnas + 2}


def test_a_stamp_of_ordinary_length_is_two_to_three_times_as_wide_as_high() -> None:
    for largo in range(600, 1030, 10):
        simbolo = encode_bytes(bytes(largo))
        assert 2 <= simbolo.modulos / (3 * len(simbolo.filas)) <= 3


def test_bytes_beyond_level_5_are_encoded_at_the_highest_level_that_holds_them() -> None:
    for largo in (1033, 1034, 1060, 1080, 1100, 1108):
        datos = bytes(255 - numero % 256 for numero in range(largo))
        assert read_barcode(draw(encode_bytes(datos))).bytes == datos


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="1200 bytes"):
        encode_bytes(bytes(1200))


def test_columns_asked_for_are_given_when_they_are_possible() -> None:
    assert encode_bytes(bytes(700), columnas=12).columnas == 12
    assert encode_bytes(bytes(700), columnas=1).columnas == 8  # 650 codewords: fewer would take more than 90 rows


@pytest.mark.parametrize("cluster", range(3))
def test_every_pattern_obeys_its_clusters_formula(cluster: int) -> None:
    patrones = PATRONES[cluster]
    assert len(set(patrones)) == len(patrones) == 929
    for patron in patrones:
        anchos = [len(parte) for parte in patron.replace("01", "0 1").replace("10", "1 0").split()]
        assert len(patron) == 17
        assert len(anchos) == 8
        assert max(anchos) <= 6
        assert patron.startswith("1")
        assert (anchos[0] - anchos[2] + anchos[4] - anchos[6]) % 9 == 3 * cluster


def test_start_and_stop_are_no_codewords() -> None:
    assert not {INICIO, FIN[:17]} & {patron for patrones in PATRONES for patron in patrones}

"""The file of a company: whatever is in it, it is a company or a list of what to correct."""

from __future__ import annotations

import pytest

from shared.administracion.alta import parse_alta
from shared.errors import Invalid


@pytest.mark.parametrize(
    ("archivo", "words"),
    [
        (b"", "no es JSON"),
        (b"{", "línea 1, columna 2"),
        (b"\xff\xfe", "no es UTF-8"),
        (b"[" * 100_000, "demasiados niveles"),
        (b'{"rut": "76192083-9", "rut": "77123456-9"}', "«rut» aparece dos veces"),
        (b'{"limite_por_minuto": NaN}', "NaN no es un número"),
        (b"[]", "debe ser un objeto"),
        (b"{}", "falta «rut»"),
    ],
)
def test_a_file_that_is_no_company_says_what_to_correct(archivo: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        parse_alta(archivo)

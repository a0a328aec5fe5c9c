"""Reading JSON as strangers send it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dte.json import MalformedJson, read_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_is_json_is_read_as_it_is(valor: object) -> None:
    assert read_json(json.dumps(valor).encode()) == valor


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": "\xc3\xb1"}') == {"a": "ñ"}


@pytest.mark.parametrize(
    ("cuerpo", "mensaje"),
    [
        (b'{"a": 1,\n "b" 2}', "línea 2, columna 6"),
        (b"", "línea 1, columna 1"),
        (b"{} {}", "línea 1, columna 4"),
        (b'{"a": "\xf1"}', "no es UTF-8: byte inválido en la posición 7"),
        ('{"a": 1}'.encode("utf-16"), "no es UTF-8"),
        (b'{"a": NaN}', "NaN no es un número de JSON"),
        (b"-Infinity", "-Infinity no es un número"),
        (b'{"a": 1, "a": 2}', "«a» aparece dos veces"),
        (b'{"x": {"Detalle": [], "Detalle": []}}', "«Detalle» aparece dos veces"),
        (b"[" * 100_000 + b"]" * 100_000, "demasiados niveles"),
        (b"1" * 5_000, "no es JSON"),
    ],
)
def test_what_is_not_json_is_refused_saying_where(cuerpo: bytes, mensaje: str) -> None:
    with pytest.raises(MalformedJson) as caught:
        read_json(cuerpo)
    assert mensaje in str(caught.value)

"""A bulk request without a network: how a stream becomes lines, and how results wait for a slow reader."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.emitter.answers import ProblemError
from services.emitter.lote_lineas import Linea, Lineas, find_clave
from services.emitter.lote_salida import Salida
from shared.dte.json import MalformedJson


def _split(*trozos: bytes, max_bytes: int = 10) -> list[Linea]:
    lineas = Lineas(max_bytes)
    return [linea for trozo in trozos for linea in lineas.feed(trozo)] + list(lineas.end())


def test_lines_are_numbered_as_an_editor_does_and_blank_ones_are_passed_over() -> None:
    assert _split(b"a\r\n\n  \t\r\nb\n\nc") == [Linea(1, b"a"), Linea(4, b"b"), Linea(6, b"c")]


def test_a_newline_at_the_end_begins_no_line() -> None:
    assert _split(b"a\n") == [Linea(1, b"a")]
    assert _split(b"") == []


@given(st.lists(st.sampled_from([b"", b"a", b"bb", b"\xff", b"x" * 25]), max_size=8), st.integers(1, 7))
def test_how_the_network_cuts_the_stream_makes_no_difference(contenidos: list[bytes], largo: int) -> None:
    whole = b"\n".join(contenidos)
    pieces = [whole[start : start + largo] for start in range(0, len(whole), largo)]
    expected = [
        Linea(numero, b"" if len(cuerpo) > 10 else cuerpo, len(cuerpo) > 10)
        for numero, cuerpo in enumerate(contenidos, start=1)
        if cuerpo
    ]
    assert _split(*pieces) == expected


def test_a_line_of_exactly_the_bound_is_taken_whatever_ends_it() -> None:
    for end in (b"\n", b"\r\n", b""):
        assert _split(b"x" * 10 + end) == [Linea(1, b"x" * 10)]
    assert _split(b"x" * 12 + b"\nb") == [Linea(1, b"", demasiado_larga=True), Linea(2, b"b")]


def test_a_line_without_end_is_never_kept() -> None:
    lineas = Lineas(1000)
    for _ in range(1000):
        assert list(lineas.feed(b"x" * 1000)) == []
        assert len(lineas._resto) <= 1001
    assert list(lineas.feed(b"\nb\n")) == [Linea(1, b"", demasiado_larga=True), Linea(2, b"b")]


@pytest.mark.parametrize(
    ("linea", "clave"),
    [
        (b'{"clave": "caja-7-000123", "Detalle": []}', "caja-7-000123"),
        (b'{"clave": " con espacios "}', "con espacios"),
        (b'{"Detalle": []}', None),
        (b'{"Detalle": {"clave": "adentro"}}', None),
        (b'["clave"]', None),
        (b"{", None),
    ],
)
def test_a_line_brings_its_own_key_or_none(linea: bytes, clave: str | None) -> None:
    assert find_clave(linea) == clave


@pytest.mark.parametrize("clave", [7, None, ["a"], "", "ñ", "x" * 129, "a\nb"])
def test_a_key_that_is_none_is_told_so(clave: object) -> None:
    with pytest.raises(ProblemError, match="1 a 128 caracteres ASCII"):
        find_clave(json.dumps({"clave": clave}).encode())


def test_a_line_that_is_not_json_is_told_so_where_its_key_is_looked_for() -> None:
    with pytest.raises(MalformedJson):
        find_clave(b'{"clave": "a"')


async def test_results_come_out_as_they_went_in_in_memory_and_beyond() -> None:
    with Salida(en_memoria=100) as salida:
        went_in = [f"{n};".encode() for n in range(200_000)]
        for datos in went_in:
            await salida.put(datos)
        salida.finish()
        came_out = []
        while trozo := await salida.take():
            came_out.append(trozo)
        assert b"".join(came_out) == b"".join(went_in)
        assert max(map(len, came_out)) <= 65_536, "a reader gets pieces, however much waits"


async def test_beyond_its_bound_the_writer_waits_for_the_reader() -> None:
    with Salida(maximo=10) as salida:
        await salida.put(b"x" * 10)
        waiting = asyncio.create_task(salida.put(b"y"))
        await asyncio.sleep(0)
        assert not waiting.done()
        assert await salida.take() == b"x" * 10
        await waiting
        assert await salida.take() == b"y"


async def test_a_reader_waits_for_what_comes_and_is_told_the_end() -> None:
    with Salida() as salida:
        taking = asyncio.create_task(salida.take())
        await asyncio.sleep(0)
        assert not taking.done()
        await salida.put(b"a")
        assert await taking == b"a"
        taking = asyncio.create_task(salida.take())
        await asyncio.sleep(0)
        salida.finish()
        assert await taking == b""

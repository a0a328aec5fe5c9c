"""How scenarios of the sandbox are written on a command line: what cannot be read is refused with the form it wants."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import typer

from services.cli.escenario import parse_averia, parse_duracion, parse_latencia, parse_veredicto


@pytest.mark.parametrize(
    ("parse", "texto", "words"),
    [
        (parse_averia, "caida:x", "«x» no es un número"),
        (parse_averia, "caida:1:2:3", "la forma es clase"),
        (parse_averia, "caida=3", "no lleva valor"),
        (parse_latencia, "rápido", "--latencia rápido"),
        (parse_veredicto, "RCH:color=rojo", "la forma es VEREDICTO"),
        (parse_duracion, "mañana", "no es una duración"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_form(parse: Callable[[str], object], texto: str, words: str) -> None:
    with pytest.raises(typer.BadParameter, match=words):
        parse(texto)


@pytest.mark.parametrize(
    ("texto", "segundos"), [("90", 90), ("15m", 900), ("+3h", 10800), ("2d", 172800), ("1.5s", 1.5)]
)
def test_a_duration_has_a_unit_or_is_in_seconds(texto: str, segundos: float) -> None:
    assert parse_duracion(texto) == segundos

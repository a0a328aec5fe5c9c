"""A command that is typed wrongly is told what to type, in Spanish, with status 2; so is who asks for help."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.cli import app
from services.cli.espanol import EXIT_MAL_ESCRITA, run

_INGLES = ("No such", "Invalid", "Missing", "Usage", "Options", "Commands", "Input", "Try ", "Show ", "required")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("nada", "no hay un comando «nada»"),
        ("caf lst", "¿quiso decir «list»?"),
        ("caf list sobra", "sobra «sobra»"),
        ("caf list --jsn", "no hay una opción «--jsn»; ¿quiso decir «--json»?"),
        ("caf list -x", "no hay una opción «-x»"),
        ("caf list --json=x", "la opción «--json» no lleva un valor"),
        ("caf void x 1 --motivo", "a la opción «--motivo» le falta su valor"),
        ("caf void x 1", "falta --motivo"),
        ("caf assign", "falta RANGO"),
        ("caf assign r", "indique --tienda, --terminal o --libre"),
        ("dte print x -o x.pdf --formato a4", "--formato: debe ser uno de carta, 80mm"),
        ("dte print x -o x.pdf --resolucion uno", "--resolucion: debe ser un número entero"),
        ("dte print x -o x.pdf --resolucion -1", "--resolucion: debe ser 0 o más"),
        ("dte print x -o x.pdf --fecha-resolucion ayer", "--fecha-resolucion: debe ser una fecha, AAAA-MM-DD"),
        ("terminal create e t c --por-segundo mil", "--por-segundo: debe ser un número"),
        ("emisor create nada.json", "ARCHIVO: no existe «nada.json»"),
        ("emisor create {carpeta}", "es una carpeta: indique un archivo"),
    ],
)
def test_a_command_typed_wrongly_says_in_spanish_what_to_type(
    command: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(app, "posta", command.format(carpeta=tmp_path).split()) == EXIT_MAL_ESCRITA
    said = capsys.readouterr().err
    assert words in said
    assert not [ingles for ingles in _INGLES if ingles in said]


@pytest.mark.parametrize("command", ["--help", "caf --help", "dte print --help", "caf"])
def test_the_help_is_in_spanish(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, "posta", command.split()) == (0 if "--help" in command else EXIT_MAL_ESCRITA)
    said = capsys.readouterr().out
    assert "Uso: posta" in said
    assert "Opciones" in said
    assert not [ingles for ingles in _INGLES if ingles in said]

"""What the commands have in common: their options, the settings they run with, and how they show rows."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.clock import CHILE, chile
from shared.errors import explain
from shared.settings import Settings, load_settings

Json = Annotated[bool, typer.Option("--json", help="Resultado en JSON, para programas.")]
Archivo = Annotated[Path, typer.Argument(metavar="ARCHIVO", exists=True, dir_okay=False, readable=True)]
Salida = Annotated[Path, typer.Option("--output", "-o", help="Archivo que se escribe.")]
PasswordFile = Annotated[
    Path, typer.Option("--password-file", exists=True, dir_okay=False, help="Archivo que contiene la contraseña.")
]

Motivo = Annotated[str, typer.Option("--motivo", help="Por qué se hace; queda en la auditoría.")]

Entrada = Annotated[Path, typer.Argument(metavar="ARCHIVO", show_default=False)]


def read_entrada(archivo: Path) -> bytes:
    """The bytes of a file that a command was given; says why it cannot be read and ends with status 2 otherwise."""
    try:
        return archivo.read_bytes()
    except OSError as error:
        typer.secho(f"posta: no se puede leer «{archivo}»: {explain(error)}", fg="red", err=True)
        raise typer.Exit(EXIT_ILEGIBLE) from error


def write_salida(salida: Path, datos: bytes) -> None:
    """The file that a command was asked for; says why it cannot be written and ends with status 2 otherwise."""
    try:
        salida.write_bytes(datos)
    except OSError as error:
        motivo = f"no existe la carpeta «{salida.parent}»" if isinstance(error, FileNotFoundError) else explain(error)
        typer.secho(f"posta: no se puede escribir «{salida}»: {motivo}", fg="red", err=True)
        raise typer.Exit(EXIT_ILEGIBLE) from error


EXIT_ILEGIBLE = 2
"""A file that is not there, or not of its kind: the same status as a command that is typed wrongly."""


EXIT_UNAVAILABLE = 69
"""EX_UNAVAILABLE of sysexits.h: a service does not answer."""


def stack_settings() -> Settings:
    """The environment's settings, completed with those of the stack that `posta up` runs in this folder."""
    from deploy.local.local_settings import running_settings

    return running_settings(load_settings())


def in_chile(momento: datetime | None) -> datetime | None:
    """What was typed, as an hour of Chile's wall clock."""
    return None if momento is None else momento.replace(tzinfo=CHILE)


def show_hora(momento: datetime | None) -> str:
    """A moment on a Chilean wall clock; nothing for none."""
    return "" if momento is None else f"{chile(momento):%Y-%m-%d %H:%M:%S}"


def show_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Rows for a person, or for a program."""
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(rows[0] if rows else ["(nada)"]):
        table.add_column(name, no_wrap=number == 0, overflow="fold")  # the first is what other commands are given
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)

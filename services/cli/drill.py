"""`posta drill`: break everything on a throw-away stack, and prove after each fault that nothing came of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.cli.console import Json, show_rows
from shared.settings import load_settings


def drill(
    *,
    as_json: Json = False,
    solo: Annotated[
        list[str] | None, typer.Option("--solo", metavar="NOMBRE", help="Sólo esta falla; puede repetirse.")
    ] = None,
    documentos: Annotated[
        int, typer.Option("--documentos", min=4, max=2_000, help="Documentos que se venden durante cada falla.")
    ] = 16,
    semilla: Annotated[int, typer.Option("--semilla", help="De las ventas y de la suerte del SII de pruebas.")] = 2026,
    registros: Annotated[
        Path | None, typer.Option("--registros", file_okay=False, help="Carpeta en que quedan los de cada proceso.")
    ] = None,
    lista: Annotated[bool, typer.Option("--lista", help="Sólo muestra las fallas que hay.")] = False,
) -> None:
    """Provoca cada falla en un montaje desechable: qué se perdió, qué se duplicó, en cuánto se recuperó."""
    from deploy.local.drill.run import FILAS, Plan, run_drill

    if lista:
        show_rows([{"falla": nombre, "qué": que} for nombre, que in FILAS.items()], as_json=as_json)
        return
    for nombre in solo or ():
        if nombre not in FILAS:
            raise typer.BadParameter(
                f"no hay una falla «{nombre}»: «posta drill --lista» las muestra", param_hint="--solo"
            )
    plan = Plan(solo or list(FILAS), documentos, semilla, registros)
    sys.exit(run_drill(load_settings(), plan, as_json=as_json))

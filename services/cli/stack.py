"""Commands that run things: the whole stack, the demo, one service, and the doctor."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from services.cli.console import Json
from shared.settings import load_settings

run_app = typer.Typer(help="Ejecuta un servicio en primer plano.")


def up(
    sin_sandbox: Annotated[bool, typer.Option("--sin-sandbox", help="Sin el SII de pruebas.")] = False,
) -> None:
    """Levanta todo en esta máquina, en primer plano, hasta Ctrl-C."""
    from deploy.local.stack import up as run_up

    sys.exit(run_up(load_settings(), sandbox=not sin_sandbox))


def demo() -> None:
    """Emite 100 ventas de 5 terminales contra el SII de pruebas y muestra que todas llegan, una vez."""
    from deploy.local.demo import run_demo

    sys.exit(run_demo(load_settings()))


def doctor(
    as_json: Json = False,
    cuadratura: Annotated[
        bool, typer.Option("--cuadratura", help="Compara los conteos, los documentos y el libro de folios.")
    ] = False,
) -> None:
    """Dice qué falta en esta máquina y cómo conseguirlo."""
    from deploy.local.doctor import run_doctor

    if cuadratura:
        from services.cli.cuadratura import run_cuadratura

        sys.exit(run_cuadratura(as_json=as_json))

    sys.exit(run_doctor(en_json=as_json))


@run_app.command("emitter")
def run_emitter() -> None:
    """Recibe ventas y las convierte en documentos firmados."""
    from services.emitter.main import run

    sys.exit(run(load_settings()))


@run_app.command("sender")
def run_sender() -> None:
    """Entrega los documentos al SII."""
    from services.sender.main import run

    sys.exit(run(load_settings()))


@run_app.command("monitor")
def run_monitor() -> None:
    """Muestra en una página lo que ocurre."""
    from services.monitor.main import run

    sys.exit(run(load_settings()))


@run_app.command("sandbox")
def run_sandbox() -> None:
    """El SII en esta máquina, para pruebas."""
    from services.sandbox.main import run

    sys.exit(run(load_settings()))

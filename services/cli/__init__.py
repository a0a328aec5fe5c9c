"""`posta`: one command for operators, administrators and developers.

Thin: each command calls what does the work, and imports it only when it runs, so that `posta --help` is quick.
"""

from __future__ import annotations

import sys

import typer

from services.cli.admin import cert_app, emisor_app, terminal_app
from services.cli.alerts import alerts_app
from services.cli.auditoria import auditoria_app
from services.cli.bench import bench_app
from services.cli.caf import caf_app
from services.cli.console import EXIT_UNAVAILABLE
from services.cli.correo import intercambio_app
from services.cli.dlq import dlq_app
from services.cli.drill import drill
from services.cli.dte import dte_app
from services.cli.emit import emit
from services.cli.espanol import run
from services.cli.llave import llave_app
from services.cli.pausa import pausa_app
from services.cli.reconcile import reconcile
from services.cli.sandbox import sandbox_app
from services.cli.stack import demo, doctor, run_app, up
from services.cli.umbral import umbral_app
from services.cli.usuario import token_app, usuario_app
from shared.errors import Invalid, Misconfigured, PostaError, Unavailable, explain

app = typer.Typer(
    help="Posta: las ventas de muchas tiendas, entregadas al SII como documentos electrónicos.",
    no_args_is_help=True,
    add_completion=False,
)
for command in (up, demo, doctor, drill, emit, reconcile):
    app.command()(command)
for name, group in {
    "run": run_app,
    "emisor": emisor_app,
    "cert": cert_app,
    "caf": caf_app,
    "terminal": terminal_app,
    "dte": dte_app,
    "auditoria": auditoria_app,
    "usuario": usuario_app,
    "token": token_app,
    "llave": llave_app,
    "dlq": dlq_app,
    "pausa": pausa_app,
    "umbral": umbral_app,
    "intercambio": intercambio_app,
    "alerts": alerts_app,
    "sandbox": sandbox_app,
    "bench": bench_app,
}.items():
    app.add_typer(group, name=name, no_args_is_help=True)


def main() -> None:
    """Run a command; what Posta knows to be wrong becomes one clear message and an exit status."""
    try:
        sys.exit(run(app, "posta"))
    except Misconfigured as error:
        _fail(error, Misconfigured.EXIT_STATUS)
    except Unavailable as error:
        _fail(
            f"{error}\n¿Está en marcha? «posta up» levanta todo; las variables POSTA_… dicen dónde está",
            EXIT_UNAVAILABLE,
        )
    except Invalid as error:
        _fail("\n".join(map(str, error.fallas)), 1)
    except PostaError as error:
        _fail(error, 1)
    except OSError as error:
        _fail(f"«{error.filename}»: {explain(error)}" if error.filename else explain(error), 1)


def _fail(message: object, status: int) -> None:
    typer.secho(f"posta: {message}", fg="red", err=True)
    sys.exit(status)

"""Commands that pause a channel or a company: nothing of it goes to the SII until somebody ends the pause."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from services.cli.console import Json, Motivo, show_hora, show_rows, stack_settings
from shared.dte.tipos import Canal
from shared.messages import ClasePausa

if TYPE_CHECKING:
    from shared.administracion.pausas import PausaAdmin

T = TypeVar("T")

pausa_app = typer.Typer(help="Pausas: nada de un canal o de una empresa va al SII. Las ventas siguen.")

PorCanal = Annotated[Canal | None, typer.Option("--canal", help="El canal entero.")]
PorEmisor = Annotated[str | None, typer.Option("--emisor", metavar="RUT", help="Una empresa, por todos los canales.")]


def _with_pausas(work: Callable[[PausaAdmin], Coroutine[Any, Any, T]], motivo: str = "") -> T:
    from shared.administracion.main import open_pausas

    async def run() -> T:
        async with open_pausas(stack_settings(), motivo) as pausas:
            return await work(pausas)

    return asyncio.run(run())


def _choose(canal: Canal | None, emisor: str | None) -> tuple[ClasePausa, str]:
    match canal, emisor:
        case Canal(), None:
            return ClasePausa.CANAL, canal
        case None, str():
            return ClasePausa.EMISOR, emisor
        case _:
            raise typer.BadParameter("indique --canal, o --emisor: uno de los dos")


@pausa_app.command("poner")
def pausa_poner(canal: PorCanal = None, emisor: PorEmisor = None, motivo: Motivo = "") -> None:
    """Pausa un canal o una empresa: lo enviado se sigue consultando, y nada gasta intentos. Requiere --motivo."""
    clase, objeto = _choose(canal, emisor)
    pausa = _with_pausas(lambda pausas: pausas.pause(clase, objeto), motivo)
    typer.echo(f"En pausa {pausa.nombre}: los senders paran dentro de dos segundos")


@pausa_app.command("quitar")
def pausa_quitar(canal: PorCanal = None, emisor: PorEmisor = None, motivo: Motivo = "") -> None:
    """Quita una pausa: lo que se juntó sale solo, de a poco."""
    clase, objeto = _choose(canal, emisor)
    pausa = _with_pausas(lambda pausas: pausas.resume(clase, objeto), motivo)
    typer.echo(f"Ya no está en pausa {pausa.nombre}; lo estaba desde {show_hora(pausa.desde)}")


@pausa_app.command("list")
def pausa_list(as_json: Json = False) -> None:
    """Lo que está en pausa, desde cuándo, quién la puso y por qué."""
    rows = [
        {
            "clase": pausa.clase.value,
            "objeto": pausa.objeto,
            "desde": pausa.desde.isoformat() if as_json else show_hora(pausa.desde),
            "quien": pausa.quien,
            "motivo": pausa.motivo,
        }
        for pausa in _with_pausas(lambda pausas: pausas.list())
    ]
    show_rows(rows, as_json=as_json)

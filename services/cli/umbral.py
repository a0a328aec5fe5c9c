"""Commands about the thresholds of alerts: from when on somebody is told, changed while everything runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from services.cli.console import Json, Motivo, show_hora, show_rows, stack_settings
from shared.messages.umbral import Umbral

if TYPE_CHECKING:
    from shared.administracion.umbrales import UmbralAdmin

T = TypeVar("T")

umbral_app = typer.Typer(help="Umbrales: desde cuándo se avisa. Un cambio vale en segundos, sin reiniciar nada.")

Cual = Annotated[Umbral, typer.Argument(metavar="UMBRAL", help="Su nombre, como en «posta umbral list».")]


def _with_umbrales(work: Callable[[UmbralAdmin], Coroutine[Any, Any, T]], motivo: str = "") -> T:
    from shared.administracion.main import open_umbrales

    async def run() -> T:
        async with open_umbrales(stack_settings(), motivo) as umbrales:
            return await work(umbrales)

    return asyncio.run(run())


@umbral_app.command("list")
def umbral_list(as_json: Json = False) -> None:
    """Los umbrales: cuánto valen, su valor por defecto, y quién los cambió."""
    rows = [
        {
            "umbral": umbral.umbral.value,
            "valor": umbral.valor if as_json else f"{umbral.valor:g}",
            "defecto": umbral.defecto if as_json else f"{umbral.defecto:g}",
            "unidad": umbral.unidad.value,
            "quien": umbral.quien if as_json else umbral.quien or "",
            "momento": umbral.momento and umbral.momento.isoformat() if as_json else show_hora(umbral.momento),
        }
        for umbral in _with_umbrales(lambda umbrales: umbrales.list())
    ]
    show_rows(rows, as_json=as_json)


@umbral_app.command("set")
def umbral_set(
    umbral: Cual, valor: Annotated[int, typer.Argument(help="Un entero, en la unidad del umbral.")], motivo: Motivo = ""
) -> None:
    """Cambia un umbral, también mientras todo corre."""
    fijado = _with_umbrales(lambda umbrales: umbrales.change(umbral, valor), motivo)
    typer.echo(f"{fijado.nombre}: {fijado.valor:g} {fijado.unidad} (por defecto, {fijado.defecto:g})")


@umbral_app.command("reset")
def umbral_reset(umbral: Cual, motivo: Motivo = "") -> None:
    """Devuelve un umbral al valor de la configuración (POSTA_…)."""
    fijado = _with_umbrales(lambda umbrales: umbrales.reset(umbral), motivo)
    typer.echo(f"{fijado.nombre}: {fijado.valor:g} {fijado.unidad}, el valor por defecto")

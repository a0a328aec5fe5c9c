"""Watches a replay that a monitor carries on, and tells at its end what became of each document."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import typer

from services.monitor.replay import Informe
from shared.adapters.mongo.operaciones import EstadoOperacion, Operacion, Suerte

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from services.monitor.pausas import PausaVista
    from services.monitor.replay import Replay

_PAUSA = 0.5
_SIN_EJECUTOR = 6
"""Looks after which somebody is told that no monitor has taken the operation."""
_MALAS = (Suerte.RECHAZADO, Suerte.ESTACIONADO, Suerte.RETENIDO)


async def follow(replay: Replay, operacion: Operacion, *, as_json: bool) -> bool:
    """Show an operation's progress until it ends, then its report; whether all of it went well."""
    typer.echo(f"Operación {operacion.id}: {operacion.total} documentos", err=True)
    try:
        await _watch(replay, operacion)
    except asyncio.CancelledError:  # Ctrl-C
        typer.echo(f"Sigue su curso. «posta dlq operaciones {operacion.id}» la muestra,", err=True)
        typer.echo(f"«posta dlq stop {operacion.id}» la detiene.", err=True)
        raise
    informe = await replay.report(operacion.id)
    show_informe(informe, as_json=as_json)
    return not any(informe.cuentas.get(suerte) for suerte in _MALAS)


def show_informe(informe: Informe, *, as_json: bool) -> None:
    """What became of each document, for a person or for a program."""
    if as_json:
        typer.echo(informe.model_dump_json())
        return
    from rich.console import Console
    from rich.table import Table

    operacion = informe.operacion
    typer.echo(f"Operación {operacion.id}: {_estado(operacion)}")
    typer.echo(", ".join(f"{n} {suerte.value}" for suerte, n in sorted(informe.cuentas.items())))
    _tell_pausas(informe)
    table = Table("documento", "suerte", "causa", "glosa")
    for documento in informe.documentos:
        causa = documento.causa_nueva or (documento.causa if documento.suerte is Suerte.RETENIDO else "")
        table.add_row(documento.documento, documento.suerte, causa, documento.glosa)
    Console().print(table)
    rest = operacion.total - len(informe.documentos)
    if rest > 0:
        typer.echo(f"y {rest} documentos más: GET /api/operaciones/{operacion.id} del monitor")


def _tell_pausas(informe: Informe) -> None:
    """Why documents of an open operation do not go."""
    for pausa in informe.pausas:
        typer.echo(f"Detenidos: {pausa.nombre} en pausa, por {pausa.quien}: {pausa.motivo}", err=True)


def _estado(operacion: Operacion) -> str:
    if operacion.devueltas:
        return f"{operacion.estado}: volvió la causa {', '.join(operacion.devueltas)}; el resto sigue esperando"
    if operacion.detenida_por:
        return f"{operacion.estado} por {operacion.detenida_por}; el resto sigue esperando"
    return operacion.estado


async def _watch(replay: Replay, operacion: Operacion) -> None:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task, looks = progress.add_task("reenvío", total=operacion.total), 0
        told: tuple[PausaVista, ...] = ()
        while (informe := await replay.report(operacion.id, documentos=0)).operacion.abierta:
            looks = 0 if informe.operacion.ejecutor else looks + 1
            if told != informe.pausas:
                told = informe.pausas
                _tell_pausas(informe)
            if looks == _SIN_EJECUTOR:
                typer.echo("Ningún monitor la ha tomado todavía: «posta run monitor» arranca uno.", err=True)
            _show(progress, task, informe)
            await asyncio.sleep(_PAUSA)
        _show(progress, task, informe)


def _show(progress: Progress, task: TaskID, informe: Informe) -> None:
    malas = sum(informe.cuentas.get(suerte, 0) for suerte in _MALAS)
    text = "deteniendo" if informe.operacion.estado is EstadoOperacion.DETENIENDO else "reenvío"
    progress.update(task, completed=informe.hechos, description=f"{text}, {malas} mal" if malas else text)

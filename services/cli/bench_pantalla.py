"""What a person, or a program, sees of `posta bench deliver`: bars while it runs, then words or one JSON object.

And how every measurement that starts servers is run, and ended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.local.demo.run import INTERRUPTED
from deploy.local.stack import run_until_signalled
from services.cli.bench_deliver import Avance, Prueba, measure
from services.cli.bench_masa import measure_masa
from shared.settings import load_settings

T = TypeVar("T")

_PALABRAS = {
    "hilos_s": "Cinco hilos, un documento por envío (s)",
    "celery_s": "Celery con cinco puestos, un documento por tarea (s)",
    "posta_s": "Posta, desde las ventas (s)",
    "hilos_envios": "Envíos de los hilos",
    "celery_envios": "Envíos de Celery",
    "posta_envios": "Envíos de Posta",
    "razon_hilos": "Los hilos, en veces Posta",
    "razon_celery": "Celery, en veces Posta",
}
_DEFINICION = (
    "Desde que todos los documentos están entregados a quien envía"
    " hasta que tiene el número de seguimiento de cada uno."
)


def run_lado_a_lado(prueba: Prueba, *, as_json: bool) -> None:
    """All three ways, and their figures."""
    _run(lambda avance: _lado_a_lado(prueba, avance), _show_lado_a_lado, as_json=as_json)


def run_largo(documentos: int, *, cola: bool, as_json: bool) -> None:
    """A great many documents through Posta alone."""
    settings = load_settings()
    _run(lambda avance: measure_masa(settings, documentos, avance, cola=cola), _show_largo, as_json=as_json)


def parse_rango(texto: str) -> tuple[float, float]:
    """`2-5` or `3`: the two ends of a range of seconds."""
    hallado = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(?:-([0-9]+(?:\.[0-9]+)?))?", texto)
    if hallado is None or float(hallado[2] or hallado[1]) < float(hallado[1]):
        raise typer.BadParameter(f"--latencia {texto}: escriba segundos, de menor a mayor, como 2-5")
    return float(hallado[1]), float(hallado[2] or hallado[1])


async def _lado_a_lado(prueba: Prueba, avance: Avance) -> dict[str, Any]:
    return (await measure(load_settings(), prueba, avance)).to_json()


def _run(
    work: Callable[[Avance], Coroutine[Any, Any, dict[str, Any]]],
    show: Callable[[Console, Mapping[str, Any]], None],
    *,
    as_json: bool,
) -> None:
    """Do it, with Ctrl-C ending everything; the figures go to standard output and all else to standard error."""
    with _bars(Console(stderr=True, highlight=False), quiet=as_json) as avance:
        cifras = run_measurement(work(avance))
    if as_json:
        typer.echo(json.dumps(cifras))
    else:
        show(Console(highlight=False), cifras)


def run_measurement(work: Coroutine[Any, Any, T]) -> T:
    """What it gives. Ctrl-C and SIGTERM end its servers first, and then the command."""
    cifras: list[T] = []

    async def body() -> int:
        cifras.append(await work)
        return 0

    status = run_until_signalled(body(), Console(stderr=True, highlight=False), cancelled=INTERRUPTED)
    if status:
        raise typer.Exit(status)
    return cifras[0]


@contextmanager
def _bars(console: Console, *, quiet: bool) -> Iterator[Avance]:
    """One bar for each thing that advances, from when it is first heard of."""
    columns = (TextColumn("{task.description:>14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet) as progress:
        bars: dict[str, TaskID] = {}

        def show(nombre: str, hechos: int, total: int) -> None:
            if nombre not in bars:
                bars[nombre] = progress.add_task(nombre, total=total)
            progress.update(bars[nombre], completed=hechos)

        yield show


def _show_lado_a_lado(console: Console, cifras: Mapping[str, Any]) -> None:
    console.print(_DEFINICION, "Posta recibe las ventas; los otros, documentos ya firmados.")
    for nombre, palabras in _PALABRAS.items():
        console.print(f"{palabras:<60} {cifras[nombre]:>10,}")


def _show_largo(console: Console, cifras: Mapping[str, Any]) -> None:
    """The run in pieces, what the tills saw, and the books, which agree or it would not come to this."""
    tabla = Table(title="La corrida, por tramos", title_justify="left")
    for titulo in (
        "hasta (s)",
        "vendidos/s",
        "recibidos/s",
        "recibidos",
        "envíos",
        "en cola",
        "disco (MB)",
        "memoria (MB)",
    ):
        tabla.add_column(titulo, justify="right")
    for tramo in cifras["tramos"]:
        memoria = " ".join(f"{nombre} {megas}" for nombre, megas in sorted(tramo["memoria_mb"].items()))
        campos = ("segundos", "vendidos_ps", "recibidos_ps", "recibidos", "envios", "en_cola", "disco_mb")
        tabla.add_row(*(f"{tramo[campo]:,}" for campo in campos), memoria)
    console.print(tabla)
    for parte, ventas in cifras["ventas"].items():
        palabras = parte.replace("_", " ").replace("decimo", "décimo")
        tiempos = f"p50 {ventas['p50_ms']} ms, p99 {ventas['p99_ms']} ms"
        console.print(f"Ventas, {palabras}: {ventas['por_segundo']:,} por segundo, {tiempos}")
    if "llena" in cifras:
        console.print(f"En cola al volver el SII: {cifras['llena']['en_cola']:,}; vaciada en {cifras['vaciado_s']:,} s")
    console.print(f"Cuadra: {json.dumps(cifras['cuadratura'], ensure_ascii=False)}", soft_wrap=True)

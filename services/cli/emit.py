"""`posta emit`: the sales in files become documents; an interrupted run is repeated, and nothing is issued twice."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.console import EXIT_UNAVAILABLE, Json, stack_settings
from shared.errors import Invalid
from shared.settings import read_secret

if TYPE_CHECKING:
    from services.cli.emit_entradas import Entrada
    from services.cli.emit_informe import Informe, Salida
    from services.emitter.client import PosClient

EXIT_FALLIDOS = 1
EXIT_INTERRUMPIDO = 130


def emit(
    rutas: Annotated[
        list[Path],
        typer.Argument(
            metavar="ARCHIVO...", exists=True, help="Una venta (.json), muchas (.ndjson, .csv), o una carpeta de éstos."
        ),
    ],
    *,
    llave_file: Annotated[Path, typer.Option("--llave-file", exists=True, help="Archivo con la llave del terminal.")],
    clave: Annotated[
        str | None, typer.Option(help="Clave de idempotencia de una sola venta; por omisión, la de su contenido.")
    ] = None,
    lote: Annotated[
        str | None,
        typer.Option(help="Entra en las claves en lugar del nombre del archivo: con otro nombre, son otras ventas."),
    ] = None,
    salida: Annotated[
        Path | None,
        typer.Option(help="Archivo NDJSON de resultados: se agrega lo nuevo, y se omite lo que ya tiene documento."),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Dirección del emisor; por omisión, el de esta instalación.")] = None,
    as_json: Json = False,
) -> None:
    """Emite documentos, como lo haría un POS. Una corrida interrumpida se repite tal cual: nada sale dos veces."""
    from services.cli.emit_entradas import find_archivos, read_entradas
    from services.emitter.client import PosClient

    archivos = find_archivos(rutas)
    settings = stack_settings()
    pos = PosClient(
        url or f"http://{settings.emitter_host}:{settings.emitter_port}", read_secret(llave_file, "--llave-file")
    )
    una_sola = len(rutas) == 1 and rutas[0].suffix.lower() == ".json" and salida is None
    if una_sola:
        [entrada] = read_entradas(archivos, lote)
        asyncio.run(_emit_one(pos, entrada, clave))
        return
    if clave is not None:
        raise typer.BadParameter("es para una sola venta; ponga «clave» en cada una", param_hint="--clave")
    raise typer.Exit(_emit_many(pos, archivos, lote, salida, as_json=as_json))


async def _emit_one(pos: PosClient, entrada: Entrada, clave: str | None) -> None:
    if entrada.fallas:
        raise Invalid(*entrada.fallas)
    from services.emitter.client import SinFolios

    try:
        async with pos:
            documento = await pos.emit(entrada.venta, clave or entrada.clave)
    except SinFolios as error:  # which is no silence of the emitter's: another status, and another remedy
        typer.secho(f"posta: {error}", fg="red", err=True)
        raise typer.Exit(EXIT_FALLIDOS) from error
    typer.echo(json.dumps(documento.model_dump(mode="json"), ensure_ascii=False, indent=2))


def _emit_many(pos: PosClient, archivos: list[Path], lote: str | None, archivo: Path | None, *, as_json: bool) -> int:
    """Issue everything, and give the exit status."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from services.cli.emit_entradas import count_entradas, read_entradas
    from services.cli.emit_informe import Informe, Salida

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    hidden = as_json or not console.is_terminal
    with Salida(archivo) as salida, Progress(*columns, console=console, disable=hidden) as progress:
        informe = Informe(salida, progress, count_entradas(archivos))
        status = asyncio.run(_until_interrupted(pos, read_entradas(archivos, lote), salida, informe))
    _show(informe.sum_up(), as_json=as_json)
    return status


async def _until_interrupted(pos: PosClient, entradas: Iterator[Entrada], salida: Salida, informe: Informe) -> int:
    from services.emitter.client import SinRespuesta

    try:
        async with pos:
            await _emit_all(pos, entradas, salida, informe)
    except SinRespuesta as error:
        informe.say(f"posta: {error}. Repita la misma orden: sigue donde quedó, y nada sale dos veces")
        return EXIT_UNAVAILABLE
    except asyncio.CancelledError:  # Ctrl-C
        informe.say("posta: interrumpido. Repita la misma orden: sigue donde quedó, y nada sale dos veces")
        return EXIT_INTERRUMPIDO
    return EXIT_FALLIDOS if informe.fallidos else 0


async def _emit_all(pos: PosClient, entradas: Iterator[Entrada], salida: Salida, informe: Informe) -> None:
    from services.emitter.client import SinRespuesta

    enviadas: deque[Entrada] = deque()

    def to_send() -> Iterator[tuple[str, Mapping[str, Any]]]:
        for entrada in entradas:
            if entrada.fallas:
                informe.refuse(entrada, Invalid(*entrada.fallas))
            elif entrada.clave in salida.hechas:
                informe.skip()
            else:
                enviadas.append(entrada)
                yield entrada.clave, entrada.venta

    async for resultado in pos.emit_lote(to_send()):
        if isinstance(resultado.error, SinRespuesta):
            raise resultado.error
        informe.add(enviadas.popleft(), resultado)


def _show(suma: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(suma, ensure_ascii=False))
        return
    typer.echo(
        f"{suma['emitidos']} emitidos, {suma['repetidos']} que ya lo estaban, {suma['omitidos']} omitidos, "
        f"{suma['fallidos']} con errores, en {suma['segundos']} s ({suma['por_segundo']} por segundo)"
    )
    if suma["repetidos"]:
        typer.secho(
            "posta: aviso: si las que ya estaban emitidas son ventas nuevas con el mismo contenido, "
            "deles su «clave», o use --lote con otro nombre",
            fg="yellow",
            file=sys.stderr,
        )

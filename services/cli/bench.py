"""`posta bench`: how fast the parts are on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

import typer

from services.cli.console import Json
from shared.settings import load_settings

bench_app = typer.Typer(help="Cuán rápido es cada parte en esta máquina.")


@bench_app.callback()
def bench() -> None:
    """Cuán rápido es cada parte en esta máquina."""


@bench_app.command("firma")
def bench_firma(as_json: Json = False) -> None:
    """Construir, timbrar y firmar una boleta de cinco líneas en un hilo, y lo mismo con otros programas."""
    from services.cli.bench_firma import measure

    cifras = measure(lambda palabras: typer.secho(f"posta: aviso: {palabras}", fg="yellow", err=True)).to_json()
    if as_json:
        typer.echo(json.dumps(cifras))
        return
    _show(cifras, _FIRMA)


@bench_app.command("emit")
def bench_emit(
    as_json: Json = False,
    solas: Annotated[int, typer.Option(min=2, help="Ventas de a una.")] = 500,
    segundos: Annotated[int, typer.Option(min=1, help="Duración de la carga de 100 ventas por segundo.")] = 60,
    maximo: Annotated[int, typer.Option(min=1, help="Ventas a toda velocidad.")] = 6_000,
    lote: Annotated[int, typer.Option(min=1, help="Ventas en un solo lote.")] = 10_000,
) -> None:
    """El emisor con todos sus servidores en esta máquina: latencia, máximo, lote, memoria y el costo de sus partes."""
    from services.cli.bench_emit import Tamano, measure
    from services.cli.bench_pantalla import run_measurement

    tamano = Tamano(solas, segundos, maximo, lote)
    work = measure(load_settings(), tamano, lambda palabras: typer.echo(f"posta: {palabras}…", err=True))
    cifras = run_measurement(work)
    if as_json:
        typer.echo(json.dumps(cifras.to_json()))
    else:
        _show(cifras.to_json(), _EMIT)


@bench_app.command("deliver")
def bench_deliver(
    *,
    as_json: Json = False,
    documentos: Annotated[int, typer.Option(min=1, help="Documentos que se entregan.")] = 100,
    latencia: Annotated[str, typer.Option(help="Segundos que el SII de pruebas demora cada envío, como 2-5.")] = "2-5",
    semilla: Annotated[int, typer.Option(help="Semilla de esas demoras, la misma para todos.")] = 2026,
    rapido: Annotated[bool, typer.Option("--rapido", help="Sólo Posta, con un SII que responde al instante.")] = False,
    cola: Annotated[
        int | None, typer.Option(min=10, help="Sólo Posta: se emiten tantos con el SII caído, que después vuelve.")
    ] = None,
) -> None:
    """Entregar facturas al SII de pruebas: cinco hilos, Celery y Posta; o muchos documentos, sólo con Posta.

    Se mide desde que todos los documentos están entregados a quien envía hasta que tiene el número de seguimiento
    (track id) de cada uno. Los hilos y Celery reciben documentos ya firmados; Posta recibe las ventas.
    """
    from services.cli.bench_deliver import Prueba
    from services.cli.bench_pantalla import parse_rango, run_lado_a_lado, run_largo

    if cola is not None or rapido:
        run_largo(cola or documentos, cola=cola is not None, as_json=as_json)
    else:
        run_lado_a_lado(Prueba(documentos, parse_rango(latencia), semilla), as_json=as_json)


@bench_app.command("panel")
def bench_panel(
    as_json: Json = False,
    documentos: Annotated[int, typer.Option(min=1_000, help="Documentos en la base.")] = 5_000_000,
) -> None:
    """El panel y la primera página de la lista, con 50.000 documentos y con muchos más, y lo que costaría contarlos."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from services.cli.bench_panel import measure
    from services.cli.bench_pantalla import run_measurement

    columns = ("Documentos", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=documentos)
        cifras = run_measurement(measure(load_settings(), documentos, lambda n: progress.advance(task, n)))
    if as_json:
        typer.echo(json.dumps(cifras))
    else:
        _show(cifras, _PANEL)


def _show(cifras: Mapping[str, float | None], palabras: Mapping[str, str]) -> None:
    for nombre, descripcion in palabras.items():
        cifra = cifras[nombre]
        typer.echo(f"{descripcion:<68} {'sin medir' if cifra is None else f'{cifra:,.2f}':>12}")


_EMIT = {
    "limite_ms": "Límite: una firma, un timbre, una inserción y una vuelta HTTP (ms)",
    "solo_p50_ms": "Una venta a la vez, mediana (ms)",
    "solo_p99_ms": "Una venta a la vez, percentil 99 (ms)",
    "razon_solo": "Mediana de una venta sola, en límites",
    "carga100_p50_ms": "Con 100 ventas por segundo, mediana (ms)",
    "carga100_p99_ms": "Con 100 ventas por segundo, percentil 99 (ms)",
    "razon_carga": "Percentil 99 con 100 por segundo, en límites",
    "firma_dps": "Sólo construir y firmar, en todos los núcleos (por segundo)",
    "max_dps": "Ventas por segundo, como máximo",
    "razon_firma": "Máximo, en veces sólo firmar",
    "lote_dps": "Ventas por segundo, en lote",
    "razon_lote": "En lote, en veces sólo firmar",
    "publicacion_s": "Hasta que todo quedó publicado, después de la última respuesta (s)",
    "memoria_inicio_mb": "Memoria del emisor después de las primeras ventas (MB)",
    "memoria_mb": "Memoria del emisor, lo más que tuvo (MB)",
}
_PANEL = {
    "panel_base_ms": "El panel, con 50.000 documentos (ms)",
    "panel_ms": "El panel, con todos (ms)",
    "lista_base_ms": "Primera página de la lista, con 50.000 documentos (ms)",
    "lista_ms": "Primera página de la lista, con todos (ms)",
    "lectura_base_ms": "Lo que el panel lee de los conteos, con 50.000 documentos (ms)",
    "lectura_ms": "Lo que el panel lee de los conteos, con todos (ms)",
    "ingenuo_ms": "Contar todos los documentos (ms)",
}
_FIRMA = {
    "dps": "Boletas por segundo",
    "dps_timbre": "Boletas por segundo, con la imagen PNG del timbre",
    "openssl": "Firmas RSA-2048 por segundo (openssl speed)",
    "razon_openssl": "Boletas por cada firma de openssl",
    "par": "facturacion_electronica, sin imagen",
    "par_timbre": "facturacion_electronica, con imagen",
    "par_llave_en_memoria": "facturacion_electronica, sin imagen y con su llave leída una vez",
    "razon_par": "Veces facturacion_electronica, sin imagen",
    "razon_par_timbre": "Veces facturacion_electronica, con imagen",
    "razon_par_llave_en_memoria": "Veces facturacion_electronica con su llave leída una vez",
}

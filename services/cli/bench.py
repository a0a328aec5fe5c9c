"""`posta bench`: how fast the parts are on this machine."""

from __future__ import annotations

import json

import typer

from services.cli.console import Json

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
    for nombre, palabras in _PALABRAS.items():
        cifra = cifras[nombre]
        typer.echo(f"{palabras:<68} {'sin medir' if cifra is None else f'{cifra:,.2f}':>12}")


_PALABRAS = {
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

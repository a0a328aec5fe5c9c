"""`posta dte print`: a signed document, or an envelope's, for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from services.cli.console import Entrada, read_entrada, write_salida

if TYPE_CHECKING:
    from shared.dte.impresion import Formato, Resolucion

_Dibujar = Callable[[bytes], bytes]


def print_dte(
    archivo: Entrada,
    *,
    salida: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Archivo que se escribe: .pdf o .html (el documento); .png o .svg (sólo su timbre, no la página).",
        ),
    ],
    formato: Annotated[Literal["carta", "80mm"], typer.Option(help="Papel.")] = "carta",
    cedible: Annotated[bool, typer.Option("--cedible", help="La copia cedible, de los tipos que la tienen.")] = False,
    resolucion: Annotated[int | None, typer.Option(min=0, help="Número de la resolución del SII.")] = None,
    fecha_resolucion: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="AAAA-MM-DD", help="Fecha de la resolución.")
    ] = None,
    oficina: Annotated[str | None, typer.Option(help="Unidad del SII del emisor; por omisión, su comuna.")] = None,
) -> None:
    """Dibuja un documento firmado, o todos los de un sobre: PDF o HTML; o sólo el timbre de un documento: PNG o SVG.

    Sin --resolucion se usa la del sobre; si el archivo es un documento suelto, la 0 del año de su CAF.
    """
    from shared.dte.impresion import Formato

    dibujos = _drawings(Formato(formato), _read_resolucion(resolucion, fecha_resolucion), oficina, cedible=cedible)
    dibujar = dibujos.get(salida.suffix.lower())
    if dibujar is None:
        raise typer.BadParameter(f"«{salida.name}»: use la extensión {', '.join(dibujos)}", param_hint="--output")
    datos = dibujar(read_entrada(archivo))
    write_salida(salida, datos)
    typer.echo(f"{salida} ({len(datos)} bytes)")


def _read_resolucion(numero: int | None, fecha: datetime | None) -> Resolucion | None:
    from shared.dte.impresion import Resolucion

    if (numero is None) != (fecha is None):
        raise typer.BadParameter("--resolucion y --fecha-resolucion van juntas")
    return Resolucion(numero, fecha.date()) if numero is not None and fecha is not None else None


def _drawings(
    formato: Formato, resolucion: Resolucion | None, oficina: str | None, *, cedible: bool
) -> Mapping[str, _Dibujar]:
    """By the extension of the file that is asked for."""
    from shared.dte.impresion import render_html, render_pdf, timbre_png, timbre_svg

    return {
        ".pdf": lambda xml: render_pdf(xml, formato, resolucion=resolucion, cedible=cedible, oficina=oficina),
        ".html": lambda xml: render_html(
            xml, formato, resolucion=resolucion, cedible=cedible, oficina=oficina
        ).encode(),
        ".png": lambda xml: timbre_png(xml, formato),
        ".svg": lambda xml: timbre_svg(xml, formato).encode(),
    }

"""`posta doctor --cuadratura`: every book against the others, and which folios do not agree."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from services.cli.console import stack_settings

if TYPE_CHECKING:
    from services.monitor.descuadre import Informe


def run_cuadratura(*, as_json: bool) -> int:
    """Compare and say it; 0 when all agrees, else 1. Unavailable when MongoDB is away."""
    from services.monitor.main import compare_books

    informe = asyncio.run(compare_books(stack_settings()))
    if as_json:
        typer.echo(json.dumps({"cuadra": informe.cuadra, **asdict(informe)}, ensure_ascii=False))
    else:
        for line in _lines(informe):
            typer.echo(line)
    return 0 if informe.cuadra else 1


def _lines(informe: Informe) -> Iterator[str]:
    for diferencia in informe.conteos:
        origen, lugar = diferencia.casilla
        place = f"{origen.emisor}, tipo {origen.tipo}, {origen.dia}, {' '.join(filter(None, lugar))}"
        yield f"Conteo de {place}: dice {diferencia.contados}, hay {diferencia.hay}; {_name(diferencia.folios)}"
    for descuadre in informe.folios:
        if descuadre.faltan:
            yield f"CAF {descuadre.caf}: {descuadre.faltan} sin documento; {_name(descuadre.sin_documento)}"
        if descuadre.sobran:
            yield f"CAF {descuadre.caf}: {descuadre.sobran} sin entregar por el libro; {_name(descuadre.sin_entregar)}"
    yield (
        f"Cuadra: {informe.documentos} documentos" if informe.cuadra else f"No cuadra: {informe.documentos} documentos"
    )


def _name(folios: Sequence[int]) -> str:
    return f"folios {', '.join(map(str, folios))}" if folios else "ningún folio"

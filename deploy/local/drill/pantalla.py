"""What a person sees of a drill: each fault as it is over, a bar meanwhile, a table at the end."""

from __future__ import annotations

from typing import Self

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.local.drill.resultado import Balance, Resultado

_COLUMNAS = ("docs", "perd.", "dobles", "folios", "abiertos", "recup.", "")
"""Documents, lost, twice at the SII, folios given twice, without an end; recovered in; verdict."""
_FALLOS = 20
"""Findings of one fault that are shown."""


class Pantalla:
    """Use it as a context manager."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        columns = (BarColumn(bar_width=30), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, TextColumn("{task.description}"), console=console)
        self._bar = self._progress.add_task("", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def start(self, que: str) -> None:
        self._progress.update(self._bar, description=que)

    def finish(self, resultado: Resultado) -> None:
        """One line for it, and what was wrong."""
        self._progress.update(self._bar, advance=1, description="")
        mark, style = _verdict(resultado)
        line = f"{mark} {resultado.nombre:<20} {_seconds(resultado.recuperado_en):>8}  {resultado.que}"
        self._console.print(line, style=style, markup=False, soft_wrap=True)
        for line in [*map(str, resultado.hallazgos), *resultado.inesperado][:_FALLOS]:
            self._console.print(f"    {line}", style="red", markup=False, soft_wrap=True)


def show_balance(console: Console, balance: Balance) -> None:
    """The table, and whether all invariants held."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("falla", no_wrap=True)
    for column in _COLUMNAS:
        table.add_column(column, justify="right", no_wrap=True)
    for resultado in balance.resultados:
        mark, style = _verdict(resultado)
        table.add_row(resultado.nombre, *_figures(resultado), mark, style=None if resultado.ok else style)
    console.print(table)
    if balance.ok:
        console.print(f"Todas las invariantes se cumplen tras cada falla ({_seconds(balance.segundos)})", style="green")
    else:
        broken = {h.invariante for one in balance.resultados for h in one.hallazgos}
        names = [f"{invariante:d} ({invariante.nombre})" for invariante in sorted(broken)]
        console.print(f"No se cumple: {', '.join(names) or 'lo que debía pasar'}", style="bold red")


def _figures(resultado: Resultado) -> list[str]:
    saldo = resultado.saldo
    if saldo is None:
        return [""] * 6
    counts = (saldo.documentos, saldo.perdidos, saldo.duplicados_sii, saldo.folios_repetidos, saldo.sin_terminar)
    return [*map(str, counts), _seconds(resultado.recuperado_en)]


def _verdict(resultado: Resultado) -> tuple[str, str]:
    return ("✔", "green") if resultado.ok else ("✘", "red")


def _seconds(seconds: float | None) -> str:
    return "nunca" if seconds is None else f"{seconds:.1f} s".replace(".", ",")

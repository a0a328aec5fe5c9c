"""What a person sees of the demo: three bars while it runs, a table at its end."""

from __future__ import annotations

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.local.demo.audit import Audit
from deploy.local.demo.outcome import Outcome
from deploy.local.demo.progress import Counts


class Bars:
    """Emitted, sent, accepted, of a known total. Use it as a context manager."""

    def __init__(self, console: Console, total: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description:>10}"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._bars: dict[str, TaskID] = {
            name: self._progress.add_task(name, total=total) for name in ("emitidos", "enviados", "aceptados")
        }

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, counts: Counts) -> None:
        for name, bar in self._bars.items():
            self._progress.update(bar, completed=getattr(counts, name))


def show_summary(console: Console, outcome: Outcome, audit: Audit) -> None:
    """The figures, and each thing that was checked."""
    table = Table(title="Lo que pasó", title_justify="left", show_header=False)
    for name, value in outcome.as_dict().items():
        table.add_row(name.replace("_", " "), f"{value}")
    console.print(table)
    for check in audit.checks:
        mark, style = ("✔", "green") if check.holds else ("✘", "red")
        console.print(f"{mark} {check.statement}", style=style)

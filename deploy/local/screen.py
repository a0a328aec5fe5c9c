"""What the processes of the stack say, where a person reads it: name, line, colour; or in files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLORS = {"sandbox": "magenta", "emitter": "cyan", "sender": "green", "monitor": "blue"}
_LEVEL = re.compile(r"\[(warning|error|critical)\s*\]|\"level\": \"(warning|error|critical)\"")
_STYLES = {"warning": "yellow", "error": "red", "critical": "bold red"}


def screen_echo(console: Console) -> Callable[[str, str], None]:
    """Prints each line behind the name of its process; warnings and errors stand out."""

    def echo(nombre: str, line: str) -> None:
        found = _LEVEL.search(line)
        style = _STYLES[found[1] or found[2]] if found else ""
        text = Text.assemble((f"{nombre:>8} │ ", COLORS.get(nombre, "white")), (line, style))
        console.print(text, soft_wrap=True)

    return echo


def file_echo(carpeta: Path) -> Callable[[str, str], None]:
    """Writes the lines of each process to a file of its own, `<name>.log` in `carpeta`."""
    carpeta.mkdir(parents=True, exist_ok=True)

    def echo(nombre: str, line: str) -> None:
        with (carpeta / f"{nombre}.log").open("a", encoding="utf-8") as log:
            log.write(line + "\n")

    return echo

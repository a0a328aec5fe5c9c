"""Commands that texts name, held against those that there are."""

from __future__ import annotations

import re
from functools import cache

from typer.main import get_command

from services.cli import app

_NAMED = re.compile(r"«posta ([a-z]+)(?: ([a-z]+))?")


def missing_commands(texto: str) -> list[str]:
    """The commands in «posta …» that nobody could type."""
    there = _posta()
    missing = []
    for first, second in _NAMED.findall(" ".join(texto.split())):
        if first not in there:
            missing.append(f"posta {first}")
        elif second and second not in (_commands_of(there[first]) or {second: None}):
            missing.append(f"posta {first} {second}")
    return missing


@cache
def _posta() -> dict[str, object]:
    return _commands_of(get_command(app))


def _commands_of(command: object) -> dict[str, object]:
    """Of a group; none of a command that stands alone."""
    found: dict[str, object] = getattr(command, "commands", {})
    return found

"""What a person is told to type exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.comandos import missing_commands

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("services", "shared", "deploy")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".html", ".js", ".md", ".yaml"}
)


def test_every_command_that_a_message_names_exists() -> None:
    named = {str(path.relative_to(ROOT)): missing_commands(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {path: missing for path, missing in named.items() if missing} == {}
    assert len(SOURCES) > 100


@pytest.mark.parametrize("command", ["cert import", "nada"])
def test_a_command_that_nobody_has_is_noticed(command: str) -> None:
    assert missing_commands(f"póngalo con «posta {command} archivo» y siga") == [f"posta {command}"]

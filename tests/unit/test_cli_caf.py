"""Commands for folios that are typed wrongly: they say what to type, and ask nothing of the database."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from services.cli.caf import caf_app


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("assign 77123456-9-39-1", "--libre"),
        ("assign 77123456-9-39-1 --libre --tienda Centro", "--libre"),
        ("void 77123456-9-39-1 cinco --motivo m", "15-20"),
        ("void 77123456-9-39-1 5-x --motivo m", "15-20"),
        ("void 77123456-9-39-1 5", "--motivo"),
        ("import", "ARCHIVO"),
    ],
)
def test_a_wrong_command_says_what_to_type(command: str, words: str) -> None:
    said = CliRunner().invoke(caf_app, command.split())
    assert said.exit_code == 2
    assert words in said.output

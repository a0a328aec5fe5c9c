"""A demo run whose sender is killed in the middle."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
from rich.console import Console

from deploy.local.cuenta import create_reader_token
from deploy.local.demo.run import demo_stack, run_sales
from deploy.local.demo.sales import make_sales
from deploy.local.stack import Stack
from shared.settings import Settings
from tests.conditions import eventually


async def test_a_sender_killed_in_the_middle_of_an_upload_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    settings = Settings.model_validate({"latido": "PT0.5S", "latido_vencido": "PT3S"})
    output = io.StringIO()

    async with demo_stack(settings, tmp_path) as stack:
        outcome, audit = await stack.supervisor.during(
            run_sales(stack, make_sales(80, 20), Console(file=output), meanwhile=kill_sender_while_it_uploads)
        )

    assert [check.statement for check in audit.checks if not check.holds] == []
    assert (outcome.emitidos, outcome.aceptados) == (100, 100)
    assert (outcome.perdidos, outcome.duplicados_sii) == (0, 0)
    assert "terminó con estado -9" in (tmp_path / "log" / "sender.log").read_text(encoding="utf-8")


async def kill_sender_while_it_uploads(stack: Stack) -> None:
    known = {"Authorization": f"Bearer {await create_reader_token(stack.settings)}"}
    async with httpx.AsyncClient() as http:

        async def uploading() -> bool:
            stats = (await http.get(f"{stack.addresses['monitor']}/api/stats", headers=known)).json()
            return bool(stats["estados"]["enviando"])

        await eventually(uploading)
    stack.supervisor.kill("sender")

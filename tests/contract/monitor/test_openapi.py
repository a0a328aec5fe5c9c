"""The monitor keeps its OpenAPI document: schemathesis asks what it allows, and what it does not."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import httpx

from shared.dte.tipos import TipoDte
from shared.settings import Settings
from tests.integration.monitor.papeles import send_and_park, store_signed
from tests.integration.monitor.servicio import address_of, create_token, monitor_running
from tests.integration.monitor.tienda import Tienda

CONFIG = Path(__file__).with_name("schemathesis.toml")


async def test_the_monitor_keeps_its_contract(settings: Settings, tmp_path: Path) -> None:
    tienda = await Tienda(settings).open()
    await tienda.accept(await tienda.sell(3))
    await send_and_park(tienda.store, await store_signed(tienda.store, TipoDte.FACTURA, 7, "factura_simple"))
    await tienda.close()
    async with monitor_running(settings) as client:
        esquema = await _write_esquema(client, tmp_path / "openapi.json")
        token = await create_token(settings)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", "--no-color"),
            *("-H", f"Authorization: Bearer {token}", "--phases", "examples,coverage"),
            *("--url", address_of(settings), str(esquema)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=tmp_path,
            env={**os.environ},
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()


async def _write_esquema(client: httpx.AsyncClient, path: Path) -> Path:
    answer = await client.get("/openapi.json")
    await asyncio.to_thread(path.write_bytes, answer.content)
    return path

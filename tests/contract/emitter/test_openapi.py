"""The emitter keeps its OpenAPI document: schemathesis asks all that it allows and much that it does not."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from shared.administracion.main import open_admin
from shared.dte.tipos import TipoDte
from shared.settings import Settings
from tests.emitter_world import create_world, import_folios, open_store, running_emitter
from tests.invariants import check_folios

TOKEN = "t" * 40
ROOT = Path(__file__).parents[3]
COMMAND = ["--config-file", str(Path(__file__).with_name("schemathesis.toml")), "run", "--no-color"]
EJEMPLOS = "25"
"""Requests of the fuzzing phase for each operation, beside all of the coverage phase: half a minute in all."""


async def test_the_emitter_keeps_its_contract(settings: Settings, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN, encoding="ascii")
    world = await create_world(settings.model_copy(update={"admin_token_file": token}), boletas=3000, facturas=3000)
    async with open_admin(world.settings) as admin:
        for tipo in set(TipoDte) - {TipoDte.BOLETA, TipoDte.FACTURA}:
            await import_folios(admin, tipo, 1, 3000)
    llave = f"Authorization: Bearer {world.llave}"
    async with running_emitter(world), open_store(world.settings) as store:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", *COMMAND, "-H", llave, "-n", EJEMPLOS),
            *("--phases", "examples,coverage,fuzzing", f"{world.url}/openapi.json"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PRUEBA_TOKEN": TOKEN},
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
        assert (await check_folios(store)).usados > 0, "some of what was asked became documents"

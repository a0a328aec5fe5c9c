"""`posta bench panel` as a command: its figures are there, and its stack is gone."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path


async def test_the_panel_is_measured_over_documents_of_its_own(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "bench", "panel", "--documentos", "2000", "--json"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    out, _ = await child.communicate()
    cifras = json.loads(out)
    assert child.returncode == 0
    assert cifras["documentos"] == 2_000
    wanted = {"panel_base_ms", "panel_ms", "lista_base_ms", "lista_ms", "ingenuo_ms"}
    assert all(cifras[name] > 0 for name in wanted)

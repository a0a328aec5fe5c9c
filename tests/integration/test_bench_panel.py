"""`posta bench panel` as a command: its figures are there, and its stack is gone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path

from tests.conditions import eventually
from tests.processes import processes_naming


async def start_bench(carpeta: Path) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "bench", "panel", "--documentos", "2000", "--json"),
        cwd=carpeta,
        env=os.environ | {"TMPDIR": str(carpeta)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


def left_of_stacks(carpeta: Path) -> list[Path]:
    return list(carpeta.glob("posta-bench-*"))


async def test_the_panel_is_measured_over_documents_of_its_own(tmp_path: Path) -> None:
    bench = await start_bench(tmp_path)
    out, _ = await bench.communicate()
    cifras = json.loads(out)
    assert bench.returncode == 0
    assert cifras["documentos"] == 2_000
    wanted = {"panel_base_ms", "panel_ms", "lista_base_ms", "lista_ms", "ingenuo_ms"}
    assert all(cifras[name] > 0 for name in wanted)


async def test_a_signal_to_end_leaves_neither_servers_nor_files(tmp_path: Path) -> None:
    bench = await start_bench(tmp_path)

    async def servers_run() -> bool:
        return not set(processes_naming(tmp_path)).isdisjoint(processes_naming("--replSet"))

    await eventually(servers_run, 120)
    bench.send_signal(signal.SIGTERM)
    await bench.communicate()
    assert bench.returncode == 130
    assert processes_naming(tmp_path) == []
    assert left_of_stacks(tmp_path) == []

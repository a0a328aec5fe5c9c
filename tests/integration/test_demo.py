"""The demo as a person runs it: with a terminal it stays, without one it ends; in both cases it leaves nothing."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

import httpx

from tests.conditions import eventually
from tests.processes import processes_naming

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from deploy.local.demo import run_demo
from shared.settings import load_settings
sys.exit(run_demo(load_settings(), boletas=4, facturas=2))
"""
KEYS = [
    *("emitidos", "aceptados", "rechazados", "perdidos", "duplicados_sii", "envios"),
    *("segundos_pos_p50", "segundos_pos_p99", "segundos_total"),
]


async def start_demo(carpeta: Path, stdin: int) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM),
        cwd=ROOT,
        env=os.environ | {"POSTA_CARPETA": str(carpeta), "COLUMNS": "200"},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def check_outcome(last_line: str) -> None:
    outcome: dict[str, Any] = json.loads(last_line)
    assert list(outcome) == KEYS
    assert (outcome["emitidos"], outcome["aceptados"]) == (6, 6)
    assert (outcome["rechazados"], outcome["perdidos"], outcome["duplicados_sii"]) == (0, 0, 0)
    assert 2 <= outcome["envios"] <= 6


async def test_without_a_terminal_it_proves_every_sale_ends_and_leaves_nothing(tmp_path: Path) -> None:
    demo = await start_demo(tmp_path, subprocess.DEVNULL)
    output, _ = await demo.communicate()

    assert demo.returncode == 0, output.decode()
    check_outcome(output.decode().splitlines()[-1])
    assert "✘" not in output.decode()
    assert processes_naming(tmp_path) == []


async def test_with_a_terminal_the_monitor_stays_until_ctrl_c(tmp_path: Path) -> None:
    terminal, stdin = pty.openpty()
    demo = await start_demo(tmp_path, stdin)
    os.close(stdin)
    assert demo.stdout is not None
    lines = []
    while line := (await demo.stdout.readline()).decode():
        lines.append(line)
        if line.startswith("{"):
            break
    check_outcome(lines[-1])
    [address] = [word for word in lines[-2].split() if word.startswith("http://")]
    archivo = tmp_path / "demo" / "administrador.txt"
    assert archivo.stat().st_mode & 0o777 == 0o600
    cuenta = dict(line.split(": ", 1) for line in archivo.read_text().splitlines())
    assert any(cuenta["contraseña"] in line for line in lines), "it is said once"
    async with httpx.AsyncClient(base_url=address) as http:
        entry = {"nombre": cuenta["usuario"], "contrasena": cuenta["contraseña"]}
        assert (await http.post("/entrar", data=entry)).status_code == 303
        first = await http.get("/")
        assert (first.status_code, first.headers["location"]) == (303, "/cuenta"), "the password has to be changed"

    demo.send_signal(signal.SIGINT)

    assert await demo.stdout.read() == b""
    assert await demo.wait() == 0
    os.close(terminal)
    await eventually(lambda: not processes_naming(tmp_path))

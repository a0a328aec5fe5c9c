"""The sandbox as a process of its own: it starts, serves, stops when told, and says why when it cannot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from deploy.local.ports import LOOPBACK, free_ports
from tests.conditions import LIMIT, eventually

_RUN = """
import sys
from services.sandbox.main import run
from shared.settings import load_settings
sys.exit(run(load_settings()))
"""


def _start(carpeta: Path, port: int) -> subprocess.Popen[str]:
    entorno = {"POSTA_CARPETA": str(carpeta), "POSTA_SANDBOX_PORT": str(port)}
    entorno["POSTA_SANDBOX_SMTP_PORT"] = str(free_ports(1)[0])
    return subprocess.Popen(
        [sys.executable, "-c", _RUN],
        env=os.environ | entorno,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://{LOOPBACK}:{port}/health/live").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("senal", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_until_it_is_told_to_stop(tmp_path: Path, senal: signal.Signals) -> None:
    (port,) = free_ports(1)
    with _start(tmp_path, port) as proceso:
        try:
            await eventually(lambda: _is_up(port))
            proceso.send_signal(senal)
            _, registro = proceso.communicate(timeout=LIMIT)
        finally:
            proceso.kill()
    assert proceso.returncode == 0
    assert "sandbox_iniciado" in registro
    assert "sandbox_detenido" in registro
    assert (tmp_path / "sandbox" / "sii.sqlite3").is_file()


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with _start(tmp_path / "uno", port) as primero:
        try:
            await eventually(lambda: _is_up(port))
            with _start(tmp_path / "dos", port) as segundo:
                _, registro = segundo.communicate(timeout=LIMIT)
        finally:
            primero.kill()
            primero.communicate()
    assert segundo.returncode == 78
    assert str(port) in registro

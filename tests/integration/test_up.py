"""`posta up` as a person runs it: a process, signals, and what is left afterwards."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploy.local.local_settings import running_settings
from deploy.local.ports import LOOPBACK
from services.sandbox.main import llaves_file
from shared.settings import Settings
from tests.conditions import eventually
from tests.processes import processes_naming

ROOT = Path(__file__).parents[2]
START = 120.0
"""Seconds in which a busy machine brings up a stack."""


class Ups:
    """Starts `posta up` in folders of its own; what still runs at the end is killed."""

    def __init__(self) -> None:
        self._processes: list[Process] = []

    async def start(self, carpeta: Path, *arguments: str, **env: str) -> Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", "up", *arguments),
            cwd=ROOT,
            env=os.environ | {"POSTA_CARPETA": str(carpeta), "COLUMNS": "300"} | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._processes.append(process)
        return process

    async def close(self) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.communicate()


@pytest.fixture
async def ups() -> AsyncIterator[Ups]:
    ours = Ups()
    yield ours
    await ours.close()


async def addresses(process: Process, *services: str) -> dict[str, str]:
    """The addresses that it prints once everything serves."""
    found: dict[str, str] = {}
    said: list[str] = []
    async with asyncio.timeout(START):
        while set(found) < set(services):
            assert process.stdout is not None
            line = (await process.stdout.readline()).decode()
            assert line, f"it ended with {await process.wait()}: {''.join(said[-20:])}"
            said.append(line)
            if match := re.fullmatch(r"\s*(\w+) │ (http://\S+)\s*", line):
                found[match[1]] = match[2]
    return found


async def test_two_stacks_run_side_by_side_and_each_ends_in_its_own_way(tmp_path: Path, ups: Ups) -> None:
    one, other = await ups.start(tmp_path / "a"), await ups.start(tmp_path / "b")
    first = await addresses(one, "emitter", "monitor", "sandbox")
    second = await addresses(other, "emitter", "monitor", "sandbox")
    assert not set(first.values()) & set(second.values())
    async with httpx.AsyncClient() as http:
        for url in (first["emitter"], first["monitor"], second["emitter"], second["monitor"]):
            assert (await http.get(f"{url}/health/ready")).status_code == 200
    settings = running_settings(Settings(carpeta=tmp_path / "a"))
    assert f"http://127.0.0.1:{settings.emitter_port}" == first["emitter"]
    assert settings.sii_url == first["sandbox"]
    assert llaves_file(settings.carpeta) == settings.caf_llaves_file  # so that its CAFs are those of this sandbox

    again = await ups.start(tmp_path / "a")
    output, _ = await again.communicate()
    assert again.returncode == 78
    assert f"ya está en uso por el proceso {one.pid}" in output.decode()

    one.send_signal(signal.SIGTERM)
    assert await one.wait() == 0
    assert processes_naming(tmp_path / "a") == []
    assert running_settings(Settings(carpeta=tmp_path / "a")).carpeta == tmp_path / "a"

    other.kill()
    await other.wait()
    await eventually(lambda: not processes_naming(tmp_path / "b"))
    await addresses(await ups.start(tmp_path / "b"), "emitter", "monitor", "sandbox")  # on the data that was left


async def test_ctrl_c_while_it_starts_leaves_nothing(tmp_path: Path, ups: Ups) -> None:
    process = await ups.start(tmp_path / "a", "--sin-sandbox")
    await eventually((tmp_path / "a/up/mongodb/mongod.log").exists, within=START)

    process.send_signal(signal.SIGINT)

    assert await process.wait() == 0
    assert processes_naming(tmp_path / "a") == []


async def test_a_broker_that_dies_comes_back(tmp_path: Path, ups: Ups) -> None:
    process = await ups.start(tmp_path / "a", "--sin-sandbox")
    found = await addresses(process, "emitter", "monitor")
    assert "sandbox" not in found
    [beam] = [pid for pid in processes_naming(tmp_path / "a") if _is_broker(pid)]
    os.kill(beam, signal.SIGKILL)

    await eventually(lambda: any(_is_broker(pid) for pid in processes_naming(tmp_path / "a") if pid != beam), START)

    process.send_signal(signal.SIGHUP)
    await process.communicate()
    assert process.returncode == 0


async def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path, ups: Ups) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        process = await ups.start(tmp_path, POSTA_MONITOR_PORT=str(port))
        output, _ = await process.communicate()

    assert process.returncode == 78
    assert f"POSTA_MONITOR_PORT: el puerto {port} está ocupado" in output.decode()
    assert not (tmp_path / "up" / "mongodb").exists()


def _is_broker(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/exe").resolve().name.startswith("beam")
    except OSError:
        return False

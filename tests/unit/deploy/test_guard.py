"""The guard: real processes, real signals."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.guard import children_of, guard_command
from tests.conditions import LIMIT, eventually
from tests.processes import processes_naming

ORDERLY = "import signal, sys, time; signal.signal(15, lambda *_: (open({mark!r}, 'w').close(), sys.exit(0)));"
ORDERLY += "print('ready', flush=True); time.sleep(600)"
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 600 & wait; done; # {mark}"
DAEMON = "setsid sh -c 'trap \"\" TERM; while :; do sleep 600; done; : {mark}' & echo ready; {then}"


class Guards:
    """Starts commands under a guard and, at the end, leaves none of them."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *command: str, gracia: float = 5) -> subprocess.Popen[str]:
        guard = subprocess.Popen(
            guard_command(command, gracia=gracia),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self._started.append(guard)
        return guard

    def close(self) -> None:
        for guard in self._started:
            guard.communicate(timeout=LIMIT)


@pytest.fixture
def guards() -> Iterator[Guards]:
    started = Guards()
    yield started
    started.close()


def wait_ready(guard: subprocess.Popen[str]) -> None:
    assert guard.stdout is not None
    assert guard.stdout.readline() == "ready\n"


def hang_up(guard: subprocess.Popen[str]) -> None:
    assert guard.stdin is not None
    guard.stdin.close()
    guard.stdin = None


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 78", 78), ("kill -9 $$", 137)])
def test_the_status_of_the_command_comes_through(guards: Guards, script: str, status: int) -> None:
    assert guards.start("sh", "-c", script).wait(timeout=LIMIT) == status


def test_a_command_that_does_not_exist_is_named(guards: Guards) -> None:
    guard = guards.start("no-such-program-anywhere")
    assert guard.wait(timeout=LIMIT) == 127
    assert guard.stderr is not None
    assert "no-such-program-anywhere: No such file" in guard.stderr.read()


def test_the_command_reads_nothing_from_the_lifeline(guards: Guards) -> None:
    assert guards.start("sh", "-c", "cat; exit 3").wait(timeout=LIMIT) == 3


def test_what_is_written_to_the_lifeline_ends_nothing(guards: Guards, tmp_path: Path) -> None:
    guard = guards.start(sys.executable, "-c", ORDERLY.format(mark=str(tmp_path / "mark")))
    wait_ready(guard)
    assert guard.stdin is not None
    guard.stdin.write("x")
    guard.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        guard.wait(timeout=0.3)


async def test_a_closed_lifeline_ends_the_command_in_order(guards: Guards, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    guard = guards.start(sys.executable, "-c", ORDERLY.format(mark=str(mark)))
    wait_ready(guard)
    hang_up(guard)
    assert guard.wait(timeout=LIMIT) == 0
    assert mark.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_guard_ends_the_command_in_order(
    guards: Guards, tmp_path: Path, number: signal.Signals
) -> None:
    mark = tmp_path / "mark"
    guard = guards.start(sys.executable, "-c", ORDERLY.format(mark=str(mark)))
    wait_ready(guard)
    guard.send_signal(number)
    assert guard.wait(timeout=LIMIT) == 0
    assert mark.exists()


def test_without_grace_the_command_is_killed_at_once(guards: Guards, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    guard = guards.start(sys.executable, "-c", ORDERLY.format(mark=str(mark)), gracia=0)
    wait_ready(guard)
    hang_up(guard)
    assert guard.wait(timeout=LIMIT) == 137
    assert not mark.exists()


def test_a_command_that_ignores_the_request_is_killed_after_its_grace(guards: Guards, tmp_path: Path) -> None:
    guard = guards.start("sh", "-c", STUBBORN.format(mark=tmp_path), gracia=0.2)
    wait_ready(guard)
    hang_up(guard)
    assert guard.wait(timeout=LIMIT) == 137
    assert processes_naming(tmp_path) == []


def test_what_the_command_left_in_the_background_dies_with_it(guards: Guards, tmp_path: Path) -> None:
    guard = guards.start("sh", "-c", DAEMON.format(mark=tmp_path, then="sleep 0.1; exit 5"))
    wait_ready(guard)
    assert guard.wait(timeout=LIMIT) == 5
    assert processes_naming(tmp_path) == []


async def test_a_killed_guard_takes_the_command_with_it(guards: Guards, tmp_path: Path) -> None:
    guard = guards.start(sys.executable, "-c", ORDERLY.format(mark=str(tmp_path / "mark")))
    wait_ready(guard)
    [command] = children_of(guard.pid)
    guard.kill()
    await eventually(lambda: command not in processes_naming(tmp_path))


async def test_a_killed_asker_leaves_nothing_behind(tmp_path: Path) -> None:
    inner = DAEMON.format(mark=tmp_path, then="sleep 600")
    asker = (
        "import subprocess, time; from deploy.local.guard import guard_command;"
        f"subprocess.Popen(guard_command(['sh', '-c', {inner!r}], gracia=0.2), stdin=subprocess.PIPE);"
        "time.sleep(600)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", asker, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    assert len(processes_naming(tmp_path)) >= 3
    process.kill()
    await process.wait()
    await eventually(lambda: not processes_naming(tmp_path))

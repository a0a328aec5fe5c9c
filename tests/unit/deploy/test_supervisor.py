"""The supervisor with small real processes in the place of the services."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from deploy.local.supervisor import Servicio, Supervisor
from shared.errors import Misconfigured
from tests.conditions import eventually
from tests.processes import processes_naming

SERVICE = """
import pathlib, signal, sys, time
nombre, carpeta = sys.argv[1], pathlib.Path(sys.argv[2])
def stop(*_):
    with (carpeta / "paradas").open("a") as archivo:
        archivo.write(nombre + "\\n")
    print("adios", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
(carpeta / nombre).write_text(str(time.monotonic()))
print("sirviendo", "ñ" * 100_000, flush=True)
time.sleep(600)
"""


class Stage:
    """A supervisor over small services whose folder is `carpeta`; remembers what they said."""

    def __init__(self, carpeta: Path) -> None:
        self.carpeta = carpeta
        self.said: list[tuple[str, str]] = []
        self._supervisors: list[Supervisor] = []

    def supervise(self, *servicios: Servicio) -> Supervisor:
        supervisor = Supervisor(servicios, os.environ, lambda nombre, line: self.said.append((nombre, line)))
        self._supervisors.append(supervisor)
        return supervisor

    def service(self, nombre: str) -> Servicio:
        async def serves() -> bool:
            return (self.carpeta / nombre).exists()

        return Servicio(nombre, [sys.executable, "-c", SERVICE, nombre, str(self.carpeta)], serves)

    def failing(self, nombre: str, shell: str) -> Servicio:
        async def serves() -> bool:
            return False

        return Servicio(nombre, ["sh", "-c", shell], serves)

    async def close(self) -> None:
        for supervisor in self._supervisors:
            await supervisor.stop()
        assert processes_naming(self.carpeta) == []


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    ours = Stage(tmp_path)
    yield ours
    await ours.close()


async def test_services_are_stopped_in_reverse_order_and_what_they_say_is_heard(stage: Stage) -> None:
    supervisor = stage.supervise(stage.service("primero"), stage.service("segundo"))
    await supervisor.start()

    await supervisor.stop()

    assert (stage.carpeta / "paradas").read_text(encoding="utf-8").split() == ["segundo", "primero"]
    assert ("primero", "sirviendo " + "ñ" * 100_000) in stage.said
    assert stage.said[-1] == ("primero", "adios")


async def test_a_killed_service_comes_back(stage: Stage) -> None:
    supervisor = stage.supervise(stage.service("uno"))
    await supervisor.start()
    (stage.carpeta / "uno").unlink()

    supervisor.kill("uno")

    await eventually((stage.carpeta / "uno").exists)
    assert ("uno", "terminó con estado -9; parte de nuevo en 0.5 s") in stage.said


async def test_a_service_that_keeps_crashing_waits_longer_each_time(stage: Stage) -> None:
    supervisor = stage.supervise(stage.failing("malo", "exit 3"))
    starting = asyncio.create_task(supervisor.start())

    await eventually(_said(stage, "terminó con estado 3; parte de nuevo en 0.5 s"))
    await eventually(_said(stage, "terminó con estado 3; parte de nuevo en 1 s"))
    await supervisor.stop()  # does not wait for the second that is running

    starting.cancel()
    await asyncio.wait({starting})


async def test_status_78_ends_the_start_with_the_message_of_the_service(stage: Stage) -> None:
    once_the_other_runs = f"while [ ! -e {stage.carpeta}/bueno ]; do sleep 0.02; done; echo falta POSTA_X >&2; exit 78"
    supervisor = stage.supervise(stage.service("bueno"), stage.failing("malo", once_the_other_runs))

    with pytest.raises(Misconfigured, match="malo: falta POSTA_X"):
        await supervisor.start()

    await supervisor.stop()
    assert (stage.carpeta / "paradas").read_text(encoding="utf-8").split() == ["bueno"]


async def test_status_78_later_on_ends_what_is_under_way(stage: Stage) -> None:
    async def serves() -> bool:
        return True

    malo = Servicio("malo", ["sh", "-c", f"while [ ! -e {stage.carpeta}/ya ]; do sleep 0.02; done; exit 78"], serves)
    supervisor = stage.supervise(malo)
    await supervisor.start()
    body = asyncio.create_task(supervisor.during(asyncio.sleep(600)))
    (stage.carpeta / "ya").touch()

    with pytest.raises(Misconfigured, match="malo"):
        await body


async def test_the_body_gives_its_result_while_services_live(stage: Stage) -> None:
    supervisor = stage.supervise(stage.service("uno"))
    await supervisor.start()

    assert await supervisor.during(asyncio.sleep(0, "hecho")) == "hecho"


def _said(stage: Stage, text: str) -> Callable[[], bool]:
    return lambda: any(line == text for _, line in stage.said)

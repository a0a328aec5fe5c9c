"""Runs the services as separate processes: readable logs, crashed ones again with back-off, an orderly end.

Exit status 78 is a mistake of the installation, which no new start mends: it ends everything, with its message.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from deploy.local.guard import guard_command
from shared.errors import Misconfigured, Unavailable
from shared.lifecycle import stopped_within

T = TypeVar("T")
Echo = Callable[[str, str], None]
"""Takes what a process says: its name, one line."""

GRACIA = 15.0
"""Seconds that a service gets to finish what it has under way."""
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_CALM = 30.0
"""A service that lived this long had started well: its next crash is a first one."""
_START_LIMIT = 60.0
_POLL = 0.05


@dataclass(frozen=True, slots=True)
class Servicio:
    """A process of the stack: what people call it, its command line, and whether it serves yet."""

    nombre: str
    command: Sequence[str]
    serves: Callable[[], Awaitable[bool]]


class Supervisor:
    """Keeps `servicios` running, from `start` to `stop`; they are stopped in the reverse of their order."""

    def __init__(self, servicios: Sequence[Servicio], env: Mapping[str, str], echo: Echo) -> None:
        self._servicios = servicios
        self._env = env
        self._echo = echo
        self._processes: dict[str, Process] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Return when all serve. Misconfigured if one says that it cannot, Unavailable if one takes too long."""
        for servicio in self._servicios:
            self._keepers[servicio.nombre] = asyncio.create_task(self._keep_running(servicio))
        await self.during(self._until_all_serve())

    async def during(self, body: Coroutine[Any, Any, T]) -> T:
        """What `body` gives; it is cancelled, and Misconfigured raised, when a service says that it cannot run."""
        main = asyncio.ensure_future(body)
        try:
            await asyncio.wait({main, *self._keepers.values()}, return_when=asyncio.FIRST_COMPLETED)
            for keeper in self._keepers.values():
                if keeper.done():
                    keeper.result()
            return await main
        finally:
            main.cancel()
            with suppress(asyncio.CancelledError):
                await main

    def kill(self, nombre: str) -> None:
        """SIGKILL one service (killing its guard, whose death is the service's): it comes back by itself."""
        self._processes[nombre].kill()

    async def all_serve(self) -> bool:
        """Whether every service answers at this moment."""
        return all([await servicio.serves() for servicio in self._servicios])

    async def stop(self) -> None:
        """Stop them one after the other; return when nothing of them is left."""
        self._stopping.set()
        for servicio in reversed(self._servicios):
            await self._end(servicio.nombre)

    async def _end(self, nombre: str) -> None:
        if nombre in self._processes:
            _hang_up(self._processes[nombre])
        if nombre in self._keepers:
            await asyncio.wait({self._keepers[nombre]})

    async def _until_all_serve(self) -> None:
        deadline = time.monotonic() + _START_LIMIT
        for servicio in self._servicios:
            while not await servicio.serves():
                if time.monotonic() > deadline:
                    raise Unavailable(servicio.nombre, f"no partió en {_START_LIMIT:.0f} s")
                await asyncio.sleep(_POLL)

    async def _keep_running(self, servicio: Servicio) -> None:
        wait = _FIRST_WAIT
        while True:
            began = time.monotonic()
            status, last_words = await self._run_once(servicio)
            if self._stopping.is_set():
                return
            if status == Misconfigured.EXIT_STATUS:
                raise Misconfigured(f"{servicio.nombre}: {last_words}")
            if time.monotonic() - began > _CALM:
                wait = _FIRST_WAIT
            self._echo(servicio.nombre, f"terminó con estado {status}; parte de nuevo en {wait:g} s")
            if await stopped_within(self._stopping, timedelta(seconds=wait)):
                return
            wait = min(2 * wait, _LONGEST_WAIT)

    async def _run_once(self, servicio: Servicio) -> tuple[int, str]:
        """Its exit status and the last line that it said."""
        process = await asyncio.create_subprocess_exec(
            *guard_command(servicio.command, gracia=GRACIA),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._env,
            start_new_session=True,
        )
        self._processes[servicio.nombre] = process
        if self._stopping.is_set():
            _hang_up(process)
        last_words = ""
        async for line in _lines(process):
            last_words = line or last_words
            self._echo(servicio.nombre, line)
        return await process.wait(), last_words


def _hang_up(process: Process) -> None:
    """Cut the lifeline: the guard ends the service in order."""
    if process.stdin is not None:
        process.stdin.close()


async def _lines(process: Process) -> AsyncIterator[str]:
    """What the process says, line by line, however long a line is."""
    assert process.stdout is not None, "the output is a pipe"  # noqa: S101 - a mistake of the programmer
    pending = b""
    while chunk := await process.stdout.read(65_536):
        *complete, pending = (pending + chunk).split(b"\n")
        for line in complete:
            yield line.decode("utf-8", "replace").rstrip("\r")
    if pending:
        yield pending.decode("utf-8", "replace")

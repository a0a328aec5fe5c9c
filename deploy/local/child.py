"""A server that runs as our guarded child, with its output in a file."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from deploy.local.guard import children_of, guard_command
from shared.errors import Unavailable

_POLL = 0.03
_START_LIMIT = 120.0
"""Seconds; a busy laptop may need half a minute for RabbitMQ."""


class Child:
    """One guarded process. `nombre` is what people read in messages; `inherits`: descriptors that it keeps open."""

    def __init__(
        self,
        nombre: str,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str],
        gracia: float,
        inherits: Sequence[int] = (),
    ) -> None:
        self.nombre = nombre
        self._log = log
        with log.open("ab") as output:
            self._guard = subprocess.Popen(  # noqa: S603 - the stack's own command lines
                guard_command(command, gracia=gracia),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                pass_fds=inherits,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        return self._guard.poll() is None

    @property
    def pid(self) -> int:
        """The process id of the server itself, not of its guard."""
        return children_of(self._guard.pid)[0]

    async def ready(self, answers: Callable[[], Awaitable[bool]]) -> None:
        """Return once `answers` is true. Unavailable, with the end of its log, if it ends or takes too long."""
        deadline = time.monotonic() + _START_LIMIT
        while not await answers():
            if not self.alive or time.monotonic() > deadline:
                await asyncio.to_thread(self.stop)
                raise Unavailable(self.nombre, f"no partió; final de {self._log}:\n{self.log_tail()}")
            await asyncio.sleep(_POLL)

    def log_tail(self, lines: int = 15) -> str:
        """The last lines of its output."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """End it in order, by force after its time of grace; return when nothing of it is left."""
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        self._guard.wait()

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        with suppress(ProcessLookupError, IndexError):
            os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def freeze(self) -> None:
        """Stop it in its tracks (SIGSTOP): it keeps its connections and answers nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

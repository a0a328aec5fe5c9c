"""Who uses a data folder: one at a time, told by a lock that the kernel gives back when its last holder is gone.

Servers inherit it. After a crash of the asker the folder so stays taken until they too have died.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from shared.errors import Misconfigured, explain

_POLL = 0.1


class FolderLock:
    """The right to use `carpeta`, between `acquire` and `release`."""

    def __init__(self, carpeta: Path) -> None:
        self._carpeta = carpeta
        self._fd: int | None = None

    @property
    def fd(self) -> int:
        """The descriptor to hand down to whoever works in the folder. Only while acquired."""
        assert self._fd is not None, "acquire() first"  # noqa: S101 - a mistake of the programmer
        return self._fd

    async def acquire(self, patience: float) -> None:
        """Take the folder. Misconfigured if a living process has it; leftovers of a dead one get `patience` seconds."""
        fd = self._open()
        deadline = time.monotonic() + patience
        while not _locked(fd):
            owner = os.pread(fd, 20, 0).decode("ascii") or "?"
            if _lives(owner) or time.monotonic() > deadline:
                os.close(fd)
                raise Misconfigured(
                    f"{self._carpeta} ya está en uso por el proceso {owner}: deténgalo, o indique otra carpeta "
                    "en POSTA_CARPETA"
                )
            await asyncio.sleep(_POLL)
        os.ftruncate(fd, 0)
        os.pwrite(fd, str(os.getpid()).encode("ascii"), 0)
        self._fd = fd

    def _open(self) -> int:
        try:
            self._carpeta.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._carpeta / "candado", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Misconfigured(f"POSTA_CARPETA: no se puede usar {self._carpeta}: {explain(error)}") from error

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def in_use(carpeta: Path) -> bool:
    """Whether somebody holds the lock of this folder now."""
    try:
        fd = os.open(carpeta / "candado", os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # nobody has ever used it, or nobody can
        return False
    try:
        return not _locked(fd)
    finally:
        os.close(fd)


@asynccontextmanager
async def one_at_a_time() -> AsyncIterator[None]:
    """Of all processes of this user on this machine, one is in this block at a time; the others wait."""
    archivo = Path(tempfile.gettempdir()) / f"posta-{os.getuid()}.candado"
    fd = os.open(archivo, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        await _lock(fd)
        yield
    finally:
        os.close(fd)


async def _lock(fd: int) -> None:
    while not _locked(fd):  # noqa: ASYNC110 - another process lets go of it, and tells nobody
        await asyncio.sleep(_POLL)


def _locked(fd: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _lives(pid: str) -> bool:
    return pid.isdecimal() and Path(f"/proc/{pid}").exists()

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from deploy.local.lock import FolderLock, in_use, one_at_a_time
from shared.errors import Misconfigured


async def test_a_folder_has_one_user_at_a_time(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    assert not in_use(tmp_path)
    await first.acquire(patience=0)
    assert in_use(tmp_path)

    with pytest.raises(Misconfigured, match=rf"en uso por el proceso {os.getpid()}.*POSTA_CARPETA"):
        await second.acquire(patience=60)  # its user lives: no use in waiting

    first.release()
    await second.acquire(patience=0)
    second.release()
    assert not in_use(tmp_path)


async def test_the_folder_of_a_dead_process_is_free_once_its_children_are_gone(tmp_path: Path) -> None:
    dead, next_user = FolderLock(tmp_path), FolderLock(tmp_path)
    await dead.acquire(patience=0)
    child = await asyncio.create_subprocess_exec("cat", stdin=subprocess.PIPE, pass_fds=[dead.fd])
    (tmp_path / "candado").write_text("999999999", encoding="ascii")  # no process has this number
    dead.release()

    with pytest.raises(Misconfigured):
        await next_user.acquire(patience=0.2)
    waiting = asyncio.create_task(next_user.acquire(patience=60))
    await child.communicate(b"")  # ends it
    await waiting
    next_user.release()


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "archivo").touch()
    with pytest.raises(Misconfigured, match=r"POSTA_CARPETA: no se puede usar .*/archivo/up"):
        await FolderLock(tmp_path / "archivo" / "up").acquire(patience=0)


async def test_those_who_start_at_one_moment_go_one_after_the_other() -> None:
    order = []

    async def start(name: str) -> None:
        async with one_at_a_time():
            order.append(f"{name} in")
            await asyncio.sleep(0)
            order.append(f"{name} out")

    await asyncio.gather(start("a"), start("b"))

    assert order in (["a in", "a out", "b in", "b out"], ["b in", "b out", "a in", "a out"])

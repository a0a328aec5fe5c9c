"""Whoever starts the servers may die any death: nothing of them stays."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from pymongo import MongoClient

from deploy.local.servers import start_servers
from shared.settings import load_settings
from tests.conditions import eventually
from tests.processes import processes_naming

ASKER = """
import asyncio, sys
from pathlib import Path
from deploy.local.servers import start_servers
from shared.settings import load_settings

async def main():
    async with start_servers(Path(sys.argv[1]), load_settings()):
        print("ready", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_kill_9_of_the_parent_leaves_no_server_behind(tmp_path: Path) -> None:
    asker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ASKER, str(tmp_path), stdout=subprocess.PIPE, start_new_session=True
    )
    assert asker.stdout is not None
    assert await asker.stdout.readline() == b"ready\n"
    assert len(processes_naming(tmp_path)) >= 7  # the asker, and three servers with a guard each

    asker.kill()
    await asker.wait()

    await eventually(lambda: not processes_naming(tmp_path))


async def test_after_kill_9_the_same_data_serves_again_at_once(tmp_path: Path) -> None:
    settings = load_settings()
    async with start_servers(tmp_path, settings, gracia=0) as servers:
        _write_one(servers.mongod.url)
        first_port = servers.mongod.port
        servers.rabbit.kill()
        servers.mongod.kill()
        await asyncio.gather(servers.rabbit.start(), servers.mongod.start())  # on the same ports

    async with start_servers(tmp_path, settings, gracia=0) as servers:
        assert servers.mongod.port != first_port
        with MongoClient[dict[str, int]](servers.mongod.url) as client:
            assert client["d"]["c"].count_documents({}) == 1


def _write_one(url: str) -> None:
    with MongoClient[dict[str, int]](url, w="majority", journal=True) as client:
        client["d"]["c"].insert_one({"uno": 1})

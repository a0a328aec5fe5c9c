"""The private servers of deploy/local, for real."""

from __future__ import annotations

from pathlib import Path

import aio_pika
import pytest
from pymongo import MongoClient

from deploy.local.ports import is_free
from deploy.local.rabbit import find_sbin
from deploy.local.servers import PrivateServers, start_servers
from shared.errors import Misconfigured, Unavailable
from shared.settings import Settings, read_secret
from tests.servers import RunServers


async def test_every_test_has_a_virtual_host_and_a_database_of_its_own(settings: Settings) -> None:
    password = read_secret(settings.rabbit_password_file, "rabbit_password_file")
    connection = await aio_pika.connect(
        host=settings.rabbit_host,
        port=settings.rabbit_port,
        login=settings.rabbit_user,
        password=password,
        virtualhost=settings.rabbit_vhost,
    )
    async with connection, connection.channel() as channel:
        await channel.declare_queue("q", durable=True, arguments={"x-queue-type": "quorum"})
    with MongoClient[dict[str, int]](settings.mongo_url) as client:
        client[settings.mongo_database]["cosas"].insert_one({"uno": 1})
        assert client.admin.command("hello")["setName"] == "posta"


async def test_a_given_port_that_is_taken_is_named_before_anything_starts(servers: RunServers, tmp_path: Path) -> None:
    taken = Settings(mongod_port=servers.private.mongod.port)
    with pytest.raises(Misconfigured, match="POSTA_MONGOD_PORT"):
        async with start_servers(tmp_path, taken):
            raise AssertionError("it must not start")
    assert not (tmp_path / "rabbitmq").exists()


async def test_a_server_that_does_not_start_says_why_and_leaves_nothing_running(tmp_path: Path) -> None:
    broken = PrivateServers(tmp_path, Settings(mongod=_script(tmp_path, "echo 'no space left'; exit 1")), gracia=0)

    with pytest.raises(Unavailable, match=r"(?s)MongoDB.*mongod\.log.*no space left"):
        await broken.start()

    assert is_free(broken.rabbit.ports.amqp)
    assert is_free(broken.rabbit.ports.epmd)


def test_the_folder_of_another_broker_is_taken_at_its_word(tmp_path: Path) -> None:
    (tmp_path / "rabbitmq-server").touch()
    assert find_sbin(tmp_path) == tmp_path
    with pytest.raises(Misconfigured, match=r"no hay un rabbitmq-server en .*: corrija POSTA_RABBITMQ_SBIN"):
        find_sbin(tmp_path / "otra")


async def test_the_password_is_only_for_its_owner(servers: RunServers) -> None:
    assert servers.private.rabbit.password_file.stat().st_mode & 0o777 == 0o600
    assert (servers.private.rabbit.password_file.parent / "rabbitmq.conf").stat().st_mode & 0o777 == 0o600


def _script(carpeta: Path, text: str) -> Path:
    script = carpeta / "script"
    script.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    script.chmod(0o755)
    return script

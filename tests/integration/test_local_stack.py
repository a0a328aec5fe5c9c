"""The private servers of deploy/local, for real."""

from __future__ import annotations

import aio_pika
from pymongo import MongoClient

from shared.settings import Settings, read_secret


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

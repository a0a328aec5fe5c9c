"""The private broker and database together: what `posta up`, the demo and the tests run on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.mongod import PrivateMongod
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.rabbit import USER, PrivateRabbit, RabbitPorts
from shared.settings import Settings

GRACIA = 20.0
"""Seconds that a server gets to close its files."""


class PrivateServers:
    """RabbitMQ and MongoDB on the data in `carpeta`. Ports are free ones, or those that the settings give."""

    def __init__(self, carpeta: Path, settings: Settings, *, gracia: float = GRACIA, management: bool = False) -> None:
        given = settings.model_fields_set
        amqp, http, distribution, epmd, mongod_port = free_ports(5)
        ports = RabbitPorts(settings.rabbit_port if "rabbit_port" in given else amqp, http, distribution, epmd)
        self.rabbit = PrivateRabbit(
            carpeta / "rabbitmq", ports, sbin=settings.rabbitmq_sbin, gracia=gracia, management=management
        )
        self.mongod = PrivateMongod(
            carpeta / "mongodb", settings.mongod_port or mongod_port, mongod=settings.mongod, gracia=gracia
        )

    async def start(self) -> None:
        """Return once both serve. Unavailable if one does not start; then neither runs."""
        starts = await asyncio.gather(self.rabbit.start(), self.mongod.start(), return_exceptions=True)
        failure = next((result for result in starts if isinstance(result, BaseException)), None)
        if failure is not None:
            await asyncio.to_thread(self.stop)
            raise failure

    def stop(self) -> None:
        """Return when nothing of them is left."""
        self.rabbit.stop()
        self.mongod.stop()

    def settings_for(self, settings: Settings) -> Settings:
        """The same settings, pointed at these servers."""
        return settings.model_copy(
            update={
                "mongo_url": self.mongod.url,
                "mongo_user": None,
                "rabbit_host": LOOPBACK,
                "rabbit_port": self.rabbit.ports.amqp,
                "rabbit_vhost": "/",
                "rabbit_user": USER,
                "rabbit_password_file": self.rabbit.password_file.resolve(),
            }
        )


@asynccontextmanager
async def start_servers(carpeta: Path, settings: Settings, *, gracia: float = GRACIA) -> AsyncIterator[PrivateServers]:
    """Both servers, for as long as the block runs; stopped in order whatever ends it."""
    servers = PrivateServers(carpeta, settings, gracia=gracia)
    try:
        await servers.start()
        yield servers
    finally:
        await asyncio.shield(asyncio.to_thread(servers.stop))

"""The private broker and database together: what `posta up`, the demo and the tests run on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.lock import FolderLock
from deploy.local.mongod import PrivateMongod
from deploy.local.ports import LOOPBACK, free_ports, require_free
from deploy.local.rabbit import USER, PrivateRabbit, RabbitPorts
from shared.settings import Settings

GRACIA = 20.0
"""Seconds that a server gets to close its files."""


class PrivateServers:
    """RabbitMQ and MongoDB on the data in `carpeta`. Ports are free ones, or those that the settings give."""

    def __init__(self, carpeta: Path, settings: Settings, *, gracia: float = GRACIA, management: bool = False) -> None:
        self._lock = FolderLock(carpeta)
        self._gracia = gracia
        self._given_ports = {
            name: getattr(settings, name)
            for name in ("rabbit_port", "mongod_port")
            if name in settings.model_fields_set
        }
        amqp, http, distribution, epmd, mongod_port = free_ports(5)
        ports = RabbitPorts(self._given_ports.get("rabbit_port", amqp), http, distribution, epmd)
        self.rabbit = PrivateRabbit(
            carpeta / "rabbitmq", ports, sbin=settings.rabbitmq_sbin, gracia=gracia, management=management
        )
        self.mongod = PrivateMongod(
            carpeta / "mongodb",
            self._given_ports.get("mongod_port", mongod_port),
            mongod=settings.mongod,
            gracia=gracia,
        )

    async def start(self) -> None:
        """Return once both serve.

        Misconfigured if the folder or a given port is in use; Unavailable if one does not start: then neither runs.
        """
        for setting, port in self._given_ports.items():
            require_free(setting, port)
        await self._lock.acquire(patience=self._gracia + 5)
        inherits = (self._lock.fd,)
        starts = await asyncio.gather(self.rabbit.start(inherits), self.mongod.start(inherits), return_exceptions=True)
        failure = next((result for result in starts if isinstance(result, BaseException)), None)
        if failure is not None:
            await asyncio.to_thread(self.stop)
            raise failure

    def stop(self) -> None:
        """Return when nothing of them is left."""
        self.rabbit.stop()
        self.mongod.stop()
        self._lock.release()

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

"""One private RabbitMQ and MongoDB for the whole test run; every test gets a virtual host and a database of its own."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient

from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.rabbit import USER
from deploy.local.servers import PrivateServers
from shared.adapters.keystore import create_llave_maestra
from shared.settings import LogFormat, Settings


class RunServers:
    """The servers of this run, with what is needed to give every test a clean corner of them."""

    def __init__(self, servers: PrivateServers) -> None:
        self.private = servers
        password = servers.rabbit.password_file.read_text(encoding="ascii")
        self._rabbit = httpx.Client(
            base_url=f"http://{LOOPBACK}:{servers.rabbit.ports.http}/api", auth=(USER, password), timeout=60
        )
        self._mongo: MongoClient[dict[str, Any]] = MongoClient(servers.mongod.url)
        self._sweeper = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sweeper")
        self._sweeping: list[Future[None]] = []
        self._names = (f"prueba-{number}" for number in itertools.count(1))

    def fresh_name(self) -> str:
        """A new virtual host and, under the same name, a database that does not exist yet."""
        name = next(self._names)
        self._rabbit.put(f"/vhosts/{name}").raise_for_status()
        return name

    def sweep(self, name: str) -> None:
        """Remove both again, without making the next test wait."""
        self._sweeping.append(self._sweeper.submit(self._remove, name))

    def _remove(self, name: str) -> None:
        self._mongo.drop_database(name)
        self._rabbit.delete(f"/vhosts/{name}").raise_for_status()

    def close(self) -> None:
        """Wait for the sweeping; its first error, if there was one, is raised here."""
        self._sweeper.shutdown()
        self._rabbit.close()
        self._mongo.close()
        for done in self._sweeping:
            done.result()


@contextmanager
def run_servers() -> Iterator[RunServers]:
    """Both servers on a temporary folder; nothing of them is left afterwards."""
    carpeta = Path(tempfile.mkdtemp(prefix="posta-tests-"))
    servers = PrivateServers(carpeta, Settings(), gracia=0, management=True)
    try:
        asyncio.run(servers.start())
        ours = RunServers(servers)
        try:
            yield ours
        finally:
            ours.close()
    finally:
        servers.stop()
        shutil.rmtree(carpeta, ignore_errors=True)


def settings_for(servers: PrivateServers, name: str, carpeta: Path) -> Settings:
    """Settings on that virtual host and database, with free ports, short waits and a master key in `carpeta`."""
    emitter, monitor, sandbox, smtp, sender = free_ports(5)
    llave = carpeta / "llave_maestra"
    create_llave_maestra(llave)
    quick = {
        "carpeta": carpeta,
        "log_format": LogFormat.TEXTO,
        "mongo_database": name,
        "llave_maestra_file": llave,
        "emitter_port": emitter,
        "monitor_port": monitor,
        "sandbox_port": sandbox,
        "sandbox_smtp_port": smtp,
        "sender_port": sender,
        "monitor_refresco": "PT0.1S",
        "sobre_espera": "PT0.05S",
        "consulta_espera": "PT0.2S",
        "latido": "PT0.3S",
        "terminal_por_segundo": 100_000,
        "latido_vencido": "PT3S",
    }
    return servers.settings_for(Settings.model_validate(quick)).model_copy(update={"rabbit_vhost": name})

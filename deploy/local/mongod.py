"""A private mongod, replica set of one, on loopback, with its data in a folder of ours."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from deploy.local.child import Child
from deploy.local.ports import LOOPBACK
from deploy.local.probes import accepts
from shared.adapters.mongo.replica import NAME, initiate_replica_set
from shared.errors import Misconfigured

_WHEEL = ("fiftyone", "db/bin/mongod")


def find_mongod(given: Path | None) -> Path:
    """The program: the given one, else the one on the PATH, else the wheel's. Misconfigured says how to get it."""
    if given:
        if not os.access(given, os.X_OK) or given.is_dir():
            raise Misconfigured(f"{given} no se puede ejecutar: corrija POSTA_MONGOD, o quítela")
        return given
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    packaged = _packaged()
    if packaged is None:
        raise Misconfigured(
            "no hay mongod: «pip install 'posta[local]'» trae uno, o indique en POSTA_MONGOD dónde está el suyo"
        )
    if not os.access(packaged, os.X_OK):
        packaged.chmod(0o755)  # some installers drop the bit
    return packaged


def _packaged() -> Path | None:
    package, inside = _WHEEL
    spec = importlib.util.find_spec(package)
    folders = (spec.submodule_search_locations or []) if spec else []
    return next((path for folder in folders if (path := Path(folder) / inside).is_file()), None)


class PrivateMongod:
    """One database server on the data in `carpeta`; it can be stopped and started again."""

    def __init__(self, carpeta: Path, port: int, *, mongod: Path | None, gracia: float) -> None:
        self._carpeta = carpeta
        self._mongod = find_mongod(mongod)
        self._gracia = gracia
        self._child: Child | None = None
        self.port = port

    @property
    def url(self) -> str:
        return f"mongodb://{LOOPBACK}:{self.port}/?replicaSet={NAME}"

    @property
    def server(self) -> Child:
        """Its process. Only after `start`."""
        assert self._child is not None, "start() first"  # noqa: S101 - a mistake of the programmer
        return self._child

    async def start(self, inherits: Sequence[int] = ()) -> None:
        """Return once it is primary. Unavailable, with the end of its log, if it does not start."""
        data = self._carpeta / "datos"
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = self._carpeta / "mongod.log"
        command = self._command(data)
        self._child = Child("MongoDB", command, log=log, env=os.environ, gracia=self._gracia, inherits=inherits)
        await self._child.ready(lambda: accepts(LOOPBACK, self.port))
        await asyncio.to_thread(initiate_replica_set, LOOPBACK, self.port)

    def _command(self, data: Path) -> list[str]:
        options = {
            "replSet": NAME,
            "bind_ip": LOOPBACK,
            "port": self.port,
            "dbpath": data.resolve(),
            "wiredTigerCacheSizeGB": 0.25,
            "wiredTigerEngineConfigString": "log=(file_max=16MB)",  # else each of three journal files takes 100 MB
            "oplogSize": 128,
        }
        parameters = {"diagnosticDataCollectionEnabled": "false", "shutdownTimeoutMillisForSignaledShutdown": 100}
        return [
            str(self._mongod),
            "--nounixsocket",
            "--quiet",
            *(part for name, value in options.items() for part in (f"--{name}", str(value))),
            *(part for name, value in parameters.items() for part in ("--setParameter", f"{name}={value}")),
        ]

    def stop(self) -> None:
        if self._child:
            self._child.stop()

    def kill(self) -> None:
        """SIGKILL, as a power cut would; `start` brings it back on the same data."""
        self.server.kill()

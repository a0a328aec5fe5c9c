"""A private RabbitMQ node (3.10 to 4.x): own name, cookie, ports and data; nothing of the host's own broker is touched.

Everything listens on loopback: AMQP, Erlang distribution, and the node's own epmd, which runs as our child because the
one that Erlang starts by itself goes to the background and stays for ever. The management plugin is for the tests, that
make virtual hosts with it; Posta does without, and so the node stops in one second instead of six.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.child import Child
from deploy.local.ports import LOOPBACK
from deploy.local.probes import accepts, speaks_amqp
from shared.errors import Misconfigured

USER = "posta"
NODE = f"posta@{LOOPBACK}"
"""By address: a host may not know the name localhost."""
_INSTALLED = Path("/usr/lib/rabbitmq/lib")
_CONF = """\
listeners.tcp.default = {host}:{amqp}
default_user = {user}
default_pass = {password}
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
raft.wal_max_size_bytes = 67108864
log.file = rabbit.log
log.console = false
"""
_MANAGEMENT_CONF = """\
management.tcp.ip = {host}
management.tcp.port = {http}
"""


@dataclass(frozen=True, slots=True)
class RabbitPorts:
    amqp: int
    http: int
    distribution: int
    epmd: int


def find_sbin(given: Path | None) -> Path:
    """The folder that holds `rabbitmq-server`: the given one, else Debian's. Misconfigured says how to get it."""
    folders = [given] if given else sorted(_INSTALLED.glob("rabbitmq_server-*/sbin"), reverse=True)
    for folder in folders:
        if (folder / "rabbitmq-server").is_file():
            return folder
    if given:
        raise Misconfigured(f"no hay un rabbitmq-server en {given}: corrija POSTA_RABBITMQ_SBIN, o quítela")
    raise Misconfigured(
        "RabbitMQ no está instalado: «sudo apt-get install rabbitmq-server», "
        "o indique en POSTA_RABBITMQ_SBIN la carpeta que tiene el programa rabbitmq-server"
    )


def find_epmd() -> str:
    """Erlang's port mapper. Misconfigured if there is no Erlang."""
    beside_the_runtime = sorted(Path("/usr/lib/erlang").glob("erts-*/bin/epmd"), reverse=True)
    found = shutil.which("epmd") or next((str(path) for path in beside_the_runtime), None)
    if found is None:
        raise Misconfigured("falta epmd, que viene con Erlang: «sudo apt-get install erlang-base»")
    return found


class PrivateRabbit:
    """One node on the data in `carpeta`; it can be stopped and started again."""

    def __init__(
        self, carpeta: Path, ports: RabbitPorts, *, sbin: Path | None, gracia: float, management: bool = False
    ) -> None:
        self._carpeta = carpeta
        self._sbin = find_sbin(sbin)
        self._epmd = find_epmd()
        self._gracia = gracia
        self._management = management
        self.ports = ports
        self.password_file = carpeta / "clave"
        self._children: list[Child] = []

    @property
    def server(self) -> Child:
        """The broker's process."""
        return self._children[-1]

    async def start(self, inherits: Sequence[int] = ()) -> None:
        """Return once the node speaks AMQP. Unavailable, with the end of its log, if it does not start."""
        self._prepare()
        env = self._environment()
        epmd = [self._epmd, "-address", LOOPBACK, "-port", str(self.ports.epmd)]
        self._children = [Child("epmd", epmd, log=self._carpeta / "epmd.out", env=env, gracia=0, inherits=inherits)]
        await self._children[0].ready(lambda: accepts(LOOPBACK, self.ports.epmd))
        command = [str(self._sbin / "rabbitmq-server")]
        self._children.append(
            Child(
                "RabbitMQ",
                command,
                log=self._carpeta / "rabbit.out",
                env=env,
                gracia=self._gracia,
                inherits=inherits,
            )
        )
        await self.server.ready(lambda: speaks_amqp(LOOPBACK, self.ports.amqp))

    def stop(self) -> None:
        for child in reversed(self._children):
            child.stop()

    def kill(self) -> None:
        """SIGKILL, as a power cut would; `start` brings it back on the same data."""
        self.server.kill()
        self.stop()

    def _prepare(self) -> None:
        self._carpeta.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.password_file.exists():
            _write_private(self.password_file, secrets.token_urlsafe(24))
        password = self.password_file.read_text(encoding="ascii")
        template = _CONF + (_MANAGEMENT_CONF if self._management else "")
        conf = template.format(host=LOOPBACK, amqp=self.ports.amqp, http=self.ports.http, user=USER, password=password)
        _write_private(self._carpeta / "rabbitmq.conf", conf)
        plugins = "rabbitmq_management" if self._management else ""
        (self._carpeta / "enabled_plugins").write_text(f"[{plugins}].\n", encoding="ascii")

    def _environment(self) -> Mapping[str, str]:
        carpeta = self._carpeta.resolve()
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("RABBITMQ_", "ERL_", "NOTIFY_SOCKET"))}
        return inherited | {
            "HOME": str(carpeta),  # the cookie lives there
            "RABBITMQ_NODENAME": NODE,
            "RABBITMQ_USE_LONGNAME": "true",  # Erlang takes a name with dots for a long one
            "RABBITMQ_BASE": str(carpeta),
            "RABBITMQ_MNESIA_BASE": str(carpeta / "datos"),
            "RABBITMQ_LOG_BASE": str(carpeta / "log"),
            "RABBITMQ_CONFIG_FILE": str(carpeta / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(carpeta / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(carpeta / "ninguno"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(carpeta / "enabled_plugins"),
            "RABBITMQ_DIST_PORT": str(self.ports.distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(self.ports.epmd),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RUNNING_UNDER_SYSTEMD": "true",  # the start script then becomes the node, instead of waiting beside it
        }


def _write_private(archivo: Path, text: str) -> None:
    """Write a file that only its owner reads, from its first byte on."""
    archivo.unlink(missing_ok=True)
    with os.fdopen(os.open(archivo, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(text)

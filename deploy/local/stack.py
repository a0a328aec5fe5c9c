"""`posta up`: the whole of Posta on this machine, in the foreground, until Ctrl-C.

Servers and services are private: own ports, own data in one folder, children that die with us.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Collection, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from deploy.local.cuenta import create_first_account
from deploy.local.environment import child_environment
from deploy.local.local_settings import check_given_ports, local_settings, publish
from deploy.local.lock import one_at_a_time
from deploy.local.ports import LOOPBACK
from deploy.local.probes import http_ok
from deploy.local.screen import screen_echo
from deploy.local.servers import GRACIA, PrivateServers, start_servers
from deploy.local.supervisor import Echo, Servicio, Supervisor
from shared.errors import Misconfigured, PostaError
from shared.settings import Settings

_PULSE = 1.0


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything that runs, and the settings with which it does."""

    settings: Settings
    servers: PrivateServers
    supervisor: Supervisor

    @property
    def addresses(self) -> dict[str, str]:
        """Where people and programs find it: service → URL."""
        ports = {
            "emitter": self.settings.emitter_port,
            "monitor": self.settings.monitor_port,
            "sandbox": self.settings.sandbox_port if self.settings.sii_url else None,
        }
        return {nombre: f"http://{LOOPBACK}:{port}" for nombre, port in ports.items() if port}


def up(settings: Settings, *, sandbox: bool = True) -> int:
    """Run everything until Ctrl-C or SIGTERM; the exit status. Data stays in `<carpeta>/up` for the next time."""
    console = Console(highlight=False)
    return run_until_signalled(_up(settings, sandbox, console), console)


def run_until_signalled(body: Coroutine[Any, Any, int], console: Console, *, cancelled: int = 0) -> int:
    """The exit status that `body` gives. Ctrl-C or SIGTERM cancel it (`cancelled`); a second one ends all at once."""
    try:
        return asyncio.run(_cancelled_by_signals(body))
    except asyncio.CancelledError:
        return cancelled
    except PostaError as error:
        console.print(f"posta: {error}", style="red", markup=False, soft_wrap=True)
        return Misconfigured.EXIT_STATUS if isinstance(error, Misconfigured) else 1


async def _cancelled_by_signals(body: Coroutine[Any, Any, int]) -> int:
    task = asyncio.ensure_future(body)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if task.cancelling():
            os._exit(130)  # the guards end whatever still runs
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
            loop.add_signal_handler(number, stop)
    return await task


async def _up(settings: Settings, sandbox: bool, console: Console) -> int:
    carpeta = settings.carpeta / "up"
    console.print("Partiendo RabbitMQ, MongoDB y los servicios… (Ctrl-C detiene todo)")
    async with local_stack(settings, carpeta, sandbox=sandbox, echo=screen_echo(console)) as stack:
        for nombre, address in stack.addresses.items():
            console.print(f"[bold]{nombre:>8} │ {address}[/bold]")
        publish(stack.settings, carpeta)
        for line in await create_first_account(stack.settings, carpeta, stack.addresses["monitor"]):
            console.print(line, soft_wrap=True, markup=False)
        await stack.supervisor.during(_keep_servers(stack.servers, console))
    return 0


async def _keep_servers(servers: PrivateServers, console: Console) -> None:
    """Start a server again when it has died; for ever."""
    while True:
        for server in (servers.rabbit, servers.mongod):
            if not server.server.alive:
                console.print(f"{server.server.nombre} terminó: parte de nuevo", style="red")
                await asyncio.to_thread(server.stop)
                await server.start()
        await asyncio.sleep(_PULSE)


@asynccontextmanager
async def local_stack(
    settings: Settings,
    carpeta: Path,
    *,
    sandbox: bool,
    echo: Echo,
    gracia: float = GRACIA,
    usual_ports: bool = True,
    only: Collection[str] | None = None,
) -> AsyncIterator[Stack]:
    """Servers and services on the data in `carpeta`, serving, for as long as the block runs; then an orderly end.

    `gracia`: seconds that the servers get to close their files; `usual_ports`: take 8001 to 8004 if they are free;
    `only`: the services that run, instead of all.
    """
    check_given_ports(settings)
    async with start_servers(carpeta, settings, gracia=gracia) as servers:
        async with one_at_a_time():  # so that nobody else takes a port between our look at it and our use
            to_servers = servers.settings_for(settings)
            own = local_settings(to_servers, given=settings, carpeta=carpeta, sandbox=sandbox, usual_ports=usual_ports)
            servicios = [s for s in _services(own, sandbox=sandbox) if only is None or s.nombre in only]
            supervisor = Supervisor(servicios, child_environment(own), echo)
            await _start_or_stop(supervisor)
        try:
            yield Stack(own, servers, supervisor)
        finally:
            await supervisor.stop()


@asynccontextmanager
async def service_running(settings: Settings, nombre: str) -> AsyncIterator[None]:
    """One more service on the servers of a stack, serving for as long as the block runs; what it says is not heard."""
    servicios = [servicio for servicio in _services(settings, sandbox=False) if servicio.nombre == nombre]
    supervisor = Supervisor(servicios, child_environment(settings), lambda _, __: None)
    await _start_or_stop(supervisor)
    try:
        yield
    finally:
        await supervisor.stop()


async def _start_or_stop(supervisor: Supervisor) -> None:
    try:
        await supervisor.start()
    except BaseException:
        await supervisor.stop()
        raise


def _services(settings: Settings, *, sandbox: bool) -> list[Servicio]:
    services = [
        _service("emitter", settings.emitter_port, "/health/ready"),
        _service("sender", settings.sender_port, "/health/ready"),
        _service("monitor", settings.monitor_port, "/health/ready"),
    ]
    return [_service("sandbox", settings.sandbox_port, "/health/live"), *services] if sandbox else services


def _service(nombre: str, port: int, path: str) -> Servicio:
    command = [sys.executable, "-m", "services.cli", "run", nombre]
    return Servicio(nombre, command, lambda: http_ok(LOOPBACK, port, path))

"""How a process starts, runs its loops, and ends: in one place, the same for every service."""

from __future__ import annotations

import asyncio
import os
import pwd
import random
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import uvicorn
import uvloop

from shared.errors import Misconfigured, PostaError, Unavailable
from shared.log import get_logger

log = get_logger("posta.lifecycle")

if TYPE_CHECKING:
    from starlette.types import ASGIApp

T = TypeVar("T")

_RETRY_FIRST = 0.2
_RETRY_MAX = 5.0
_KEEP_ALIVE = 75
"""Seconds; longer than clients and proxies keep theirs (httpx 5, nginx 60): who closes second loses a request."""
_GRACIA = 5
"""Seconds for requests under way at the end; longer than the bound of any answer, and no client can draw it out."""


def process_name(servicio: str) -> str:
    """A name for this process that no other living process has: goes into ledgers and heartbeats."""
    return f"{servicio}@{socket.gethostname()}:{os.getpid()}:{random.randrange(16**4):04x}"  # noqa: S311


def operator_name() -> str:
    """Who runs this program, `usuario@host`, as the operating system has it."""
    try:
        usuario = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container the number may have no name
        usuario = str(os.getuid())
    return f"{usuario}@{socket.gethostname()}"


def run_service(main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> int:
    """Run a service until SIGTERM or SIGINT sets its stop event; gives the exit status.

    78 for Misconfigured, with the setting named on standard error.
    """
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_signalled(main))
    except Misconfigured as error:
        sys.stderr.write(f"posta: {error}\n")
        return Misconfigured.EXIT_STATUS
    except BaseExceptionGroup as group:
        misconfigured = group.subgroup(Misconfigured)
        if misconfigured is None:
            raise
        sys.stderr.write(f"posta: {_first_of_all(misconfigured)}\n")
        return Misconfigured.EXIT_STATUS
    return 0


def _first_of_all(group: BaseExceptionGroup[Misconfigured]) -> Misconfigured:
    """One exception of a group, however deep it lies: a task group within another nests what it raises."""
    first = group.exceptions[0]
    return _first_of_all(first) if isinstance(first, BaseExceptionGroup) else first


async def _until_signalled(main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await main(stop)
    except asyncio.CancelledError:  # of `until_available`: the service was told to stop before it had started
        if not stop.is_set():
            raise


async def until_available(attempt: Callable[[], Awaitable[T]], stop: asyncio.Event) -> T:
    """The result of `attempt`, tried again while it raises Unavailable, with growing, jittered waits between.

    asyncio.CancelledError once `stop` is set: the process ends before what it waited for came.
    """
    wait = _RETRY_FIRST
    while True:
        try:
            return await attempt()
        except Unavailable as error:
            log.warning("servicio_no_disponible", servicio=error.servicio, detalle=str(error))
        _obey_cancellation()
        if await stopped_within(stop, timedelta(seconds=random.uniform(0.5, 1.0) * wait)):  # noqa: S311
            raise asyncio.CancelledError
        wait = min(2 * wait, _RETRY_MAX)


async def repeat(
    step: Callable[[], Awaitable[bool]], stop: asyncio.Event, *, every: timedelta, nudge: asyncio.Event | None = None
) -> None:
    """Call `step` until `stop`: at once again while it gives True (more to do), else after `every` or a nudge.

    A failure that Posta knows is logged and waited out; any other ends the loop, and with it the service.
    """
    while not stop.is_set():
        more = False
        try:
            more = await step()
        except PostaError as error:
            log.warning("paso_fallido", paso=getattr(step, "__qualname__", repr(step)), error=str(error))
        _obey_cancellation()
        if not more:
            await _first_of(stop, nudge, every)
            if nudge is not None:
                nudge.clear()


def _obey_cancellation() -> None:
    """Raise the CancelledError that a step has swallowed, if one has.

    `asyncio.wait_for` of Python 3.11 loses a cancellation that comes in the same moment as its result; who connects to
    RabbitMQ waits with it. The loop that went on would keep its service from ending for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def serve_http(
    app: ASGIApp,
    host: str,
    port: int,
    stop: asyncio.Event,
    *,
    protocol: type[asyncio.Protocol] | Literal["auto"] = "auto",
    proxies: str = "",
) -> None:
    """Serve `app` until `stop`, then let running requests end. Misconfigured if the port cannot be had.

    `protocol` handles the connections; the sandbox brings its own, which it can cut. `proxies`: whose X-Forwarded-For
    and -Proto are believed; uvicorn by itself would believe every program of this machine.
    """
    server = _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=protocol,
            log_config=None,
            access_log=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies,
            lifespan="off",
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_GRACIA,
        )
    )
    serving = asyncio.ensure_future(server.serve_or_say_why())
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stopping.cancel()


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the process has one place for those."""

    async def serve_or_say_why(self) -> None:
        """`serve`, with Misconfigured for the SystemExit of a port that cannot be had.

        Caught inside of the task: asyncio lets a SystemExit leave the loop at once, past whoever awaits the task.
        """
        try:
            await self.serve()
        except SystemExit as error:
            host, port = self.config.host, self.config.port
            raise Misconfigured(
                f"no se puede escuchar en {host}:{port}: el puerto está ocupado o no es nuestro"
            ) from error

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        log.info("escuchando", host=self.config.host, port=self.config.port)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def stopped_within(stop: asyncio.Event, espera: timedelta) -> bool:
    """Sleep that ends early, and says so, when the service is asked to stop."""
    try:
        async with asyncio.timeout(espera.total_seconds()):
            await stop.wait()
    except TimeoutError:
        return False
    return True


async def _first_of(stop: asyncio.Event, nudge: asyncio.Event | None, every: timedelta) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in (stop, nudge) if event is not None]
    try:
        await asyncio.wait(waits, timeout=every.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()

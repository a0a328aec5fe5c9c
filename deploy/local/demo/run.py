"""The demo from start to end: a fresh stack, a company, five tills, 100 sales, and the proof that each arrived once."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from deploy.local.cuenta import create_first_account, create_reader_token
from deploy.local.demo.audit import Audit, compare, fetch_books
from deploy.local.demo.company import create_company
from deploy.local.demo.outcome import Outcome, build_outcome
from deploy.local.demo.progress import follow
from deploy.local.demo.sales import Sale, make_sales
from deploy.local.demo.screen import Bars, show_summary
from deploy.local.demo.tills import Emission, sell
from deploy.local.lock import FolderLock
from deploy.local.screen import file_echo
from deploy.local.stack import Stack, local_stack, run_until_signalled
from shared.errors import PostaError
from shared.settings import Settings

BOLETAS, FACTURAS = 80, 20
_LIMIT = 240.0
"""Seconds for the last verdict to come."""
_FIRST_QUESTION = timedelta(seconds=2)
_LEFTOVERS = 30.0
INTERRUPTED = 130

Meanwhile = Callable[[Stack], Coroutine[Any, Any, None]]
"""Something that happens to the stack while the sales are under way."""


def run_demo(settings: Settings, *, boletas: int = BOLETAS, facturas: int = FACTURAS) -> int:
    """Run it and say how it went; 0 only if every sale was accepted, none twice, and all sums agree.

    The last line of output is the outcome as JSON. With a terminal on standard input the stack then stays until Ctrl-C.
    """
    console = Console(highlight=False)
    return run_until_signalled(_demo(settings, make_sales(boletas, facturas), console), console, cancelled=INTERRUPTED)


async def _demo(settings: Settings, sales: Sequence[Sale], console: Console) -> int:
    carpeta = settings.carpeta / "demo"
    console.print("Partiendo RabbitMQ, MongoDB, el SII de pruebas y los servicios…")
    async with demo_stack(settings, carpeta) as stack:
        outcome, findings = await stack.supervisor.during(run_sales(stack, sales, console))
        show_summary(console, outcome, findings)
        if not findings.clean:
            console.print(f"Los registros de cada proceso están en {carpeta / 'log'}", style="red")
        stay = sys.stdin.isatty()
        if stay:
            for line in await create_first_account(stack.settings, carpeta, stack.addresses["monitor"]):
                console.print(line, soft_wrap=True, markup=False)
            console.print(f"El monitor sigue en [bold]{stack.addresses['monitor']}[/bold] (Ctrl-C termina)")
        console.print(json.dumps(outcome.as_dict()), soft_wrap=True, markup=False)
        if stay:
            with suppress(asyncio.CancelledError):
                await stack.supervisor.during(asyncio.Event().wait())
        return 0 if findings.clean else 1


@asynccontextmanager
async def demo_stack(settings: Settings, carpeta: Path) -> AsyncIterator[Stack]:
    """A stack on a new, empty folder. Misconfigured if another demo runs in it."""
    lock, data = FolderLock(carpeta), carpeta / "datos"
    await lock.acquire(patience=_LEFTOVERS)
    try:
        await _clear(data, carpeta / "log")
        quicker = {} if "consulta_espera" in settings.model_fields_set else {"consulta_espera": _FIRST_QUESTION}
        own = settings.model_copy(update=quicker)
        async with local_stack(
            own, data, sandbox=True, echo=file_echo(carpeta / "log"), gracia=0, usual_ports=False
        ) as stack:
            yield stack
    finally:
        lock.release()


async def _clear(data: Path, log: Path) -> None:
    """Remove the last run, once the servers of a crashed one are gone."""
    leftovers = FolderLock(data)
    await leftovers.acquire(patience=_LEFTOVERS)
    await asyncio.to_thread(shutil.rmtree, data)
    leftovers.release()
    await asyncio.to_thread(shutil.rmtree, log, ignore_errors=True)


async def run_sales(
    stack: Stack, sales: Sequence[Sale], console: Console, meanwhile: Meanwhile | None = None
) -> tuple[Outcome, Audit]:
    """Sell, follow every document to its verdict, and look at the books of everybody."""
    llaves = await create_company(stack.settings, folios=2 * len(sales))
    token = await create_reader_token(stack.settings)
    addresses = stack.addresses
    began = time.monotonic()
    with Bars(console, len(sales)) as bars, _first_known_failure():
        async with asyncio.TaskGroup() as group:
            selling = group.create_task(sell(addresses["emitter"], llaves, sales))
            group.create_task(follow(addresses["monitor"], token, len(sales), _LIMIT, bars.show))
            if meanwhile is not None:
                group.create_task(meanwhile(stack))
    seconds = time.monotonic() - began
    emissions: list[Emission] = selling.result()
    findings = compare(emissions, len(sales), await fetch_books(emissions, addresses, llaves[0], token))
    return build_outcome(emissions, findings, seconds), findings


@contextmanager
def _first_known_failure() -> Iterator[None]:
    """One failure that Posta knows, out of the group that a task group raises; any other group as it is."""
    try:
        yield
    except ExceptionGroup as group:
        known = group.subgroup(PostaError)
        if known is None:
            raise
        raise known.exceptions[0] from group

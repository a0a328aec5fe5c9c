"""The rehearsals of `posta drill` on processes that the tests start, on a corner of the run's servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.drill.rehearsal import QUICK, Rehearsal, Site, open_rehearsal
from services.sandbox.main import llaves_file
from shared.adapters.rabbit import DeadLetters
from shared.settings import Settings
from tests.service_process import ServiceProcess


@dataclass(frozen=True, slots=True)
class Processes:
    """The three processes that a document passes through, and where they are."""

    site: Site
    sandbox: ServiceProcess
    emitter: ServiceProcess
    sender: ServiceProcess


@contextmanager
def running_processes(settings: Settings, carpeta: Path, **others: object) -> Iterator[Processes]:
    """Sandbox, emitter and sender with the short waits of a drill and these `others` of the settings.

    Killed at the end, for their data are thrown away.
    """
    url = f"http://{settings.sandbox_host}:{settings.sandbox_port}"
    links = {"sii_url": url, "caf_llaves_file": llaves_file(settings.carpeta)}
    own = settings.model_copy(update={**QUICK, **links, **others})
    sandbox, emitter, sender = services = [
        ServiceProcess(own, name, carpeta / f"{name}.log") for name in ("sandbox", "emitter", "sender")
    ]
    try:
        for service in services:
            service.launch()
        yield Processes(Site(own), sandbox, emitter, sender)
    finally:
        for service in services:
            service.kill()


@asynccontextmanager
async def rehearse(processes: Processes) -> AsyncIterator[Rehearsal]:
    """Connections of this test to all parts, once these serve."""
    for service in (processes.sandbox, processes.emitter, processes.sender):
        await service.until_ready()
    async with open_rehearsal(processes.site) as r:
        yield r


async def resend_parked(r: Rehearsal, operacion: str) -> None:
    """A person has all that is parked sent again; each document once for an operation."""
    parked = [dte.id for dte in await r.store.documents.all_parked()]
    await r.store.moves.resend(parked, operacion)
    await DeadLetters(r.site.settings, "ensayo").sweep_all(r.store.documents.still_parked)

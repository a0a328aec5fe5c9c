"""Every fault of the sandbox against the real processes, and after each of them all invariants hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from services.emitter.client import DocumentoEmitido
from services.sandbox.ensayos import ENSAYOS
from shared.dte.estado import Estado
from shared.dte.tipos import Canal
from tests.rehearsal import Company, Processes, Rehearsal, rehearse, run_ensayo, running_processes
from tests.servers import RunServers, settings_for

QUICK = {
    "sobre_max_documentos": 4,
    "sii_timeout": timedelta(seconds=8),
    "consulta_espera": timedelta(seconds=0.2),
}


@pytest.fixture(scope="module")
def answers() -> dict[tuple[str, str], DocumentoEmitido]:
    """What the tills of all rehearsals so far have: each later one proves for them, too, that nothing has changed."""
    return {}


@pytest.fixture(scope="module")
def processes(servers: RunServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Emitter, sender and sandbox, shared by all rehearsals; each has a company of its own."""
    carpeta, name = tmp_path_factory.mktemp("ensayos"), servers.fresh_name()
    settings = settings_for(servers.private, name, carpeta).model_copy(update=QUICK)
    with running_processes(settings, carpeta) as running:
        yield running
    servers.sweep(name)


@pytest.fixture
async def rehearsal(processes: Processes, answers: dict[tuple[str, str], DocumentoEmitido]) -> AsyncIterator[Rehearsal]:
    async with rehearse(processes, answers) as r:
        yield r


@pytest.mark.parametrize("nombre", ENSAYOS)
async def test_after_a_fault_nothing_is_lost_doubled_or_forgotten(rehearsal: Rehearsal, nombre: str) -> None:
    ensayo = ENSAYOS[nombre]
    company = await run_ensayo(rehearsal, nombre, ensayo)
    ends = {canal: await ends_of(rehearsal, company, canal) for canal in Canal}
    usual = (Estado.ACEPTADO, None)
    for canal, found in ends.items():
        struck = (ensayo.fin, ensayo.causa)
        expected = {struck} if canal in ensayo.canales else {usual}
        if ensayo.algunos and canal in ensayo.canales:
            assert struck in found
            expected.add(usual)
        assert found <= expected, f"{canal}: {found}"
    await rehearsal.check()


async def ends_of(r: Rehearsal, company: Company, canal: Canal) -> set[tuple[Estado, str | None]]:
    """In which states the documents of one channel are, and for which cause if they are not simply accepted."""
    found = r.store._mongo.database.dtes.find({"emisor": company.rut, "canal": canal}, {"estado": 1, "error_envio": 1})
    return {(Estado(record["estado"]), (record.get("error_envio") or {}).get("causa")) async for record in found}

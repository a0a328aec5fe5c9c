"""One company's backlog does not delay another's, however deep the queue is that both stand in.

The senders are processes of their own. While who is behind is being found, each upload of the backlog takes seconds, so
that within the limit of any wait of these tests (a minute) only a part of the backlog can have left.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

from shared.adapters.rabbit import work_queue
from shared.clock import now
from shared.dte.caf import parse_caf
from shared.dte.estado import Estado
from shared.dte.rut import compute_dv
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.settings import Settings
from tests.conditions import eventually
from tests.sandbox_data import Empresa, Reloj
from tests.sender_stage import Stage, stage
from tests.service_process import ServiceProcess

NORMAL = work_queue(Canal.BOLETA, Prioridad.NORMAL)
SLOW = {"envio": {"min": 3, "max": 3}}
TINY = {"prefetch": 20, "max_workers": 1, "sobre_max_documentos": 4}
"""Of the backlog the sender holds 20 documents, and takes away 4 in three seconds."""
LEAST_LEFT = 100
"""Documents of the backlog that certainly wait when the others are at the SII: from one sender 80 leave in a minute."""


async def test_one_document_behind_hundreds_of_another_company_overtakes_them(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings.model_copy(update=TINY), tmp_path, latencia=SLOW) as s:
        backlog = await s.emit(s.boletas(1, 300))
        await eventually(partial(is_queued, s, 300))
        [other] = await add_companies(s, 1)
        [lone] = await s.emit([other.boleta(1)])
        await eventually(partial(is_queued, s, 301))
        async with senders(s, tmp_path, 2):
            await eventually(partial(has_left, s, [lone]))
            assert (await s.estados())[Estado.GENERADO] > LEAST_LEFT
            await s.sandbox.play()
            await s.until_all(Estado.ACEPTADO)
        assert (await s.dte(lone)).prioridad is Prioridad.ALTA
        assert await priorities(s, backlog) == {Prioridad.NORMAL}, "who fills the queue's head is never raised"
        assert sum(lone in envio.documentos for envio in await s.envios()) == 1, "its second message was dropped"
        await s.check_invariants()


async def test_fifty_small_companies_are_all_served_before_the_backlog_ends(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings.model_copy(update=TINY), tmp_path, latencia=SLOW) as s:
        backlog = await s.emit(s.boletas(1, 300))
        await eventually(partial(is_queued, s, 300))
        others = await add_companies(s, 50)
        few = [id_ for other in others for id_ in await s.emit([other.boleta(1)])]
        await eventually(partial(is_queued, s, 350))
        async with senders(s, tmp_path, 1):
            await eventually(partial(are_raised, s, few))
            await s.sandbox.play()
            await eventually(partial(has_left, s, few))
        assert await priorities(s, backlog) == {Prioridad.NORMAL}
        order = [id_ for envio in await s.envios() for id_ in envio.documentos]
        last = max(order.index(id_) for id_ in few)
        assert len(backlog) - len(set(order[:last]).intersection(backlog)) > LEAST_LEFT


async def test_a_second_backlog_gets_its_share_an_envelope_at_a_time(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings.model_copy(update=TINY), tmp_path, latencia=SLOW) as s:
        first = await s.emit(s.boletas(1, 200))
        await eventually(partial(is_queued, s, 200))
        [other] = await add_companies(s, 1)
        second = await s.emit([other.boleta(folio) for folio in range(1, 61)])
        await eventually(partial(is_queued, s, 260))
        async with senders(s, tmp_path, 1):
            await eventually(partial(has_left, s, second[:4]))
            assert len(await urgent_of(s, second)) == 50
            assert await priorities(s, first) == {Prioridad.NORMAL}
            await s.sandbox.play()  # a sender that is told to stop lets its upload end


@contextlib.asynccontextmanager
async def senders(s: Stage, carpeta: Path, cuantos: int) -> AsyncIterator[None]:
    """So many senders as processes, ready."""
    ports = (s.settings.sender_port, s.settings.emitter_port)[:cuantos]
    processes = [
        ServiceProcess(s.settings.model_copy(update={"sender_port": port}), "sender", carpeta / f"sender-{port}.log")
        for port in ports
    ]
    try:
        for process in processes:
            process.launch()
        for process in processes:
            await process.until_ready()
        yield
    finally:
        for process in processes:
            await asyncio.to_thread(process.stop)  # the sandbox answers from this loop, until the last question


async def add_companies(s: Stage, cuantas: int) -> Sequence[Empresa]:
    """Companies with CAFs of their own and the certificate of the stage's."""
    first = await s.store.companies.get_emisor(s.empresa.rut)
    assert first is not None
    companies: list[Empresa] = []
    for cuerpo in range(77_100_000, 77_100_000 + cuantas):
        rut = f"{cuerpo}-{compute_dv(cuerpo)}"
        await s.store.companies.save_emisor(first.model_copy(update={"rut": rut}))
        caf = parse_caf(s.sandbox.caf(rut, TipoDte.BOLETA, 1, 200))
        company = Empresa(s.sandbox.sii.authority, Reloj(now()), rut=rut, _cafs={TipoDte.BOLETA: caf})
        company.firmante = s.empresa.firmante
        companies.append(company)
    return companies


async def is_queued(s: Stage, mensajes: int) -> bool:
    return (await s.depths.measure([NORMAL]))[NORMAL].mensajes == mensajes


async def has_left(s: Stage, ids: Sequence[str]) -> bool:
    """Whether the SII has all of these."""
    dtes = await s.store.documents.find_by_ids(ids)
    return {dte.estado for dte in dtes} <= {Estado.ENVIADO, Estado.ACEPTADO}


async def urgent_of(s: Stage, ids: Sequence[str]) -> list[str]:
    return [dte.id for dte in await s.store.documents.find_by_ids(ids) if dte.prioridad is Prioridad.ALTA]


async def are_raised(s: Stage, ids: Sequence[str]) -> bool:
    """Whether the work of all of these is in the urgent queue, or was."""
    return len(await urgent_of(s, ids)) == len(ids) and await s.store.documents.count_outbox() == 0


async def priorities(s: Stage, ids: Sequence[str]) -> set[Prioridad]:
    return {dte.prioridad for dte in await s.store.documents.find_by_ids(ids)}

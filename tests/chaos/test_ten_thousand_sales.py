"""Ten thousand sales over two emitters, one of them killed ten times: all that must hold, from the till to the SII."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.demo.company import create_company
from deploy.local.demo.sales import Sale, make_sales
from deploy.local.ports import free_ports
from deploy.local.screen import file_echo
from deploy.local.stack import local_stack
from services.emitter.client import DocumentoEmitido, PosClient
from shared.adapters.mongo import Store
from shared.dte.estado import Estado
from shared.errors import Unavailable
from shared.settings import Settings
from tests.conditions import eventually
from tests.emitter_world import EmitterProcess, open_store
from tests.invariants import check_folios
from tests.sandbox_server import RAPIDO

SALES = 10_000
TILLS = 20
DEATHS = 10
Answers = dict[str, DocumentoEmitido]


class Tills:
    """Each sells its share; it asks either emitter, and asks again with the same key until it has its document."""

    def __init__(self, urls: Sequence[str], llaves: Sequence[str], sales: Sequence[Sale]) -> None:
        self._urls = urls
        self._llaves = llaves
        self._left: Iterator[Sale] = iter(sales)
        self.answered: dict[str, Answers] = {llave: {} for llave in llaves}

    @property
    def count(self) -> int:
        return sum(map(len, self.answered.values()))

    async def sell(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(TILLS):
                group.create_task(self._run(self._llaves[number % len(self._llaves)], random.Random(number)))

    async def _run(self, llave: str, luck: random.Random) -> None:
        async with (
            PosClient(self._urls[0], llave, intentos=1) as one,
            PosClient(self._urls[1], llave, intentos=1) as two,
        ):
            for sale in self._left:
                documento = await self._ask(sale, [one, two], luck)
                self.answered[llave][sale.clave] = documento
                if luck.random() < 0.05:  # the till is not sure that it was printed
                    assert (await self._ask(sale, [one, two], luck)).id == documento.id

    async def _ask(self, sale: Sale, emitters: Sequence[PosClient], luck: random.Random) -> DocumentoEmitido:
        for _ in range(1_000):
            try:
                return await luck.choice(emitters).emit(sale.venta, sale.clave)
            except Unavailable:
                continue
        raise AssertionError(f"{sale.clave} never got an answer")


@pytest.mark.timeout(900)
async def test_ten_thousand_sales_with_an_emitter_killed_ten_times_are_each_accepted_once(tmp_path: Path) -> None:
    quick = Settings.model_validate(
        {"latido": "PT0.5S", "latido_vencido": "PT3S", "consulta_espera": "PT1S", "sobre_max_documentos": 500}
    )
    echo = file_echo(tmp_path / "log")
    async with local_stack(quick, tmp_path / "datos", sandbox=True, echo=echo, usual_ports=False, gracia=0) as stack:
        async with httpx.AsyncClient() as http:
            (await http.put(f"{stack.addresses['sandbox']}/sandbox/escenario", json=RAPIDO)).raise_for_status()
        llaves = await create_company(stack.settings, 2 * SALES)
        (port,) = free_ports(1)
        victim = EmitterProcess(stack.settings.model_copy(update={"emitter_port": port}), tmp_path / "victim.log")
        await victim.start()
        tills = Tills([stack.addresses["emitter"], victim.url], llaves, make_sales(SALES * 4 // 5, SALES // 5))
        try:
            selling = asyncio.create_task(stack.supervisor.during(tills.sell()))
            for death in range(1, DEATHS + 1):
                await eventually(partial(_sold, tills, selling, death * SALES // (DEATHS + 2)), within=300)
                victim.kill()
                victim.launch()
            await selling
            async with open_store(stack.settings) as store, httpx.AsyncClient(timeout=60) as sandbox:
                await eventually(partial(_all_in, store, Estado.ACEPTADO), within=300)
                await check_sales(store, tills)
                await eventually(partial(_nothing_reserved, store))
                assert (await check_folios(store)).usados == SALES
                assert await store.documents.count_outbox() == 0
                at_sii = (await sandbox.get(f"{stack.addresses['sandbox']}/sandbox/documentos")).json()
                await check_sii(store, at_sii)
        finally:
            victim.kill()


async def _sold(tills: Tills, selling: asyncio.Task[None], cuantas: int) -> bool:
    if selling.done():
        selling.result()
    return tills.count >= cuantas


async def _all_in(store: Store, estado: Estado) -> bool:
    counted = await store.documents.count_by_estado()
    return counted == {**dict.fromkeys(Estado, 0), estado: SALES}


async def _nothing_reserved(store: Store) -> bool:
    return (await check_folios(store)).reservados == 0


async def check_sales(store: Store, tills: Tills) -> None:
    """No sale lost, none doubled, and each till's answer is what is stored, byte for byte."""
    stored = {
        (record["terminal"], record["clave"]): record
        async for record in store._mongo.database.dtes.find({}, {"salida": 0})
    }
    assert len(stored) == SALES == tills.count
    answers = [documento for answers in tills.answered.values() for documento in answers.values()]
    assert len({documento.id for documento in answers}) == SALES, "two sales have one document"
    by_id = {record["_id"]: record for record in stored.values()}
    for documento in answers:
        record = by_id[documento.id]
        assert (record["sha256"], record["folio"], record["ted"]) == (documento.sha256, documento.folio, documento.ted)
        assert hashlib.sha256(record["xml"]).hexdigest() == documento.sha256


async def check_sii(store: Store, at_sii: Sequence[dict[str, Any]]) -> None:
    """The SII holds each document once, the very bytes that are stored, and the sums agree."""
    held = Counter((one["emisor"], one["tipo"], one["folio"], one["sha256"]) for one in at_sii)
    assert set(held.values()) == {1}, "the SII received a document twice"
    ours = store._mongo.database.dtes.find({}, {"emisor": 1, "tipo": 1, "folio": 1, "sha256": 1, "monto": 1})
    records = await ours.to_list(None)
    assert set(held) == {(r["emisor"], r["tipo"], r["folio"], r["sha256"]) for r in records}
    assert sum(one["monto"] for one in at_sii) == sum(record["monto"] for record in records)

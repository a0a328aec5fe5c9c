"""A till that sells too fast, and whoever tries keys that do not exist: held off, without anybody else noticing."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import httpx
import pytest

from shared.adapters.rabbit import VENTAS_QUEUE
from shared.administracion.main import open_admin
from shared.llaves import create_llave, create_terminal_id
from shared.settings import Settings
from tests.broker import open_broker
from tests.conditions import eventually
from tests.dte_data import EMISOR_RUT, venta_boleta
from tests.emitter_world import World, create_world, open_store, request_of, running_emitter
from tests.invariants import check_folios


async def test_a_till_beyond_its_limit_is_asked_for_patience_and_its_neighbour_sells_on(settings: Settings) -> None:
    slow = settings.model_copy(update={"terminal_por_segundo": 0.01, "terminal_rafaga": timedelta(0)})
    world = await create_world(slow)
    async with open_admin(world.settings) as admin:
        quick = await admin.create_terminal(EMISOR_RUT, "Centro", "8", por_segundo=1000)
    async with running_emitter(world), world.http() as http:
        first, second = [await http.post("/v1/dte", **request_of(clave)) for clave in ("v-1", "v-2")]
        assert first.status_code == 201
        assert (second.status_code, second.json()["type"]) == (429, "urn:posta:problema:limite")
        assert second.json()["reintentar_en"] == int(second.headers["retry-after"])
        assert 90 < int(second.headers["retry-after"]) <= 100
        neighbour = World(world.settings, quick.llave, quick.terminal.id)
        async with neighbour.http() as other:
            codes = [(await other.post("/v1/dte", **request_of(f"v-{n}"))).status_code for n in range(20)]
        assert set(codes) == {201}
        assert 'resultado="rechazada"' in (await http.get("/metrics")).text


async def test_sales_over_amqp_beyond_the_limit_wait_and_none_is_refused(settings: Settings) -> None:
    slow = settings.model_copy(update={"terminal_por_segundo": 2, "terminal_rafaga": timedelta(seconds=1)})
    world = await create_world(slow)
    async with running_emitter(world), open_broker(world.settings) as broker, open_store(world.settings) as store:
        for n in range(6):
            headers = {"x-posta-terminal": world.llave, "x-idempotency-key": f"v-{n}"}
            await broker.put(VENTAS_QUEUE, json.dumps(venta_boleta()).encode(), headers=headers)

        async def all_sold() -> bool:
            return (await check_folios(store)).usados == 6

        await eventually(all_sold)


async def test_guessed_keys_are_refused_and_counted_and_the_log_stays_silent(
    http: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    guesses = [create_llave(create_terminal_id()) for _ in range(50)] + ["nada"]
    answers = await asyncio.gather(
        *(http.get("/v1/dte/x", headers={"Authorization": f"Bearer {llave}"}) for llave in guesses)
    )
    assert {answer.status_code for answer in answers} == {401}
    said = capfd.readouterr()
    assert "/v1/dte/x" not in said.out + said.err
    metrics = (await http.get("/metrics")).text
    [counted] = [line for line in metrics.splitlines() if line.startswith("posta_llaves_rechazadas_total")]
    assert float(counted.split()[1]) >= len(guesses)
    assert (await http.post("/v1/dte", **request_of("v-1"))).status_code == 201

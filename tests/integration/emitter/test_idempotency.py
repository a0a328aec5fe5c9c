"""One key, one document: however often, however fast, wherever it is sent."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from shared.adapters.mongo import Store
from shared.adapters.rabbit import VENTAS_DLQ, VENTAS_QUEUE
from shared.administracion.main import open_admin
from shared.settings import Settings
from tests.broker import open_broker
from tests.conditions import eventually
from tests.dte_data import EMISOR_RUT, venta_boleta
from tests.emitter_world import EmitterProcess, World, create_world, open_store, request_of, running_emitter
from tests.invariants import check_answers, check_folios

OTRA = venta_boleta(Detalle=[{"NmbItem": "Café", "PrcItem": 2500}])


async def test_a_repeated_key_returns_the_same_document(http: httpx.AsyncClient) -> None:
    first = await http.post("/v1/dte", **request_of("venta-1"))
    again = await http.post("/v1/dte", **request_of("venta-1"))

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()


async def test_the_same_content_in_other_spelling_is_the_same_sale(http: httpx.AsyncClient) -> None:
    first = await http.post("/v1/dte", **request_of("venta-1"))
    indented = json.dumps(venta_boleta(), indent=2, sort_keys=True).encode()

    again = await http.post("/v1/dte", **request_of("venta-1", indented))

    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


async def test_a_key_with_other_content_is_a_conflict(http: httpx.AsyncClient, store: Store) -> None:
    first = (await http.post("/v1/dte", **request_of("venta-1"))).json()

    other = await http.post("/v1/dte", **request_of("venta-1", OTRA))

    assert other.status_code == 409
    assert other.json()["type"] == "urn:posta:problema:clave-repetida"
    assert first["id"] in other.json()["detail"]
    assert (await check_folios(store)).usados == 1


async def test_fifty_at_once_with_one_key_make_one_document(http: httpx.AsyncClient, store: Store) -> None:
    answers = await asyncio.gather(*(http.post("/v1/dte", **request_of("una")) for _ in range(50)))

    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await check_folios(store)).usados == 1


async def test_at_once_with_one_key_and_two_contents_one_wins_and_the_other_conflicts(
    http: httpx.AsyncClient, store: Store
) -> None:
    contents = [venta_boleta(), OTRA] * 10

    answers = await asyncio.gather(*(http.post("/v1/dte", **request_of("una", content)) for content in contents))

    by_content = [{answer.status_code for answer in answers[start::2]} for start in (0, 1)]
    assert {409} in by_content
    assert [codes for codes in by_content if codes != {409}] in ([{200, 201}], [{201, 200}])
    assert (await check_folios(store)).usados == 1


async def test_two_emitters_at_once_with_one_key_make_one_document(settings: Settings) -> None:
    """Their commits meet at the unique index: the loser answers with the winner's document and gives its folio back."""
    one = await create_world(settings)
    other = World(one.settings.model_copy(update={"emitter_port": one.settings.sender_port}), one.llave, one.terminal)
    async with (
        running_emitter(one),
        running_emitter(other),
        one.http() as http_one,
        other.http() as http_other,
        open_store(one.settings) as store,
    ):
        answered: dict[tuple[str, str], Any] = {}
        for n in range(15):
            clave = f"venta-{n}"
            answers = await asyncio.gather(
                *(http.post("/v1/dte", **request_of(clave)) for http in (http_one, http_other) for _ in range(3))
            )
            assert len({answer.json()["id"] for answer in answers}) == 1
            assert [answer.status_code for answer in answers].count(201) == 1
            answered[one.terminal, clave] = answers[0].json()
        await check_answers(store, answered)

        async def settled() -> bool:
            return (await check_folios(store)).reservados == 0

        await eventually(settled)
        assert (await check_folios(store)).usados == 15


async def test_fifty_at_once_over_http_and_amqp_at_two_processes_make_one_document(
    settings: Settings, tmp_path: Path
) -> None:
    one = await create_world(settings)
    other = World(one.settings.model_copy(update={"emitter_port": one.settings.sender_port}), one.llave, one.terminal)
    processes = [EmitterProcess(world.settings, tmp_path / "emitter.log") for world in (one, other)]
    headers = {"x-posta-terminal": one.llave, "x-idempotency-key": "una"}
    async with (
        one.http() as http_one,
        other.http() as http_other,
        open_broker(one.settings) as broker,
        open_store(one.settings) as store,
    ):
        await broker.channel.declare_queue("respuestas", durable=True)
        await asyncio.gather(*(process.start() for process in processes))
        try:
            contents = [json.dumps(venta_boleta()).encode()] * 10 + [json.dumps(OTRA).encode()] * 2
            putting = asyncio.gather(
                *(broker.put(VENTAS_QUEUE, body, headers=headers, reply_to="respuestas") for body in contents)
            )
            posts = (http.post("/v1/dte", **request_of("una")) for http in (http_one, http_other) * 20)
            answers = await asyncio.gather(*posts)
            await putting

            async def all_replied() -> bool:
                return await broker.depth("respuestas") == 12

            await eventually(all_replied)
            replies = await broker.drain("respuestas")
            later = await http_other.post("/v1/dte", **request_of("una"))
            parked = await broker.depth(VENTAS_DLQ)
        finally:
            for process in processes:
                process.stop()
        documents = [answer.json() for answer in (*answers, later) if answer.status_code in (200, 201)]
        codes = [answer.status_code for answer in answers] + [reply.headers["x-posta-status"] for reply in replies]
        documents += [json.loads(reply.body) for reply in replies if reply.headers["x-posta-status"] in (200, 201)]
        assert len({(documento["id"], documento["sha256"]) for documento in documents}) == 1
        assert codes.count(201) == 1
        assert set(codes) == {200, 201, 409}
        [dte] = await store._mongo.database.dtes.find({}).to_list(None)
        losers = codes.count(409)
        assert (dte["monto"], losers, parked) in {(1190, 2, 2), (2500, 50, 10)}


async def test_a_key_belongs_to_its_till(world: World, http: httpx.AsyncClient) -> None:
    async with open_admin(world.settings) as admin:
        other = await admin.create_terminal(EMISOR_RUT, "Centro", "8")
    first = await http.post("/v1/dte", **request_of("venta-1"))

    request = request_of("venta-1")
    request["headers"]["Authorization"] = f"Bearer {other.llave}"
    second = await http.post("/v1/dte", **request)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


async def test_a_sale_that_was_wrong_can_be_put_right_under_its_key(http: httpx.AsyncClient) -> None:
    wrong = await http.post("/v1/dte", **request_of("venta-1", venta_boleta(Detalle=[])))
    right = await http.post("/v1/dte", **request_of("venta-1"))

    assert (wrong.status_code, right.status_code) == (422, 201)


async def test_a_sale_that_was_answered_too_late_is_found_by_its_key(settings: Settings) -> None:
    """The till gave up before the commit ended: what it was told (503) is that nobody knows."""
    world = await create_world(settings)
    hasty = World(
        world.settings.model_copy(update={"mongo_timeout": timedelta(seconds=4)}), world.llave, world.terminal
    )
    async with running_emitter(hasty), hasty.http() as http, open_store(world.settings) as store:
        leaving = asyncio.create_task(http.post("/v1/dte", **request_of("venta-1")))

        async def stored() -> bool:
            return (await check_folios(store)).usados == 1

        await asyncio.sleep(0)
        await eventually(stored)
        leaving.cancel()
        again = await http.post("/v1/dte", **request_of("venta-1"))
        assert (again.status_code, again.json()["folio"]) == (200, 1)

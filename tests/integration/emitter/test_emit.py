"""One sale, from the till to a signed document in database and broker."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.emitter import app
from shared.adapters.mongo import Store
from shared.adapters.rabbit import work_queue
from shared.administracion.main import open_admin
from shared.clock import chile, now
from shared.dte.documento import read_dte
from shared.dte.esquema import esquema_for, validate_esquema
from shared.dte.firma import verify_firma
from shared.dte.ted import verify_ted
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.settings import Settings
from tests.broker import Broker
from tests.conditions import LIMIT, eventually
from tests.dte_data import EMISOR_RUT, FIRMANTE_RUT, PASSWORD, RECEPTOR_RUT, make_p12, venta_boleta, venta_factura
from tests.emitter_world import create_world, import_folios, open_store, request_of, running_emitter
from tests.invariants import check_folios
from tests.records import make_record


@pytest.mark.parametrize(
    ("venta", "tipo", "monto", "receptor"),
    [
        (venta_boleta(), TipoDte.BOLETA, 1190, "66666666-6"),
        (venta_factura(), TipoDte.FACTURA, 37485, RECEPTOR_RUT),
    ],
)
async def test_a_sale_becomes_a_document_that_verifies(
    http: httpx.AsyncClient, venta: dict[str, Any], tipo: TipoDte, monto: int, receptor: str
) -> None:
    answer = await http.post("/v1/dte", **request_of("venta-1", venta))

    assert answer.status_code == 201, answer.text
    documento = answer.json()
    assert answer.headers["location"] == documento["enlaces"]["documento"] == f"/v1/dte/{documento['id']}"
    assert (documento["id"], documento["folio"]) == (f"{EMISOR_RUT}-{tipo:d}-1", 1)
    assert (documento["tipo"], documento["monto"], documento["receptor"]) == (tipo, monto, receptor)
    assert (documento["estado"], documento["fecha"]) == ("generado", chile(now()).date().isoformat())
    assert "idempotency-replayed" not in answer.headers

    xml = (await http.get(documento["enlaces"]["xml"])).content
    assert hashlib.sha256(xml).hexdigest() == documento["sha256"]
    validate_esquema(xml, esquema_for(tipo))
    leido = read_dte(xml)
    assert (leido.folio, leido.tipo, leido.monto, leido.ted) == (1, tipo, monto, documento["ted"])
    assert verify_firma(xml).rut == FIRMANTE_RUT
    stamp, caf = verify_ted(documento["ted"])
    assert (stamp.folio, stamp.monto, caf.emisor) == (1, monto, EMISOR_RUT)


async def test_the_event_of_a_document_reaches_the_sender_and_the_outbox_is_empty_afterwards(
    http: httpx.AsyncClient, broker: Broker, store: Store
) -> None:
    documento = (await http.post("/v1/dte", **request_of("venta-1"))).json()

    async def relayed() -> bool:
        return await store.documents.count_outbox() == 0

    await eventually(relayed)
    message = await broker.pop(work_queue(Canal.BOLETA, Prioridad.NORMAL))
    assert message is not None
    assert message.headers["id"] == documento["id"]
    assert hashlib.sha256(message.body).hexdigest() == documento["sha256"]


async def test_folios_of_many_sales_at_once_are_all_different_and_none_is_lost(
    http: httpx.AsyncClient, store: Store
) -> None:
    answers = await asyncio.gather(
        *(
            http.post("/v1/dte", **request_of(f"venta-{n}", venta_factura() if n % 5 == 0 else venta_boleta()))
            for n in range(100)
        )
    )

    assert {answer.status_code for answer in answers} == {201}
    documentos = [answer.json() for answer in answers]
    assert len({(documento["tipo"], documento["folio"]) for documento in documentos}) == 100
    assert max(documento["folio"] for documento in documentos if documento["tipo"] == 39) == 80

    async def settled() -> bool:
        return (await check_folios(store)).reservados == 0

    await eventually(settled)


async def test_what_is_wrong_with_one_sale_does_not_touch_its_neighbours(http: httpx.AsyncClient) -> None:
    def sale(n: int) -> dict[str, Any]:
        return request_of(f"venta-{n}", venta_boleta(Detalle=[]) if n % 3 == 0 else venta_boleta())

    answers = await asyncio.gather(*(http.post("/v1/dte", **sale(n)) for n in range(30)))

    assert [answer.status_code for answer in answers] == [422 if n % 3 == 0 else 201 for n in range(30)]
    folios = {answer.json()["folio"] for answer in answers if answer.status_code == 201}
    assert folios == set(range(1, 21)), "a refused sale takes no folio"


async def test_running_out_of_folios_is_an_error_for_the_rest_and_nothing_else(settings: Settings) -> None:
    world = await create_world(settings, boletas=7)
    async with running_emitter(world), world.http() as http, open_store(world.settings) as store:
        answers = await asyncio.gather(*(http.post("/v1/dte", **request_of(f"venta-{n}")) for n in range(10)))

        assert sorted(answer.status_code for answer in answers) == [201] * 7 + [503] * 3
        for n, answer in enumerate(answers):
            if answer.status_code == 503:
                assert answer.json()["type"] == "urn:posta:problema:sin-folios"
                assert "posta caf import" in answer.json()["detail"]
                assert int(answer.headers["retry-after"]) > 0
                waiting = f"venta-{n}"
        assert (await http.post("/v1/dte", **request_of("factura", venta_factura()))).status_code == 201

        async with open_admin(world.settings) as admin:
            await import_folios(admin, TipoDte.BOLETA, 8, 20)
        late = await http.post("/v1/dte", **request_of(waiting))
        assert (late.status_code, late.json()["folio"]) == (201, 8)
        await check_folios(store)


async def test_a_batch_goes_on_into_the_next_range(settings: Settings) -> None:
    world = await create_world(settings, boletas=3)
    async with open_admin(world.settings) as admin:
        await import_folios(admin, TipoDte.BOLETA, 501, 600)
    async with running_emitter(world), world.http() as http:
        answers = await asyncio.gather(*(http.post("/v1/dte", **request_of(f"venta-{n}")) for n in range(10)))

        assert {answer.json()["folio"] for answer in answers} == {1, 2, 3, *range(501, 508)}
        xml = (await http.get(f"/v1/dte/{EMISOR_RUT}-39-501/xml")).content
        assert b"<D>501</D><H>600</H>" in xml, "each document is stamped with the key of its own range"


async def test_a_folio_that_somebody_elses_document_has_is_passed_over(http: httpx.AsyncClient, store: Store) -> None:
    """As it may be after a process was taken for dead: the unique index decides, and the sale gets another folio."""
    await store.documents.insert([make_record(1), make_record(3)])

    answers = [await http.post("/v1/dte", **request_of(f"otra-{n}")) for n in range(3)]

    assert [answer.json()["folio"] for answer in answers] == [2, 4, 5]

    async def settled() -> bool:
        return (await check_folios(store)).reservados == 0

    await eventually(settled)


async def test_text_that_had_to_be_changed_is_told_to_the_till(http: httpx.AsyncClient) -> None:
    venta = venta_boleta(Detalle=[{"NmbItem": "Café – 1 kg", "PrcItem": 1000}])

    first, again = [await http.post("/v1/dte", **request_of("v", venta)) for _ in range(2)]

    assert first.json()["advertencias"] == ["Detalle[0].NmbItem: quedó como «Café - 1 kg»"]
    assert again.json()["advertencias"] == first.json()["advertencias"]


async def test_a_company_without_certificate_in_force_makes_its_sales_wait(settings: Settings) -> None:
    world = await create_world(settings)
    async with running_emitter(world), world.http() as http, open_store(world.settings) as store:
        emisor = await store.companies.get_emisor(EMISOR_RUT)
        assert emisor is not None
        await store.companies.save_emisor(emisor.model_copy(update={"certificado": None}))

        numbers = itertools.count()

        async def refused() -> httpx.Response | None:
            answer = await http.post("/v1/dte", **request_of(f"v-{next(numbers)}"))
            return answer if answer.status_code == 503 else None

        waiting = await eventually(refused)
        assert waiting is not None
        assert "posta cert set" in waiting.json()["detail"]
        assert "retry-after" in waiting.headers

        async with open_admin(world.settings) as admin:
            await admin.set_certificado(EMISOR_RUT, make_p12(), PASSWORD)
        latest = next(numbers) - 1
        assert (await http.post("/v1/dte", **request_of(f"v-{latest}"))).status_code == 201


@pytest.mark.parametrize("work", ["prepare", "sign"])
async def test_while_a_batch_is_prepared_or_signed_the_event_loop_goes_on(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    """The work is held up until another request has had its answer: on the event loop that would never come."""
    held, let_go = threading.Event(), threading.Event()
    real: Callable[..., object] = getattr(app, work)

    def hold(*arguments: object) -> object:
        held.set()
        assert let_go.wait(LIMIT), "nobody else had a turn"
        return real(*arguments)

    monkeypatch.setattr(app, work, hold)
    selling = asyncio.ensure_future(http.post("/v1/dte", **request_of("venta")))
    try:
        await eventually(held.is_set)
        assert (await http.get("/health/live")).status_code == 200
        assert not selling.done()
    finally:
        let_go.set()
    assert (await selling).status_code == 201

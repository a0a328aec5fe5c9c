"""Many sales in one request: a stream in, a stream out, and every line a sale like any other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from services.emitter.venta import MAX_BYTES
from shared.dte.tipos import TipoDte
from tests.conditions import eventually
from tests.dte_data import venta_boleta, venta_factura
from tests.emitter_world import EmitterProcess, World, create_world, open_store, request_of, running_emitter
from tests.invariants import check_answers, check_folios
from tests.servers import RunServers, settings_for
from tests.tcp_proxy import proxy_to

pytestmark = pytest.mark.asyncio(loop_scope="module")
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(servers: RunServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One emitter for all tests here, which therefore use keys of their own."""
    name = servers.fresh_name()
    settings = settings_for(servers.private, name, tmp_path_factory.mktemp(name))
    ours = await create_world(
        settings.model_copy(update={"terminal_por_segundo": 10_000, "mongo_timeout": timedelta(seconds=15)}),
        boletas=5000,
    )
    async with running_emitter(ours):
        yield ours
    servers.sweep(name)


@pytest_asyncio.fixture(loop_scope="module")
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.http() as client:
        yield client


def _fresh() -> str:
    return f"lote-{uuid4()}"


def _linea(clave: str, venta: dict[str, Any] | None = None) -> bytes:
    return json.dumps({"clave": clave, **(venta or venta_boleta())}).encode()


async def _post(http: httpx.AsyncClient, lineas: bytes | Iterable[bytes], **headers: str) -> list[Any]:
    content = lineas if isinstance(lineas, bytes) else b"\n".join(lineas)
    answer = await http.post("/v1/dte/lote", content=content, headers=NDJSON | headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(linea) for linea in answer.text.splitlines()]


class Stream:
    """A bulk request by hand, so that a test decides when something is sent and when something is read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._rest = b""

    @classmethod
    @asynccontextmanager
    async def open(cls, world: World, *, first: bytes) -> AsyncIterator[Stream]:
        stream = cls(*await asyncio.open_connection(world.settings.emitter_host, world.settings.emitter_port))
        stream._writer.write(
            f"POST /v1/dte/lote HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.llave}\r\n"
            "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        await stream.send(first)
        head = await stream._reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        try:
            yield stream
        finally:
            stream._writer.transport.abort()

    async def send(self, datos: bytes) -> None:
        self._writer.write(f"{len(datos):x}\r\n".encode() + datos + b"\r\n")
        await self._writer.drain()

    async def end(self) -> None:
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def results(self) -> list[Any]:
        """Those that end in the next pieces of the answer; nothing at its end."""
        whole: list[bytes] = []
        while not whole:
            length = int(await self._reader.readline(), 16)
            piece = (await self._reader.readexactly(length + 2))[:-2]
            if not piece:
                return []
            *whole, self._rest = (self._rest + piece).split(b"\n")
        return [json.loads(linea) for linea in whole]


async def test_every_line_has_its_own_result_in_order_and_a_bad_one_spoils_nothing(
    world: World, http: httpx.AsyncClient
) -> None:
    lote = _fresh()
    no_price = venta_boleta(Detalle=[{"NmbItem": "Té", "QtyItem": 1, "PrcItem": "mil"}])
    lineas = [
        *(_linea(f"{lote}-{n}") for n in range(1, 100)),
        b"",
        _linea(f"{lote}-101", venta_factura()) + b"\r",
        _linea(f"{lote}-102", no_price),
        b'{"clave": "x", ',
        b'{"clave": "\xff"}',
        b"   ",
        json.dumps(venta_boleta()).encode(),
        b'{"clave": 7}',
        b'["clave"]',
        _linea(f"{lote}-109") + b" " * MAX_BYTES,
        _linea(f"{lote}-110"),
        _linea(f"{lote}-1"),
        _linea(f"{lote}-1", venta_factura()),
        _linea(f"{lote}-113"),
    ]
    results = await _post(http, lineas)

    assert [result["linea"] for result in results] == [n for n in range(1, 114) if n not in (100, 105)]
    by_line = {result["linea"]: result for result in results}
    bad = {102: 422, 103: 400, 104: 400, 106: 400, 107: 400, 108: 400, 109: 413, 112: 409}
    assert {n: r["status"] for n, r in by_line.items() if "problema" in r} == bad
    assert by_line[111]["status"] == 200
    assert by_line[111]["documento"] == by_line[1]["documento"]
    new = [result for result in results if result["status"] == 201]
    assert len(new) == 102
    assert all(result["clave"] == f"{lote}-{result['linea']}" for result in new)
    assert len({(r["documento"]["tipo"], r["documento"]["folio"]) for r in new}) == 102
    assert by_line[102]["problema"]["errores"][0]["ruta"] == "Detalle[0].PrcItem"
    assert (by_line[102]["clave"], by_line[106].get("clave")) == (f"{lote}-102", None)
    assert "«clave» en la línea" in by_line[106]["problema"]["detail"]
    assert "byte inválido" in by_line[104]["problema"]["detail"]
    async with open_store(world.settings) as store:
        await check_answers(store, {(world.terminal, r["clave"]): r["documento"] for r in new})


async def test_a_line_is_the_same_sale_as_one_sent_alone_with_that_key(http: httpx.AsyncClient) -> None:
    clave = _fresh()
    alone = (await http.post("/v1/dte", **request_of(clave))).json()
    [result] = await _post(http, _linea(clave))
    assert (result["status"], result["documento"]) == (200, alone)

    [again] = await _post(http, [_linea(f"{clave}-2")])
    replayed = await http.post("/v1/dte", **request_of(f"{clave}-2"))
    assert (again["status"], replayed.status_code) == (201, 200)
    assert again["documento"] == replayed.json()


async def test_lines_without_key_are_counted_under_the_key_of_the_request(http: httpx.AsyncClient) -> None:
    lote = _fresh()
    lineas = [json.dumps(venta_boleta()).encode()] * 2 + [_linea(f"{lote}-propia")]
    first, again = [await _post(http, lineas, **{"Idempotency-Key": lote}) for _ in range(2)]

    assert [result["clave"] for result in first] == [f"{lote}:1", f"{lote}:2", f"{lote}-propia"]
    assert [result["status"] for result in first] == [201] * 3
    assert [result["status"] for result in again] == [200] * 3
    assert [r["documento"]["folio"] for r in again] == [r["documento"]["folio"] for r in first]


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({"Authorization": ""}, 401, "Bearer LLAVE"),
        ({"Authorization": "Bearer nadie"}, 401, "posta terminal create"),
        ({"Content-Type": "application/json"}, 415, "application/x-ndjson"),
        ({"Content-Type": "application/x-ndjson; charset=latin-1"}, 415, "UTF-8"),
        ({"Idempotency-Key": "x" * 120}, 400, "1 a 128"),
    ],
)
async def test_what_is_wrong_with_the_request_itself_is_said_before_anything_is_read(
    http: httpx.AsyncClient, headers: dict[str, str], status: int, said: str
) -> None:
    answer = await http.post("/v1/dte/lote", content=_linea("nunca"), headers=NDJSON | headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    found = await http.get("/v1/dte", params={"clave": "nunca"})
    assert found.json()["documentos"] == []


async def test_a_result_comes_as_soon_as_it_is_there_while_the_request_goes_on(world: World) -> None:
    lote = _fresh()
    async with Stream.open(world, first=_linea(f"{lote}-1") + b"\n") as stream:
        [first] = await stream.results()
        assert (first["linea"], first["status"]) == (1, 201)
        await stream.send(_linea(f"{lote}-2")[:20])
        await stream.send(_linea(f"{lote}-2")[20:] + b"\n" + _linea(f"{lote}-3"))
        [second] = await stream.results()
        assert (second["linea"], second["status"]) == (2, 201)
        await stream.end()
        [third] = await stream.results()
        assert (third["linea"], third["status"]) == (3, 201), "a last line needs no newline"
        assert await stream.results() == []


async def test_a_sale_at_a_till_passes_the_lines_that_wait(world: World, http: httpx.AsyncClient) -> None:
    """There are more lines waiting at any time than are taken together, until the sale has its answer."""
    lote, sent = _fresh(), 0

    def more() -> bytes:
        nonlocal sent
        sent += 100
        return b"\n".join(_linea(f"{lote}-{n}") for n in range(sent - 100, sent)) + b"\n"

    async with Stream.open(world, first=more() + more() + more()) as stream:
        results = await stream.results()
        alone = asyncio.create_task(http.post("/v1/dte", **request_of(_fresh())))
        while not alone.done():
            assert sent < 3000, "it waits for the end of the bulk"
            if sent - len(results) < 300:
                await stream.send(more())
            results += await stream.results()
        assert (await alone).status_code == 201
        await stream.end()
        while piece := await stream.results():
            results += piece
    assert [result["status"] for result in results] == [201] * sent


async def test_a_client_that_hangs_up_in_the_middle_hurts_nobody_and_repeats_without_doubling(
    world: World, http: httpx.AsyncClient
) -> None:
    lote = _fresh()
    lineas = [_linea(f"{lote}-{n}") for n in range(400)]
    async with Stream.open(world, first=b"\n".join(lineas[:300]) + b"\n") as stream:
        before = await stream.results()
        await stream.send(lineas[300][:10])

    assert (await http.post("/v1/dte", **request_of(_fresh()))).status_code == 201
    after = await _post(http, lineas)
    assert [result["linea"] for result in after] == list(range(1, 401))
    assert {result["status"] for result in after} <= {200, 201}
    for early, late in zip(before, after, strict=False):
        assert (late["status"], late["documento"]["folio"]) == (200, early["documento"]["folio"])
    async with open_store(world.settings) as store:
        await check_answers(store, {(world.terminal, r["clave"]): r["documento"] for r in after})

        async def settled() -> bool:
            return (await check_folios(store)).reservados == 0

        await eventually(settled)


async def test_an_emitter_that_is_told_to_stop_answers_what_it_took_and_refuses_the_rest(
    servers: RunServers, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = servers.fresh_name()
    carpeta = tmp_path_factory.mktemp(name)
    world = await create_world(settings_for(servers.private, name, carpeta), boletas=5000)
    process = EmitterProcess(world.settings, carpeta / "emitter.log")
    await process.start()
    lineas = [_linea(f"v-{n}") for n in range(5000)]
    sent = 200
    async with Stream.open(world, first=b"\n".join(lineas[:sent]) + b"\n") as stream:
        results = await stream.results()
        stopping = asyncio.create_task(asyncio.to_thread(process.stop))
        while not any("problema" in result for result in results):
            if sent - len(results) < 200:
                await stream.send(b"\n".join(lineas[sent : sent + 100]) + b"\n")
                sent += 100
            results += await stream.results()
        await stream.end()
        while more := await stream.results():
            results += more
        assert await stopping == 0

    assert [result["linea"] for result in results] == list(range(1, sent + 1))
    issued = {(world.terminal, r["clave"]): r["documento"] for r in results if "documento" in r}
    refused = [result["problema"] for result in results if "problema" in result]
    assert {problema["type"] for problema in refused} == {"urn:posta:problema:no-disponible"}
    assert all("repita la línea con la misma clave" in problema["detail"] for problema in refused)
    async with open_store(world.settings) as store:
        await check_answers(store, issued)
        assert (await check_folios(store)).usados == len(issued) > 0
    servers.sweep(name)


async def test_running_out_of_folios_is_an_error_for_the_rest_and_nothing_else(
    servers: RunServers, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = servers.fresh_name()
    world = await create_world(settings_for(servers.private, name, tmp_path_factory.mktemp(name)), boletas=7)
    async with running_emitter(world), world.http() as http, open_store(world.settings) as store:
        ventas = [*[venta_boleta()] * 10, venta_factura()]
        results = await _post(http, [_linea(f"v-{n}", venta) for n, venta in enumerate(ventas)])

        assert [r["status"] for r in results] == [*[201] * 7, *[503] * 3, 201]
        for short in results[7:10]:
            assert short["problema"]["type"] == "urn:posta:problema:sin-folios"
            assert "posta caf import" in short["problema"]["detail"]
            assert short["problema"]["reintentar_en"] > 0
        assert results[10]["documento"]["tipo"] == TipoDte.FACTURA
        await check_folios(store)
    servers.sweep(name)


async def test_with_mongodb_away_the_lines_in_flight_are_told_so_and_the_rest_goes_on_once_it_is_back(
    servers: RunServers, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = servers.fresh_name()
    world = await create_world(settings_for(servers.private, name, tmp_path_factory.mktemp(name)))
    async with proxy_to(servers.private.mongod.port) as proxy, open_store(world.settings) as store:
        url = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
        cut = world.settings.model_copy(update={"mongo_url": url, "mongo_timeout": timedelta(seconds=3)})
        behind = World(cut, world.llave, world.terminal)
        async with running_emitter(behind), behind.http() as http:
            lineas = [_linea(f"v-{n}") for n in range(400)]
            results: list[Any] = []
            async with Stream.open(behind, first=lineas[0] + b"\n") as stream:
                assert [r["status"] for r in await stream.results()] == [201]
                proxy.cut_after(b"v-9")
                await stream.send(b"\n".join(lineas[1:]) + b"\n")
                while not any(result["status"] == 503 for result in results):
                    results += await stream.results()
                proxy.heal()
                await stream.end()
                while more := await stream.results():
                    results += more

            refused = [result for result in results if "problema" in result]
            assert [result["linea"] for result in results] == list(range(2, 401))
            assert {result["problema"]["type"] for result in refused} == {"urn:posta:problema:no-disponible"}
            assert all(
                "repítala" in r["problema"]["detail"] or "no responde" in r["problema"]["detail"] for r in refused
            )
            assert all(result["problema"]["reintentar_en"] > 0 for result in refused)
            first = min(result["linea"] for result in refused)
            assert any(r["status"] == 201 for r in results if r["linea"] > first), "it went on by itself"
            again = await _post(http, lineas)
            assert {result["status"] for result in again} == {200, 201}
            await check_answers(store, {(world.terminal, r["clave"]): r["documento"] for r in again})
    servers.sweep(name)

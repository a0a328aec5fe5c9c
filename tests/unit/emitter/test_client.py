"""The POS client against answers of every kind. No waiting here is longer than it has to be."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.emitter.answers import to_documento, to_problema
from services.emitter.client import NotAuthorized, PosClient, Resultado, SinFolios, SinRespuesta
from shared.errors import Conflict, Falla, FoliosExhausted, Invalid, Misconfigured, Unavailable
from tests.dte_data import venta_boleta
from tests.records import make_record

DOCUMENTO = to_documento(make_record(7), ("aviso",)).model_dump_json()
Answer = Callable[[httpx.Request], httpx.Response]


class Emisor:
    """Answers each request with the next thing on its list: a response, or an exception of the transport."""

    def __init__(self, *script: httpx.Response | Exception) -> None:
        self.script = list(script)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []
        """What the client asked to wait; none of it is waited."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        outcome = self.script.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def client(self, **options: Any) -> PosClient:
        return PosClient("http://pos", "posta_llave", transport=httpx.MockTransport(self), sleep=self._sleep, **options)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


def _ok(status: int = 201, **headers: str) -> httpx.Response:
    return httpx.Response(status, content=DOCUMENTO, headers=headers)


def _problem(error: Exception, **headers: str) -> httpx.Response:
    problema = to_problema(error)
    return httpx.Response(problema.status, content=problema.model_dump_json(), headers=headers)


async def test_a_sale_is_sent_with_key_and_till_and_comes_back_as_a_document() -> None:
    emisor = Emisor(_ok())
    async with emisor.client() as pos:
        documento = await pos.emit(venta_boleta(), "venta-7")

    [request] = emisor.requests
    assert json.loads(request.content) == venta_boleta()
    assert (request.headers["idempotency-key"], request.headers["authorization"]) == ("venta-7", "Bearer posta_llave")
    assert (documento.folio, documento.monto, documento.repetido, documento.advertencias) == (
        7,
        1190,
        False,
        ("aviso",),
    )


async def test_a_document_that_was_there_already_is_marked_as_such() -> None:
    emisor = Emisor(_ok(200, **{"Idempotency-Replayed": "true"}))
    async with emisor.client() as pos:
        assert (await pos.emit(b"{}", "venta-7")).repetido


@pytest.mark.parametrize(
    "hiccup",
    [
        httpx.ConnectError("nadie escucha"),
        httpx.ReadTimeout("sin respuesta"),
        httpx.RemoteProtocolError("cortado"),
        _problem(Unavailable("MongoDB")),
        httpx.Response(502, text="<html>proxy</html>"),
        httpx.Response(429),
    ],
)
async def test_without_an_answer_the_same_sale_is_sent_again_with_the_same_key(
    hiccup: httpx.Response | Exception,
) -> None:
    emisor = Emisor(hiccup, hiccup, _ok())
    async with emisor.client() as pos:
        assert (await pos.emit(venta_boleta(), "venta-7")).folio == 7

    assert len({(request.headers["idempotency-key"], request.content) for request in emisor.requests}) == 1
    assert len(emisor.waits) == 2
    assert emisor.waits[1] > emisor.waits[0] > 0


async def test_the_emitters_wish_for_patience_is_respected_up_to_a_bound() -> None:
    asked = [
        _problem(Unavailable("MongoDB"), **{"Retry-After": value})
        for value in ("7", "3600", "Tue, 24 Nov 2026 03:36:07 GMT")
    ]
    emisor = Emisor(*asked, _ok())
    async with emisor.client() as pos:
        await pos.emit(b"{}", "v")
    assert 7 <= emisor.waits[0] <= 7 * 1.25
    assert 30 <= emisor.waits[1] <= 30 * 1.25


async def test_attempts_are_bounded_and_the_last_word_is_that_nobody_knows() -> None:
    emisor = Emisor(*[httpx.ConnectError("All connection attempts failed")] * 3)
    async with emisor.client(intentos=3) as pos:
        with pytest.raises(Unavailable, match=r"no hay conexión con él \(3 intentos"):
            await pos.emit(b"{}", "v")
    assert len(emisor.waits) == 2


async def test_faults_of_the_sale_come_with_their_paths_and_are_not_tried_again() -> None:
    fallas = (Falla("Detalle[0].PrcItem", "C-1", "falta"), Falla("", "C-2", "otra"))
    emisor = Emisor(_problem(Invalid(*fallas)))
    async with emisor.client() as pos:
        with pytest.raises(Invalid) as caught:
            await pos.emit(b"{}", "v")
    assert tuple(caught.value.fallas) == fallas


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (_problem(Conflict("la clave ya se usó")), Conflict, "ya se usó"),
        (httpx.Response(401, json={"detail": "llave revocada"}), NotAuthorized, "llave revocada"),
        (httpx.Response(413, json={"detail": "muy grande", "type": "urn:x"}), Invalid, "muy grande"),
        (httpx.Response(404, text="<html>"), Invalid, "HTTP 404"),
        (_problem(KeyError("x")), Unavailable, "quedó registrado"),
    ],
)
async def test_every_other_answer_is_an_exception_of_its_own(
    answer: httpx.Response, error: type[Exception], said: str
) -> None:
    async with Emisor(answer).client() as pos:
        with pytest.raises(error, match=said):
            await pos.emit(b"{}", "v")


def _lineas(*resultados: dict[str, Any] | bytes) -> httpx.Response:
    """An answer to a bulk request; bytes stand for a line that was cut off."""
    texto = b"".join(r if isinstance(r, bytes) else json.dumps(r).encode() + b"\n" for r in resultados)
    return httpx.Response(200, content=texto)


def _linea(numero: int, outcome: int | Exception = 201) -> dict[str, Any]:
    if isinstance(outcome, Exception):
        problema = to_problema(outcome)
        return {"linea": numero, "status": problema.status, "problema": problema.model_dump(mode="json")}
    return {"linea": numero, "status": outcome, "documento": json.loads(DOCUMENTO)}


async def _emit_lote(emisor: Emisor, cuantas: int, **options: Any) -> list[Resultado]:
    async with emisor.client(**options) as pos:
        ventas = [(f"v-{n}", venta_boleta()) for n in range(cuantas)]
        return [resultado async for resultado in pos.emit_lote(ventas)]


def _claves(request: httpx.Request) -> list[str]:
    return [json.loads(linea)["clave"] for linea in request.content.splitlines()]


async def test_of_many_sales_only_those_without_an_answer_are_sent_again() -> None:
    emisor = Emisor(
        _lineas(_linea(1), _linea(2, Unavailable("MongoDB")), b'{"linea": 3, "sta'),
        httpx.ReadError("cortado"),
        _lineas(_linea(1, 200), _linea(2)),
    )
    results = await _emit_lote(emisor, 3)

    assert [_claves(request) for request in emisor.requests] == [["v-0", "v-1", "v-2"], ["v-1", "v-2"], ["v-1", "v-2"]]
    assert [(r.clave, r.documento is not None and r.documento.repetido) for r in results] == [
        ("v-0", False),
        ("v-1", True),
        ("v-2", False),
    ]


async def test_each_refusal_of_many_is_the_exception_of_a_lone_one_and_is_not_tried_again() -> None:
    falla = Falla("Detalle[0].PrcItem", "C-1", "falta")
    emisor = Emisor(
        _lineas(
            _linea(1, Invalid(falla)), _linea(2, Conflict("ya se usó")), _linea(3, FoliosExhausted("77123456-9", 39))
        )
    )
    invalid, conflict, exhausted = [resultado.error for resultado in await _emit_lote(emisor, 3)]

    assert isinstance(invalid, Invalid)
    assert list(invalid.fallas) == [falla]
    assert isinstance(conflict, Conflict)
    assert isinstance(exhausted, SinFolios)
    assert "posta caf import" in str(exhausted)
    assert len(emisor.requests) == 1


async def test_many_sales_of_which_nobody_knows_are_told_one_by_one() -> None:
    emisor = Emisor(_lineas(_linea(1)), httpx.Response(503, headers={"Retry-After": "7"}), httpx.ConnectError("nadie"))
    results = await _emit_lote(emisor, 3, intentos=3)

    assert results[0].documento is not None
    assert [type(resultado.error) for resultado in results[1:]] == [SinRespuesta] * 2
    assert emisor.waits[1] >= 7


@pytest.mark.parametrize(("status", "error"), [(401, NotAuthorized), (415, Invalid)])
async def test_a_bulk_request_that_is_refused_as_a_whole_ends_it(status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="dicho"):
        await _emit_lote(Emisor(httpx.Response(status, json={"detail": "dicho"})), 3)


def test_a_till_needs_nothing_of_the_rest_of_posta() -> None:
    heavy = ("fastapi", "motor", "pymongo", "aio_pika", "lxml", "xmlsec", "cryptography", "structlog", "django")
    program = f"import sys, services.emitter.client; print([name for name in {heavy} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


async def test_a_key_that_no_header_can_carry_is_refused_before_anything_is_sent() -> None:
    emisor = Emisor()
    async with emisor.client() as pos:
        for clave in ("año-1", "", "a\nb", "x" * 129):
            with pytest.raises(Invalid, match="ASCII imprimibles"):
                await pos.emit(b"{}", clave)
    assert not emisor.requests


@pytest.mark.parametrize("llave", ["", "llave\notra", "llavé"])
def test_what_cannot_be_a_till_s_key_is_refused_without_showing_it(llave: str) -> None:
    with pytest.raises(NotAuthorized, match="posta terminal create") as refused:
        PosClient("http://pos", llave)
    assert not llave or llave not in str(refused.value)


@pytest.mark.parametrize("url", ["", "pos:8001", "ftp://pos", "http://", "http://pos:x"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(Misconfigured, match="no es la dirección de un emisor"):
        PosClient(url, "posta_llave")


async def test_folios_that_have_run_out_are_said_at_once_and_not_as_silence() -> None:
    emisor = Emisor(_problem(FoliosExhausted("77123456-9", 39), **{"Retry-After": "30"}))
    async with emisor.client() as pos:
        with pytest.raises(SinFolios, match=r"^no quedan folios .*posta caf import"):
            await pos.emit(b"{}", "venta-7")
    assert not emisor.waits


async def test_without_connection_the_till_reads_why_in_spanish() -> None:
    emisor = Emisor(httpx.ConnectError("All connection attempts failed"), httpx.ReadTimeout("x"), httpx.ReadError("x"))
    async with emisor.client(intentos=1) as pos:
        for words in ("no hay conexión con él", "no respondió a tiempo", "se cortó la conexión"):
            with pytest.raises(SinRespuesta, match=words):
                await pos.emit(b"{}", "venta-7")

"""The POS client against answers of every kind. No waiting here is longer than it has to be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.emitter.answers import to_documento, to_problema
from services.emitter.client import NotAuthorized, PosClient
from shared.errors import Conflict, Falla, FoliosExhausted, Invalid, Unavailable
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
        _problem(FoliosExhausted("77123456-9", 39)),
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
    emisor = Emisor(*[httpx.ConnectError("nadie escucha")] * 3)
    async with emisor.client(intentos=3) as pos:
        with pytest.raises(Unavailable, match=r"nadie escucha.*3 intentos"):
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

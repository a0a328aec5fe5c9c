"""A token that has expired, in each of the ways in which the SII says so: renewed once, by one login for all."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from fastapi import FastAPI, Request, Response

from deploy.local.ports import LOOPBACK, free_ports
from shared.adapters.sii.client import Sii
from shared.adapters.sii.endpoints import endpoints_for
from shared.adapters.transport import Transport
from shared.dte.causa import Causa
from shared.dte.respuesta import NoAhora, Recibido
from shared.dte.tipos import Ambiente, Canal, CanalSii
from shared.dte.veredicto import Procesado
from shared.lifecycle import serve_http
from tests.conditions import eventually
from tests.dte_data import EMISOR_RUT, firmante
from tests.scripted_sii import _OPERACION, _RESPUESTA, _SOAP

SUBIDAS = [
    (Canal.FACTURA, 200, "<RECEPCIONDTE><STATUS>5</STATUS></RECEPCIONDTE>"),
    (Canal.FACTURA, 401, "NO ESTA AUTENTICADO"),
    (Canal.BOLETA, 401, "NO ESTA AUTENTICADO"),
]
CONSULTAS = [
    *[(Canal.FACTURA, 200, _RESPUESTA.format(f"<ESTADO>{codigo}</ESTADO>", "")) for codigo in ("001", "002", "003")],
    (Canal.FACTURA, 401, "NO ESTA AUTENTICADO"),
    (Canal.BOLETA, 401, "NO ESTA AUTENTICADO"),
]


@dataclass
class Servicio:
    """An SII that gives out `T1`, `T2`, … and takes only the tokens from `vale` on; to others it says `rechazo`."""

    url: str
    status: int
    rechazo: str
    logins: int = 0
    vale: int = 1
    refused: int = 0

    def answer(self, request: Request, cuerpo: str, buena: str) -> Response:
        token = re.search(r"T(\d+)", request.headers.get("cookie", "") + cuerpo)
        if token is not None and int(token[1]) >= self.vale:
            return Response(buena)
        self.refused += 1
        return Response(self._wrapped(request), self.status)

    def login(self) -> str:
        self.logins += 1
        return _RESPUESTA.format("<ESTADO>00</ESTADO>", f"<TOKEN>T{self.logins}</TOKEN>")

    def _wrapped(self, request: Request) -> str:
        return _to_soap("QueryEstUp.jws", self.rechazo) if "DTEWS" in request.url.path else self.rechazo


def _to_soap(servicio: str, texto: str) -> str:
    escaped = texto.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SOAP.format(operacion=_OPERACION[servicio], texto=escaped)


SEMILLA = _RESPUESTA.format("<ESTADO>00</ESTADO>", "<SEMILLA>000000000078</SEMILLA>")
PROCESADO = _RESPUESTA.format("<ESTADO>EPR</ESTADO>", "")


def create_app(servicio: Servicio) -> FastAPI:
    app = FastAPI()
    _add_factura(app, servicio)
    _add_boleta(app, servicio)
    return app


def _add_boleta(app: FastAPI, servicio: Servicio) -> None:
    rest = "/recursos/v1"

    @app.get(f"{rest}/boleta.electronica.semilla")
    async def semilla() -> Response:
        return Response(SEMILLA)

    @app.post(f"{rest}/boleta.electronica.token")
    async def token() -> Response:
        return Response(servicio.login())

    @app.post(f"{rest}/boleta.electronica.envio")
    async def envio(request: Request) -> Response:
        return servicio.answer(request, "", '{"trackid": 1001, "estado": "REC"}')

    @app.get(f"{rest}/boleta.electronica.envio/{{clave}}")
    async def estado(request: Request, clave: str) -> Response:
        return servicio.answer(request, "", f'{{"trackid": "{clave[-4:]}", "estado": "EPR"}}')


def _add_factura(app: FastAPI, servicio: Servicio) -> None:
    @app.post("/DTEWS/{nombre}")
    async def soap(nombre: str, request: Request) -> Response:
        if nombre == "CrSeed.jws":
            return Response(_to_soap(nombre, SEMILLA))
        if nombre == "GetTokenFromSeed.jws":
            return Response(_to_soap(nombre, servicio.login()))
        return servicio.answer(request, (await request.body()).decode(), _to_soap(nombre, PROCESADO))

    @app.post("/cgi_dte/UPL/DTEUpload")
    async def dteupload(request: Request) -> Response:
        return servicio.answer(request, "", "<RECEPCIONDTE><STATUS>0</STATUS><TRACKID>1001</TRACKID></RECEPCIONDTE>")


@asynccontextmanager
async def serving(status: int, rechazo: str) -> AsyncIterator[tuple[Servicio, Sii]]:
    (port,) = free_ports(1)
    servicio, stop = Servicio(f"http://{LOOPBACK}:{port}", status, rechazo), asyncio.Event()
    running = asyncio.ensure_future(serve_http(create_app(servicio), LOOPBACK, port, stop))
    sii = Sii(Transport(timedelta(seconds=10)), endpoints_for(Ambiente.CERTIFICACION, servicio.url))
    try:
        await eventually(lambda: _is_open(port))
        yield servicio, sii
    finally:
        await sii.close()
        stop.set()
        await running


async def _is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def upload(sii: Sii, canal: CanalSii) -> object:
    return (await sii.upload(canal, EMISOR_RUT, firmante(), "Envio.xml", b"<EnvioDTE/>")).valor


@pytest.mark.parametrize(("canal", "status", "rechazo"), SUBIDAS)
async def test_an_upload_is_repeated_with_a_new_token(canal: CanalSii, status: int, rechazo: str) -> None:
    async with serving(status, rechazo) as (servicio, sii):
        assert await upload(sii, canal) == Recibido("1001")
        servicio.vale = 2
        assert await upload(sii, canal) == Recibido("1001")
        assert await upload(sii, canal) == Recibido("1001")
        assert (servicio.logins, servicio.refused) == (2, 1)


@pytest.mark.parametrize(("canal", "status", "rechazo"), SUBIDAS)
async def test_many_uploads_whose_token_has_expired_share_one_renewal(
    canal: CanalSii, status: int, rechazo: str
) -> None:
    async with serving(status, rechazo) as (servicio, sii):
        assert await upload(sii, canal) == Recibido("1001")
        servicio.vale = 2
        assert await asyncio.gather(*(upload(sii, canal) for _ in range(8))) == [Recibido("1001")] * 8
        assert servicio.logins == 2


@pytest.mark.parametrize(("canal", "status", "rechazo"), SUBIDAS)
async def test_a_token_that_is_refused_again_and_again_is_not_asked_for_without_end(
    canal: CanalSii, status: int, rechazo: str
) -> None:
    async with serving(status, rechazo) as (servicio, sii):
        servicio.vale = 1_000
        refused = await upload(sii, canal)
        assert isinstance(refused, NoAhora)
        assert (refused.causa, servicio.logins, servicio.refused) == (Causa.TOKEN, 2, 2)


@pytest.mark.parametrize(("canal", "status", "rechazo"), CONSULTAS)
async def test_a_question_is_repeated_with_a_new_token(canal: CanalSii, status: int, rechazo: str) -> None:
    async with serving(status, rechazo) as (servicio, sii):
        servicio.vale = 2
        dicho = await sii.ask_envio(canal, EMISOR_RUT, firmante(), "1001")
        assert isinstance(dicho.valor, Procesado)
        assert (servicio.logins, servicio.refused) == (2, 1)

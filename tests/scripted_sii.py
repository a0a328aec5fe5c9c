"""An SII that says exactly what a test tells it to: for answers that the sandbox, being right, never gives."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TypeVar
from xml.sax.saxutils import escape

import httpx
from fastapi import FastAPI, Request, Response

from deploy.local.ports import LOOPBACK, free_ports
from shared.lifecycle import serve_http
from tests.conditions import eventually

T = TypeVar("T")

_ARCHIVO = re.compile(rb'name="archivo".*?\r\n\r\n(.*)\r\n--', re.DOTALL)


@dataclass
class Script:
    """What is answered; lists are used up but for their last entry, which repeats."""

    url: str
    uploads: list[int] = field(default_factory=lambda: [200])
    """HTTP status of each upload; 200 gives a new track id."""
    status: int = 0
    """STATUS of DTEUpload."""
    envios: list[dict[str, object]] = field(default_factory=lambda: [{"estado": "EPR"}])
    """Answers about envelopes: `estado`, and on the boleta channel `estadistica` and `detalle_rep_rech`."""
    dtes: dict[int, str] = field(default_factory=dict)
    """Answers about documents by folio; FAU for all others."""
    received: list[bytes] = field(default_factory=list)
    """The bytes of every upload."""
    asked: list[str] = field(default_factory=list)
    """Track ids that were asked about."""
    _track_ids: count[int] = field(default_factory=lambda: count(1001))

    def take_upload(self, body: bytes) -> int:
        found = _ARCHIVO.search(body)
        assert found is not None
        self.received.append(found[1])
        return _next(self.uploads)

    def answer_upload(self) -> tuple[int, str]:
        track_id = next(self._track_ids)
        detail = "" if self.status == 0 else "<DETAIL><ERROR>lo dice el guion</ERROR></DETAIL>"
        return track_id, (
            f"<RECEPCIONDTE><STATUS>{self.status}</STATUS><TRACKID>{track_id}</TRACKID>{detail}</RECEPCIONDTE>"
        )

    def ask_envio(self, track_id: str) -> dict[str, object]:
        self.asked.append(track_id)
        return _next(self.envios)


def _next(answers: list[T]) -> T:
    return answers.pop(0) if len(answers) > 1 else answers[0]


def create_app(script: Script) -> FastAPI:
    """The SII's real paths, one way in for each channel."""
    app = FastAPI()
    _add_boleta(app, script)
    _add_factura(app, script)

    @app.get("/")
    async def root() -> str:
        return "ok"

    return app


def _add_boleta(app: FastAPI, script: Script) -> None:
    rest = "/recursos/v1"

    @app.get(f"{rest}/boleta.electronica.semilla")
    async def semilla() -> Response:
        return _xml(_SEMILLA)

    @app.post(f"{rest}/boleta.electronica.token")
    async def token() -> Response:
        return _xml(_TOKEN)

    @app.post(f"{rest}/boleta.electronica.envio")
    async def envio(request: Request) -> Response:
        status = script.take_upload(await request.body())
        track_id, _ = script.answer_upload()
        return Response(f'{{"trackid": {track_id}, "estado": "REC"}}', status)

    @app.get(f"{rest}/boleta.electronica.envio/{{clave}}")
    async def estado_envio(clave: str) -> dict[str, object]:
        return script.ask_envio(clave.rsplit("-", 1)[1])

    @app.get(f"{rest}/boleta.electronica/{{clave}}/estado")
    async def estado_dte(clave: str) -> dict[str, object]:
        return {"codigo": script.dtes.get(int(clave.rsplit("-", 1)[1]), "FAU"), "descripcion": "guion"}


def _add_factura(app: FastAPI, script: Script) -> None:
    @app.post("/cgi_dte/UPL/DTEUpload")
    async def dteupload(request: Request) -> Response:
        status = script.take_upload(await request.body())
        return Response(script.answer_upload()[1], status, media_type="text/xml")

    @app.post("/DTEWS/{servicio}")
    async def soap(servicio: str, request: Request) -> Response:
        body = (await request.body()).decode()
        return _xml(_SOAP.format(operacion=_OPERACION[servicio], texto=escape(_answer_soap(script, servicio, body))))


def _answer_soap(script: Script, servicio: str, body: str) -> str:
    match servicio:
        case "CrSeed.jws":
            return _SEMILLA
        case "GetTokenFromSeed.jws":
            return _TOKEN
        case "QueryEstUp.jws":
            answer = script.ask_envio(_field(body, "TrackId"))
            return _RESPUESTA.format(f"<ESTADO>{answer['estado']}</ESTADO>", answer.get("cuerpo", ""))
        case _:
            codigo = script.dtes.get(int(_field(body, "FolioDte")), "FAU")
            return _RESPUESTA.format(f"<ESTADO>{codigo}</ESTADO><GLOSA_ESTADO>guion</GLOSA_ESTADO>", "")


def _field(body: str, name: str) -> str:
    found = re.search(rf"<{name}[^>]*>([^<]*)<", body)
    assert found is not None
    return found[1]


def _xml(texto: str) -> Response:
    return Response(texto, media_type="text/xml")


_RESPUESTA = (
    '<?xml version="1.0" encoding="UTF-8"?><SII:RESPUESTA xmlns:SII="http://www.sii.cl/XMLSchema">'
    "<SII:RESP_HDR>{}</SII:RESP_HDR><SII:RESP_BODY>{}</SII:RESP_BODY></SII:RESPUESTA>"
)
_SEMILLA = _RESPUESTA.format("<ESTADO>00</ESTADO>", "<SEMILLA>000000000078</SEMILLA>")
_TOKEN = _RESPUESTA.format("<ESTADO>00</ESTADO>", "<TOKEN>GUION123</TOKEN>")
_SOAP = (
    '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    "<r><{operacion}Return>{texto}</{operacion}Return></r></e:Body></e:Envelope>"
)
_OPERACION = {
    "CrSeed.jws": "getSeed",
    "GetTokenFromSeed.jws": "getToken",
    "QueryEstUp.jws": "getEstUp",
    "QueryEstDte.jws": "getEstDte",
}


@asynccontextmanager
async def scripted_sii() -> AsyncIterator[Script]:
    """A scripted SII on a free port of loopback, until the block ends."""
    (port,) = free_ports(1)
    script, stop = Script(f"http://{LOOPBACK}:{port}"), asyncio.Event()
    serving = asyncio.ensure_future(serve_http(create_app(script), LOOPBACK, port, stop))
    try:
        await eventually(partial(_is_up, serving, script.url))
        yield script
    finally:
        stop.set()
        await serving


async def _is_up(serving: asyncio.Future[None], url: str) -> bool:
    if serving.done():
        await serving  # raises what kept it from starting
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(url)).status_code == 200
        except httpx.TransportError:
            return False

"""The SII's addresses: all its hosts on one port, under the real paths."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from services.sandbox import web_boleta, web_dtebox, web_factura
from services.sandbox.admin import add_admin
from services.sandbox.app import Sii
from services.sandbox.faults import play
from services.sandbox.scenarios import Operacion
from shared.dte.tipos import Canal


@dataclass(frozen=True, slots=True)
class Ruta:
    """One address of the SII: what it is in the words of a scenario, and who answers."""

    metodo: str
    camino: str
    canal: Canal
    operacion: Operacion
    answer: Callable[[Sii, Request], Awaitable[Response]]


_JWS = "/DTEWS/{servicio}.jws"
_API = "/recursos/v1/boleta.electronica"
_CAJA = "/api/Core.svc/{core}"

RUTAS = (
    Ruta("POST", "/DTEWS/CrSeed.jws", Canal.FACTURA, Operacion.SEMILLA, web_factura.answer_semilla),
    Ruta("POST", "/DTEWS/GetTokenFromSeed.jws", Canal.FACTURA, Operacion.TOKEN, web_factura.answer_token),
    Ruta("POST", "/DTEWS/QueryEstUp.jws", Canal.FACTURA, Operacion.CONSULTA, web_factura.answer_estado_envio),
    Ruta("POST", "/DTEWS/QueryEstDte.jws", Canal.FACTURA, Operacion.CONSULTA, web_factura.answer_estado_dte),
    Ruta("POST", "/cgi_dte/UPL/DTEUpload", Canal.FACTURA, Operacion.ENVIO, web_factura.answer_envio),
    Ruta("GET", f"{_API}.semilla", Canal.BOLETA, Operacion.SEMILLA, web_boleta.answer_semilla),
    Ruta("POST", f"{_API}.token", Canal.BOLETA, Operacion.TOKEN, web_boleta.answer_token),
    Ruta("POST", f"{_API}.envio", Canal.BOLETA, Operacion.ENVIO, web_boleta.answer_envio),
    Ruta(
        "GET",
        f"{_API}.envio/{{rut}}-{{dv}}-{{trackid}}",
        Canal.BOLETA,
        Operacion.CONSULTA,
        web_boleta.answer_estado_envio,
    ),
    Ruta(
        "GET",
        f"{_API}/{{rut}}-{{dv}}-{{tipo}}-{{folio}}/estado",
        Canal.BOLETA,
        Operacion.CONSULTA,
        web_boleta.answer_estado_dte,
    ),
    Ruta("POST", f"{_CAJA}/SendDocumentAsXML", Canal.DTEBOX, Operacion.ENVIO, web_dtebox.answer_envio),
    Ruta(
        "GET",
        f"{_CAJA}/FiscalStatus/{{ambiente}}/{{rut}}/{{tipo}}/{{folio}}",
        Canal.DTEBOX,
        Operacion.CONSULTA,
        web_dtebox.answer_estado,
    ),
)


def create_app(sii: Sii) -> FastAPI:
    """The HTTP application of one SII, with its administration under `/sandbox/`."""
    app = FastAPI(title="SII de pruebas", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(HTTPException, _answer_error)
    app.add_exception_handler(ClientDisconnect, _answer_error)
    app.add_route(_JWS, web_factura.describe, methods=["GET"])
    for ruta in RUTAS:
        app.add_route(ruta.camino, _endpoint(sii, ruta), methods=[ruta.metodo])
    app.add_route("/api/{resto:path}", web_dtebox.answer_ajena, methods=["GET", "POST"])
    add_admin(app, sii)
    return app


def _endpoint(sii: Sii, ruta: Ruta) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await ruta.answer(sii, request)

    async def endpoint(request: Request) -> Response:
        return await play(sii, request, ruta.canal, ruta.operacion, answer)

    return endpoint


async def _answer_error(_request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return PlainTextResponse(str(error.detail), error.status_code, headers=error.headers)
    return PlainTextResponse("el cliente cortó la conexión", 400)  # nobody hears it

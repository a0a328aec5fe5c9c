"""Who answers at the addresses of the REST services for boletas."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from services.sandbox import rest
from services.sandbox.app import Prohibido, Sii
from services.sandbox.consultas import Pregunta, Respuesta, find_envio, find_estado_dte, parse_fecha
from services.sandbox.sesiones import Token
from services.sandbox.soap import build_respuesta
from services.sandbox.upload import checked_rut, is_programa, read_formulario
from services.sandbox.web_factura import give_semilla, to_respuesta
from shared.dte.tipos import Canal

_PARAMETROS = ("rut_receptor", "dv_receptor", "monto", "fechaEmision")


async def answer_semilla(sii: Sii, _request: Request) -> Response:
    """boleta.electronica.semilla: the same RESPUESTA as getSeed, not wrapped in SOAP."""
    return _xml(give_semilla(sii))


async def answer_token(sii: Sii, request: Request) -> Response:
    """boleta.electronica.token: the signed seed is the body."""
    return _xml(to_respuesta(await sii.login(Canal.BOLETA, await request.body())))


async def answer_envio(sii: Sii, request: Request) -> Response:
    """boleta.electronica.envio."""
    quien = _find_quien(sii, request)
    if isinstance(quien, Response):
        return quien
    envio = await sii.upload_boleta(quien, await read_formulario(request))
    if isinstance(envio, Prohibido):
        return PlainTextResponse(envio.texto, 400)
    return JSONResponse(rest.build_recepcion_json(envio))


async def answer_estado_envio(sii: Sii, request: Request) -> Response:
    """boleta.electronica.envio/{rut}-{dv}-{trackid}."""
    quien = _find_quien(sii, request)
    return quien if isinstance(quien, Response) else await sii.work(_find_estado_envio, sii, request.path_params)


async def answer_estado_dte(sii: Sii, request: Request) -> Response:
    """boleta.electronica/{rut}-{dv}-{tipo}-{folio}/estado."""
    quien = _find_quien(sii, request)
    return quien if isinstance(quien, Response) else await sii.work(_find_estado_dte, sii, request)


def _find_quien(sii: Sii, request: Request) -> str | Response:
    """The RUT behind the token, or the gateway's 401: no token in force, or a client that is no program."""
    quien = sii.sesiones.find_rut(Canal.BOLETA, request.cookies.get("TOKEN"))
    if isinstance(quien, Token) or not is_programa(request):
        return PlainTextResponse(rest.NO_AUTENTICADO, 401)
    return quien


def _find_estado_envio(sii: Sii, camino: dict[str, str]) -> Response:
    hallado = find_envio(sii, Canal.BOLETA, camino["trackid"], sii.clock())
    if hallado is None or hallado[0].emisor != f"{camino['rut']}-{camino['dv']}":
        return PlainTextResponse("Envio no encontrado", 404)
    return JSONResponse(rest.build_estado_json(*hallado, sii.store.find_objetados(hallado[0])))


def _find_estado_dte(sii: Sii, request: Request) -> Response:
    falta = next((nombre for nombre in _PARAMETROS if not request.query_params.get(nombre)), None)
    if falta is not None:
        return PlainTextResponse(f"falta {falta}")  # with status 200, as the real one
    pregunta = _read_pregunta({**request.path_params, **request.query_params})
    if pregunta is None:
        return PlainTextResponse("parametros no validos", 400)
    estado = find_estado_dte(sii, pregunta, sii.clock())
    return JSONResponse({"codigo": estado.codigo, "descripcion": estado.descripcion})


def _read_pregunta(dado: dict[str, str]) -> Pregunta | None:
    emisor, receptor = f"{dado['rut']}-{dado['dv']}", f"{dado['rut_receptor']}-{dado['dv_receptor']}"
    numeros = [dado["tipo"], dado["folio"], dado["monto"]]
    fecha = parse_fecha(dado["fechaEmision"])
    if fecha is None or None in (checked_rut(emisor), checked_rut(receptor)):
        return None
    if not all(re.fullmatch("[0-9]{1,18}", numero) for numero in numeros):
        return None
    tipo, folio, monto = map(int, numeros)
    return Pregunta(emisor, receptor, tipo, folio, fecha, monto)


def _xml(respuesta: Respuesta) -> Response:
    return Response(build_respuesta(*respuesta), media_type="application/xml")

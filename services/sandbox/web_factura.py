"""Who answers at the SII's old addresses: the SOAP services and DTEUpload."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.sandbox import soap
from services.sandbox.app import Sii
from services.sandbox.consultas import Respuesta, answer_est_dte, answer_est_up
from services.sandbox.login import Negado
from services.sandbox.upload import TIPO_RECEPCION, Recepcion, build_recepcion, is_programa, read_formulario
from shared.dte.tipos import Canal


async def describe(request: Request) -> Response:
    """The WSDL of a service, or the page that Axis shows to browsers."""
    servicio = soap.SERVICIOS.get(request.path_params["servicio"])
    if servicio is None:
        raise HTTPException(404, "Not Found")
    if "wsdl" not in request.url.query.lower():
        return HTMLResponse(f"<h1>{servicio.nombre}.jws</h1><p>Hi there, this is an AXIS service!</p>")
    return Response(soap.build_wsdl(servicio, _url(request)), media_type="text/xml")


async def answer_semilla(sii: Sii, request: Request) -> Response:
    """getSeed."""
    llamada = await _read_llamada(request, "CrSeed")
    return _build(request, "CrSeed", llamada if isinstance(llamada, soap.SoapFault) else give_semilla(sii))


async def answer_token(sii: Sii, request: Request) -> Response:
    """getToken."""
    llamada = await _read_llamada(request, "GetTokenFromSeed")
    if not isinstance(llamada, soap.SoapFault):
        return _build(
            request, "GetTokenFromSeed", to_respuesta(await sii.login(Canal.FACTURA, llamada["pszXml"].encode()))
        )
    return _build(request, "GetTokenFromSeed", llamada)


async def answer_estado_envio(sii: Sii, request: Request) -> Response:
    """getEstUp."""
    llamada = await _read_llamada(request, "QueryEstUp")
    if not isinstance(llamada, soap.SoapFault):
        return _build(request, "QueryEstUp", await sii.work(answer_est_up, sii, llamada))
    return _build(request, "QueryEstUp", llamada)


async def answer_estado_dte(sii: Sii, request: Request) -> Response:
    """getEstDte."""
    llamada = await _read_llamada(request, "QueryEstDte")
    if not isinstance(llamada, soap.SoapFault):
        return _build(request, "QueryEstDte", await sii.work(answer_est_dte, sii, llamada))
    return _build(request, "QueryEstDte", llamada)


async def answer_envio(sii: Sii, request: Request) -> Response:
    """DTEUpload."""
    formulario = await read_formulario(request)
    if is_programa(request):
        recepcion = await sii.upload_dte(request.cookies.get("TOKEN"), formulario)
    else:
        recepcion = Recepcion(5, errores=("User-Agent no reconocido: debe nombrar el programa (PROG 1.0)",))
    return Response(build_recepcion(formulario, recepcion, sii.clock()), media_type=TIPO_RECEPCION)


def give_semilla(sii: Sii) -> Respuesta:
    """A fresh seed."""
    return [("ESTADO", "00")], [("SEMILLA", sii.sesiones.new_semilla())]


def to_respuesta(login: str | Negado) -> Respuesta:
    """A token, or the ESTADO that says why there is none."""
    if isinstance(login, Negado):
        return [("ESTADO", login.estado), ("GLOSA", login.glosa)], []
    return [("ESTADO", "00"), ("GLOSA", "Token Creado")], [("TOKEN", login)]


async def _read_llamada(request: Request, nombre: str) -> dict[str, str] | soap.SoapFault:
    body = await request.body()
    if "soapaction" not in request.headers:
        return soap.SoapFault("Client.NoSOAPAction", "no SOAPAction header!")
    return soap.parse_llamada(body, soap.SERVICIOS[nombre])


def _build(request: Request, nombre: str, respuesta: Respuesta | soap.SoapFault) -> Response:
    if isinstance(respuesta, soap.SoapFault):
        return Response(soap.build_fault(respuesta), 500, media_type="text/xml")
    texto = soap.build_respuesta(*respuesta)
    return Response(soap.build_soap(soap.SERVICIOS[nombre], _url(request), texto), media_type="text/xml")


def _url(request: Request) -> str:
    return str(request.url.replace(query=""))

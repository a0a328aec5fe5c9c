"""Who answers at the addresses of a DTEBox: `Core.svc/core/…`, whatever the case of the second `core`."""

from __future__ import annotations

import base64
from xml.sax.saxutils import escape

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.sandbox.app import Sii
from services.sandbox.caja import ACCESO_DENEGADO, AMBIENTE, NS, Rechazo, read_solicitud, take
from services.sandbox.modelo import EnCaja
from services.sandbox.upload import MAX_PEDIDO
from shared.dte.xml import CODIFICACION

_PAGINA = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"'
    ' "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml">'
    "<head><title>Service</title></head><body><p>Endpoint not found.</p></body></html>"
)


async def answer_ajena(_request: Request) -> Response:
    """An address at which a box has nothing: a page, with status 200."""
    return Response(_PAGINA, media_type="text/html")


async def answer_envio(sii: Sii, request: Request) -> Response:
    """SendDocumentAsXML."""
    if not _is_core(request):
        return await answer_ajena(request)
    if int(request.headers.get("content-length", "0")) > MAX_PEDIDO:
        raise HTTPException(413, "Request Entity Too Large")
    if request.headers.get("content-type", "").split(";")[0] != "application/xml":
        raise HTTPException(415, "Unsupported Media Type")
    body, llave = await request.body(), request.headers.get("authkey", "")
    try:
        ted = await sii.work(lambda: take(sii, read_solicitud(body), llave))
    except Rechazo as rechazo:
        return _xml("SendDocumentAsXMLResult", Description=str(rechazo), Result="1")
    return _xml(
        "SendDocumentAsXMLResult", Description="", Result="0", TED=base64.b64encode(ted.encode(CODIFICACION)).decode()
    )


async def answer_estado(sii: Sii, request: Request) -> Response:
    """FiscalStatus: of a document that the box does not have, 14."""
    camino = request.path_params
    if not _is_core(request) or not (camino["tipo"].isdecimal() and camino["folio"].isdecimal()):
        return await answer_ajena(request)
    llave = request.headers.get("authkey", "")
    if camino["ambiente"] != AMBIENTE or not sii.registro.opens_caja(camino["rut"], llave):
        return _xml("FiscalStatusResult", Data="", Description=ACCESO_DENEGADO, Result="1")
    clave = (camino["rut"], int(camino["tipo"]), int(camino["folio"]))
    hallado = await sii.work(sii.store.find_en_caja, *clave)
    if hallado is None:
        return _xml("FiscalStatusResult", Data="", Description="Documento no encontrado", Result="14")
    estado, glosa = _read_estado(hallado, listo=sii.clock() >= hallado.envio.listo)
    track_id = hallado.envio.trackid
    return _xml("FiscalStatusResult", Data="", Description=glosa, Result="0", Status=estado, TrackId=track_id)


def _read_estado(hallado: EnCaja, *, listo: bool) -> tuple[str, str]:
    if not listo:
        return "1", "En proceso en el SII"
    if hallado.veredicto.registrado:
        return "0", "Aceptado por el SII"
    objeciones = hallado.documento.objeciones or hallado.envio.objeciones
    return "9", "; ".join(["Rechazado por el SII", *map(str, objeciones)])


def _is_core(request: Request) -> bool:
    return str(request.path_params["core"]).lower() == "core"


def _xml(raiz: str, **campos: str) -> Response:
    cuerpo = "".join(f"<{campo}>{escape(valor)}</{campo}>" for campo, valor in campos.items())
    texto = f'<?xml version="1.0" encoding="utf-8"?>\n<{raiz} xmlns="{NS}">{cuerpo}</{raiz}>'
    return Response(texto, media_type="application/xml")

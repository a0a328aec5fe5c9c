"""What a DTEBox answered, read into the same closed sets as the SII's answers.

What a box does with a folio that it has already is documented nowhere. So an error after the request has left says
nothing about the document: only FiscalStatus does, and only its 14 means that the box does not have it.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.dte.causa import Causa
from shared.dte.lectura import read_campos
from shared.dte.respuesta import (
    Bloqueado,
    Incierto,
    NoAhora,
    Rechazado,
    Recibido,
    Resultado,
    cut_glosa,
    read_espera,
    read_glosa,
)
from shared.dte.veredicto import (
    ConsultaBloqueada,
    ConsultaDte,
    EnTramite,
    NoRecibido,
    RechazadoSii,
    Registrado,
    SinVeredicto,
)

_SIN_ACCESO = (401, 403)
_ACCESO_DENEGADO = "accesodenegado"
"""The Description of a request with a key that the box does not know (blanks and case apart)."""
_NO_ENCONTRADO = "14"


def read_envio_dtebox(status: int, headers: Mapping[str, str], body: bytes) -> Resultado:
    """The outcome of a SendDocumentAsXML."""
    if status != 200:
        return _read_http(status, headers, body)
    campos = read_campos(body, "SendDocumentAsXMLResult")
    if campos is None:
        return Incierto(*_read_ajena(body))
    codigo, glosa = campos.first("Result"), cut_glosa(campos.first("Description"))
    if codigo == "0":
        return Recibido(None)
    if _is_denied(glosa):
        return Bloqueado(Causa.DTEBOX, codigo, glosa)
    return Incierto(Causa.DESCONOCIDO, codigo[:40], glosa)


def _read_http(status: int, headers: Mapping[str, str], body: bytes) -> Resultado:
    codigo, glosa = f"HTTP {status}", read_glosa(body)
    if status in _SIN_ACCESO:
        return Bloqueado(Causa.DTEBOX, codigo, glosa)
    if status == 413:
        return Rechazado(Causa.TAMANO, codigo, glosa)
    if status == 429:
        return NoAhora(Causa.LIMITE, codigo, glosa, read_espera(headers))
    return Incierto(Causa.SIN_RESPUESTA, codigo, glosa)


def read_estado_dtebox(status: int, body: bytes) -> ConsultaDte:
    """What the box holds under a folio, from the answer of FiscalStatus."""
    if status != 200:
        return _read_estado_http(status, body)
    campos = read_campos(body, "FiscalStatusResult")
    if campos is None:
        return SinVeredicto(*_read_ajena(body))
    codigo, glosa = campos.first("Result"), cut_glosa(campos.first("Description"))
    if codigo == "0":
        return _read_estado(campos.first("Status"), glosa, campos.first("TrackId"))
    if codigo == _NO_ENCONTRADO:
        return NoRecibido(glosa)
    if codigo == "1" or _is_denied(glosa):
        return ConsultaBloqueada(Causa.DTEBOX, codigo, glosa)
    return SinVeredicto(Causa.SERVICIO, codigo[:40], glosa)


def _read_estado(estado: str, glosa: str, track_id: str) -> ConsultaDte:
    """The SII's word on a document that the box has. A new code is no verdict."""
    track_id = track_id if track_id.isdecimal() and int(track_id) else ""
    match estado:
        case "0":
            return Registrado(estado, glosa, track_id)
        case "9":
            return RechazadoSii(estado, glosa, track_id)
        case _:
            return EnTramite(estado[:40], glosa, track_id, desconocido=estado != "1")


def _read_estado_http(status: int, body: bytes) -> ConsultaDte:
    codigo = f"HTTP {status}"
    if status in _SIN_ACCESO:
        return ConsultaBloqueada(Causa.DTEBOX, codigo, read_glosa(body))
    return SinVeredicto(Causa.LIMITE if status == 429 else Causa.SII_CAIDO, codigo)


def _read_ajena(body: bytes) -> tuple[Causa, str, str]:
    """An answer that is none of a box's operations: at a wrong address the box says so on a page, with HTTP 200."""
    is_page = b"<html" in body[:2_000].lower()
    return (Causa.DTEBOX if is_page else Causa.SIN_RESPUESTA), "HTTP 200", read_glosa(body) or "respuesta vacía"


def _is_denied(glosa: str) -> bool:
    return "".join(glosa.split()).lower() == _ACCESO_DENEGADO

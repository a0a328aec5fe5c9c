"""The SII's SOAP requests, written by hand: rpc style, every parameter a string, in the order of the WSDLs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from xml.sax.saxutils import escape

from shared.dte.rut import split_rut

HEADERS: Mapping[str, str] = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}

_SOBRE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
    '<SOAP-ENV:Body><m:{operacion} xmlns:m="{servicio}">{parametros}</m:{operacion}></SOAP-ENV:Body>'
    "</SOAP-ENV:Envelope>"
)


def get_seed(servicio: str) -> bytes:
    """getSeed of CrSeed (Manual de Autenticación Automática)."""
    return _call(servicio, "getSeed", {})


def get_token(servicio: str, semilla_firmada: bytes) -> bytes:
    """getToken of GetTokenFromSeed, with the signed seed as escaped text."""
    return _call(servicio, "getToken", {"pszXml": semilla_firmada.decode("iso-8859-1")})


def get_est_up(servicio: str, emisor: str, track_id: str, token: str) -> bytes:
    """getEstUp of QueryEstUp (Manual Consulta Estado de Envío)."""
    rut, dv = split_rut(emisor)
    return _call(servicio, "getEstUp", {"RutCompania": rut, "DvCompania": dv, "TrackId": track_id, "Token": token})


def get_est_dte(
    servicio: str,
    *,
    consultante: str,
    emisor: str,
    receptor: str,
    tipo: int,
    folio: int,
    fecha: date,
    monto: int,
    token: str,
) -> bytes:
    """getEstDte of QueryEstDte (Manual Consulta Estado de DTE); the date goes as DDMMAAAA."""
    parametros: dict[str, str] = {}
    for sufijo, rut in (("Consultante", consultante), ("Compania", emisor), ("Receptor", receptor)):
        parametros[f"Rut{sufijo}"], parametros[f"Dv{sufijo}"] = split_rut(rut)
    parametros |= {
        "TipoDte": str(tipo),
        "FolioDte": str(folio),
        "FechaEmisionDte": fecha.strftime("%d%m%Y"),
        "MontoDte": str(monto),
        "Token": token,
    }
    return _call(servicio, "getEstDte", parametros)


def _call(servicio: str, operacion: str, parametros: Mapping[str, str]) -> bytes:
    valores = "".join(
        f'<{nombre} xsi:type="xsd:string">{escape(valor)}</{nombre}>' for nombre, valor in parametros.items()
    )
    return _SOBRE.format(operacion=operacion, servicio=escape(servicio), parametros=valores).encode()

"""A DTEBox: takes a document without stamp and signature, makes it whole, and brings it to the SII in its own envelope.

It is as strict as such a box can be, and says little: whatever it does not like is `Result` 1 and a sentence.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

from services.sandbox.modelo import Subida
from shared.dte.caf import LLAVES_SII, verify_caf
from shared.dte.documento import DteLeido, read_dte
from shared.dte.firma import Firmante, sign_texto
from shared.dte.hora import format_hora
from shared.dte.lectura import read_campos
from shared.dte.rut import RUT_SII
from shared.dte.sobre import Caratula, sign_sobre
from shared.dte.ted import verify_ted
from shared.dte.xml import CODIFICACION, DECLARACION, read_base64
from shared.errors import Invalid

if TYPE_CHECKING:
    from services.sandbox.app import Sii

NS: Final = "http://gdexpress.cl/api"
AMBIENTE: Final = "T"
"""The sandbox is certificación."""
FIRMANTE: Final = "16000000-7"
"""Whose certificate the boxes hold."""
ACCESO_DENEGADO: Final = "Acceso Denegado"
_AGREGADOS = re.compile(r"<(TED|TmstFirma|(?:\w+:)?Signature)[\s>]")
_CIERRE = re.compile(r"</(Documento|Liquidacion|Exportaciones)>")


@dataclass(frozen=True, slots=True)
class Solicitud:
    """The fields of SendDocumentAsXML that the box looks at, decoded."""

    ambiente: str
    documento: bytes = field(repr=False)
    fecha: date
    numero: int
    ted: str


class Rechazo(Exception):
    """The box does not take the document; the text is what it says."""


def read_solicitud(body: bytes) -> Solicitud:
    """A request; Rechazo when a field is missing or is not what it has to be."""
    campos = read_campos(body, "SendDocumentAsXMLRequest")
    if campos is None or f'xmlns="{NS}"'.encode() not in body[:300]:
        raise Rechazo("La solicitud no es un SendDocumentAsXMLRequest")
    try:
        return Solicitud(
            ambiente=campos.first("Environment"),
            documento=read_base64(campos.first("Content")),
            fecha=date.fromisoformat(campos.first("ResolutionDate")),
            numero=int(campos.first("ResolutionNumber")),
            ted=read_base64(campos.first("TED")).decode(CODIFICACION),
        )
    except ValueError as error:
        raise Rechazo(f"Un campo de la solicitud no es valido: {error}") from error


def take(sii: Sii, solicitud: Solicitud, auth_key: str) -> str:
    """Bring the document to the SII and give its stamp. Rechazo, and nothing is taken. Blocking."""
    try:
        texto, leido = _compose(solicitud, sii)
    except Invalid as error:
        raise Rechazo(f"El documento no es valido: {error}") from error
    if not sii.registro.opens_caja(leido.emisor, auth_key):
        raise Rechazo(ACCESO_DENEGADO)
    if solicitud.ambiente != AMBIENTE:
        raise Rechazo("El ambiente no corresponde a este DTEBox")
    if sii.store.find_en_caja(leido.emisor, int(leido.tipo), leido.folio) is not None:
        raise Rechazo(f"El folio {leido.folio} ya fue procesado")
    sii.receive_caja(_put_in_sobre(texto, leido, solicitud, sii))
    return solicitud.ted


def _compose(solicitud: Solicitud, sii: Sii) -> tuple[bytes, DteLeido]:
    """The document with stamp, moment and the box's own signature."""
    texto = solicitud.documento.decode(CODIFICACION)
    if not texto.startswith(DECLARACION.strip()) or _is_utf8(solicitud.documento):
        raise Rechazo("El documento debe ser XML en ISO-8859-1, con su declaracion")
    agregado = _AGREGADOS.search(texto)
    if agregado is not None:
        raise Rechazo(f"El documento no debe traer {agregado[1]}")
    cierre, identificador = _CIERRE.search(texto), re.search(r'\bID="([^"]+)"', texto)
    if cierre is None or identificador is None:
        raise Rechazo("El documento no es un DTE")
    datos, caf = verify_ted(solicitud.ted)
    verify_caf(caf, {**LLAVES_SII, **sii.authority.llaves})
    momento = format_hora(sii.clock())
    cuerpo = texto[: cierre.start()] + f"{solicitud.ted}\n<TmstFirma>{momento}</TmstFirma>\n{cierre[0]}"
    firmado = sign_texto(cuerpo.removeprefix(DECLARACION), "</DTE>", identificador[1], _firmante(sii))
    entero = (DECLARACION + firmado).encode(CODIFICACION)
    leido = read_dte(entero)
    if (datos.emisor, datos.tipo, datos.folio) != (leido.emisor, leido.tipo, leido.folio):
        raise Rechazo("El timbre no es de este documento")
    return entero, leido


def _is_utf8(documento: bytes) -> bool:
    """Whether the bytes are rather UTF-8 than what they declare: letters with accents hardly ever look like that."""
    try:
        return not documento.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _put_in_sobre(dte: bytes, leido: DteLeido, solicitud: Solicitud, sii: Sii) -> Subida:
    firmante, canal = _firmante(sii), leido.tipo.canal
    caratula = Caratula(leido.emisor, firmante.rut, RUT_SII, solicitud.fecha, solicitud.numero)
    try:
        sobre = sign_sobre([dte], caratula, firmante, canal=canal, ahora=sii.clock(), id="SetDoc")
    except Invalid as error:
        raise Rechazo(f"El documento no cumple el esquema: {error}") from error
    return Subida(canal, firmante.rut, leido.emisor, "dtebox.xml", sobre, hashlib.sha256(sobre).hexdigest())


def _firmante(sii: Sii) -> Firmante:
    """The certificate that all boxes of this machine hold, made when the first one needs it."""
    if sii.firmante_caja is None:
        sii.firmante_caja = sii.authority.make_firmante(FIRMANTE, "DTEBox de pruebas")
    return sii.firmante_caja

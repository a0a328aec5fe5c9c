"""Reading a signed seed, with the codes of the Manual de Autenticación Automática for whatever may be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.sandbox.authority import Authority
from services.sandbox.firmas import CertificadoInvalido, check_firma, has_codigo
from shared.dte.codigos import Codigo
from shared.dte.xml import find_hijo, find_texto, local_name, parse_xml
from shared.errors import Invalid

if TYPE_CHECKING:
    from lxml import etree

_LIMITE = 100_000


@dataclass(frozen=True, slots=True)
class SemillaFirmada:
    """A seed and the holder of the certificate that signed it."""

    semilla: str
    rut: str


@dataclass(frozen=True, slots=True)
class Negado:
    """No token: the ESTADO of the answer and its text."""

    estado: str
    glosa: str


def read_semilla_firmada(xml: bytes, authority: Authority) -> SemillaFirmada | Negado:
    """The seed in a getToken request and who signed it, or the ESTADO that the SII answers."""
    if not xml.strip():
        return Negado("01", "XML INVALIDO (IO)")
    try:
        raiz = parse_xml(xml, _LIMITE)
    except Invalid as error:
        return Negado("02", f"XML INVALIDO (SAX): {error}")
    semilla = find_texto(raiz, "item/Semilla") or find_texto(raiz, "Semilla")
    falta = _find_falta(raiz, semilla)
    return falta if falta is not None else _check(xml, semilla or "", authority)


def _find_falta(raiz: etree._Element, semilla: str | None) -> Negado | None:
    """The first part of the request that is not there."""
    if local_name(raiz) != "getToken":
        return Negado("03", "XML INVALIDO (PARSER)")
    if find_hijo(raiz, "Signature") is None:
        return Negado("04", "NO EXISTE TAG Signature")
    if not semilla:
        return Negado("06", "NO EXISTE TAG Semilla")
    if not find_texto(raiz, "Signature/KeyInfo/X509Data/X509Certificate"):
        return Negado("11", "NO EXISTE TAG Certificate")
    return None


def _check(xml: bytes, semilla: str, authority: Authority) -> SemillaFirmada | Negado:
    try:
        return SemillaFirmada(semilla, check_firma(xml, authority))
    except CertificadoInvalido as error:
        return Negado("-3", f"ERROR DE AUTENTICACION: {error}")
    except Invalid as error:
        if has_codigo(error, Codigo.FIRMA_LLAVE):
            return Negado("21", "LLAVE PUBLICA NO CORRESPONDE AL CERTIFICADO")
        if has_codigo(error, Codigo.CERT_RUT, Codigo.CERT_ILEGIBLE, Codigo.CERT_LLAVE):
            return Negado("-3", f"ERROR DE AUTENTICACION: {error}")
        return Negado("05", f"FIRMA INVALIDA: {error}")

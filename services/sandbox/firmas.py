"""Whose signature is it, and does the SII know them: a good signature by a certificate of the authority."""

from __future__ import annotations

import base64

from services.sandbox.authority import Authority
from shared.dte.codigos import Codigo
from shared.dte.firma import verify_firma
from shared.dte.xml import find_texto
from shared.errors import Invalid

_CERTIFICADO = "Signature/KeyInfo/X509Data/X509Certificate"


class CertificadoInvalido(Invalid):
    """The signature is good, and its certificate is not one that the SII accepts."""


def check_firma(xml: bytes, authority: Authority) -> str:
    """The RUT of the person who signed the file or fragment. CertificadoInvalido or Invalid say what is wrong."""
    firma = verify_firma(xml)
    # verify_firma has seen to it that there is exactly one certificate, and that it belongs to the signature.
    raiz = firma.elemento.getroottree().getroot()
    der = base64.b64decode(find_texto(raiz, _CERTIFICADO) or "")
    try:
        authority.check_certificado(der)
    except Invalid as error:
        raise CertificadoInvalido(*error.fallas) from error
    return firma.rut


def has_codigo(error: Invalid, *codigos: Codigo) -> bool:
    """Whether the error is one of these rules broken."""
    return error.fallas[0].codigo in {codigo.codigo for codigo in codigos}

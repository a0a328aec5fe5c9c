"""Who a certificate belongs to. Certificates of people, from authorities that the SII accredits.

RUT: subject serialNumber, or subjectAltName otherName 1.3.6.1.4.1.8321.1 (newer certificates have only that).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from shared.dte.codigos import Codigo
from shared.dte.rut import parse_rut

_ILEGIBLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
OID_RUT = x509.ObjectIdentifier("1.3.6.1.4.1.8321.1")


@dataclass(frozen=True, slots=True)
class Certificado:
    """A certificate's holder, and the time in which it is valid (aware, UTC)."""

    rut: str
    titular: str
    desde: datetime
    vence: datetime
    llave: RSAPublicKey


def read_certificado(der: bytes) -> Certificado:
    """The facts of an X.509 certificate; Invalid when it is unreadable, not RSA, or names no RUT."""
    try:
        return _read(x509.load_der_x509_certificate(der))
    except _ILEGIBLE as error:  # cryptography reads every part only when it is asked for
        raise Codigo.CERT_ILEGIBLE.invalid(motivo="no es un X.509 bien formado") from error


def _read(certificado: x509.Certificate) -> Certificado:
    llave = certificado.public_key()
    if not isinstance(llave, RSAPublicKey):
        raise Codigo.CERT_LLAVE.invalid(motivo="no tiene una llave RSA")
    _check_propio(certificado)
    return Certificado(
        rut=_find_rut(certificado),
        titular=_find_titular(certificado),
        desde=certificado.not_valid_before_utc,
        vence=certificado.not_valid_after_utc,
        llave=llave,
    )


def _check_propio(certificado: x509.Certificate) -> None:
    """Nothing, unless it says that it signed itself and did not. The keys of authorities are not in a document."""
    if certificado.issuer != certificado.subject:
        return
    try:
        certificado.verify_directly_issued_by(certificado)
    except InvalidSignature as error:
        raise Codigo.CERT_ALTERADO.invalid() from error


def _find_rut(certificado: x509.Certificate) -> str:
    for candidato in _candidatos(certificado):
        try:
            return parse_rut(candidato)
        except ValueError:
            continue
    raise Codigo.CERT_RUT.invalid()


def _candidatos(certificado: x509.Certificate) -> Iterator[str]:
    for atributo in certificado.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER):
        yield str(atributo.value)
    try:
        alternativo = certificado.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    for nombre in alternativo.get_values_for_type(x509.OtherName):
        if nombre.type_id == OID_RUT:
            yield nombre.value[2:].decode("ascii", "replace")  # a short DER string: tag, length, characters


def _find_titular(certificado: x509.Certificate) -> str:
    nombres = certificado.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(nombres[0].value) if nombres else ""

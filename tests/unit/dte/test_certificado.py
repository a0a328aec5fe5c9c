"""Certificates: whose they are, wherever they say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from shared.dte.certificado import read_certificado
from shared.errors import Invalid
from tests import dte_data
from tests.dte_data import make_certificate


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@pytest.mark.parametrize("in_subject", [True, False])
@pytest.mark.parametrize("written", ["12345678-5", "12.345.678-5"])
def test_the_rut_is_in_the_subject_or_in_the_alternative_name(in_subject: bool, written: str) -> None:
    assert read_certificado(der(make_certificate(written, in_subject=in_subject))).rut == "12345678-5"


def test_a_certificate_says_who_and_until_when() -> None:
    certificado = read_certificado(der(make_certificate(titular="José Ñ", vigencia=timedelta(days=365))))
    assert certificado.titular == "José Ñ"
    assert (certificado.desde, certificado.vence) == (
        datetime(2025, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert certificado.llave.public_numbers() == dte_data.person_key().public_key().public_numbers()


def builder(*names: x509.NameAttribute[str]) -> x509.CertificateBuilder:
    nombre = x509.Name(names)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(nombre)
        .issuer_name(nombre)
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
    )


def test_a_certificate_without_a_rut_is_refused() -> None:
    wrong = builder(x509.NameAttribute(NameOID.SERIAL_NUMBER, "12345678-4"))
    key = dte_data.person_key()
    dns = x509.SubjectAlternativeName(
        [x509.DNSName("ejemplo.cl"), x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x05\x00")]
    )
    for certificate in (wrong, wrong.add_extension(dns, critical=False)):
        with pytest.raises(Invalid, match="POSTA-DTE-73"):
            read_certificado(der(certificate.public_key(key.public_key()).sign(key, SHA256())))


def test_a_certificate_without_a_name_is_of_nobody_in_particular() -> None:
    key = dte_data.person_key()
    nameless = builder(x509.NameAttribute(NameOID.SERIAL_NUMBER, "12345678-5")).public_key(key.public_key())
    assert read_certificado(der(nameless.sign(key, SHA256()))).titular == ""


def test_a_certificate_of_another_kind_of_key_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    curve = builder(x509.NameAttribute(NameOID.SERIAL_NUMBER, "12345678-5")).public_key(key.public_key())
    with pytest.raises(Invalid, match="POSTA-DTE-72"):
        read_certificado(der(curve.sign(key, SHA256())))


@pytest.mark.parametrize("junk", [b"", b"hola", der(make_certificate())[:200]])
def test_junk_is_no_certificate(junk: bytes) -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-70"):
        read_certificado(junk)


def test_a_certificate_that_signed_itself_is_checked_to_the_last_byte() -> None:
    bueno = der(make_certificate())
    assert read_certificado(bueno).rut == "12345678-5"
    for changed in (bueno[:-1] + bytes([bueno[-1] ^ 1]), bueno.replace("María".encode(), "Marío".encode())):
        assert changed != bueno
        with pytest.raises(Invalid, match="POSTA-DTE-77"):
            read_certificado(changed)

"""Who signs: a key and a certificate that belong together, used in their time, and never shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
import xmlsec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from shared.dte.firma import Firmante, load_firmante, sign_semilla
from shared.errors import Invalid, Misconfigured
from tests import dte_data


def test_an_rsa_key_that_is_not_the_certificates_makes_no_signer() -> None:
    pem = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(Invalid, match="POSTA-DTE-72"):
        load_firmante(pem, dte_data.firmante().certificado_der)


def test_an_unreadable_key_makes_no_signer() -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-72"):
        load_firmante(b"-----BEGIN NOTHING-----", dte_data.firmante().certificado_der)


def test_a_signer_shows_no_key() -> None:
    shown = repr(dte_data.firmante())
    assert "María Peña" in shown
    assert "key" not in shown.lower()


def test_a_certificate_is_used_only_in_its_time() -> None:
    firmante = dte_data.firmante()
    firmante.check_vigente(firmante.desde)
    firmante.check_vigente(firmante.vence)
    with pytest.raises(Invalid, match="POSTA-DTE-75"):
        firmante.check_vigente(firmante.desde - timedelta(seconds=1))
    with pytest.raises(Invalid, match="POSTA-DTE-74"):
        firmante.check_vigente(firmante.vence + timedelta(seconds=1))


def test_a_system_that_cannot_sign_says_so() -> None:
    public = dte_data.person_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    firmante = dte_data.firmante()
    crippled = Firmante(
        firmante.rut,
        firmante.titular,
        firmante.desde,
        firmante.vence,
        firmante.certificado_der,
        xmlsec.Key.from_memory(public, xmlsec.constants.KeyDataFormatPem),
        firmante.key_info,
    )
    with pytest.raises(Misconfigured, match="RSA-SHA1"):
        sign_semilla("1", crippled)

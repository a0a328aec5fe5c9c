"""Secrets: certificates open with their password only, and what is encrypted at rest stays whole or is refused."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.keystore import LARGO_LLAVE, Boveda, create_llave_maestra, is_exposed, open_certificado
from shared.dte.firma import sign_semilla, verify_firma
from shared.errors import Invalid, Misconfigured
from tests import dte_data
from tests.dte_data import PASSWORD, make_certificate, make_p12

RC2_40 = Path(__file__).parents[1] / "data" / "rc2-40.p12"
"""A throw-away key and certificate of the invented person."""


def test_a_certificate_opens_and_signs() -> None:
    firmante = open_certificado(make_p12(), PASSWORD, ahora=dte_data.AHORA)
    assert (firmante.rut, firmante.titular) == (dte_data.FIRMANTE_RUT, "María Peña")
    assert verify_firma(sign_semilla("1", firmante)).rut == dte_data.FIRMANTE_RUT


def test_a_password_with_accents_opens_too() -> None:
    assert open_certificado(make_p12(password="contraseña"), "contraseña").rut == dte_data.FIRMANTE_RUT


def test_old_ciphers_open() -> None:
    """What accredited authorities still hand out: 3DES and a SHA-1 MAC."""
    old = (
        PrivateFormat.PKCS12.encryption_builder()
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(SHA1())  # noqa: S303 - the point of this test
        .build(PASSWORD.encode())
    )
    p12 = pkcs12.serialize_key_and_certificates(None, dte_data.person_key(), make_certificate(), None, old)
    assert open_certificado(p12, PASSWORD).rut == dte_data.FIRMANTE_RUT


def test_the_oldest_cipher_opens() -> None:
    """RC2 with 40 bits, written by `openssl pkcs12 -export -legacy`, which current machines may not offer any more."""
    assert open_certificado(RC2_40.read_bytes(), PASSWORD).rut == dte_data.FIRMANTE_RUT


def test_a_wrong_password_is_told_apart_from_a_wrong_file() -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-71"):
        open_certificado(make_p12(), "otra")
    for junk in (b"", b"hola", make_p12()[:100]):
        with pytest.raises(Invalid, match=r"POSTA-DTE-7[01]"):
            open_certificado(junk, PASSWORD)


def test_a_file_without_a_key_or_a_certificate_is_refused() -> None:
    only_certificate = pkcs12.serialize_key_and_certificates(None, None, make_certificate(), None, NoEncryption())
    only_key = pkcs12.serialize_key_and_certificates(None, dte_data.person_key(), None, None, NoEncryption())
    for p12 in (only_certificate, only_key):
        with pytest.raises(Invalid, match="POSTA-DTE-72"):
            open_certificado(p12, "")


def test_a_key_of_another_kind_is_refused() -> None:
    curve = pkcs12.serialize_key_and_certificates(
        None, ec.generate_private_key(ec.SECP256R1()), None, None, NoEncryption()
    )
    with pytest.raises(Invalid, match="POSTA-DTE-72"):
        open_certificado(curve, "")


@pytest.mark.parametrize(
    ("ahora", "codigo"), [(datetime(2040, 1, 1, tzinfo=UTC), "74"), (datetime(2024, 1, 1, tzinfo=UTC), "75")]
)
def test_a_certificate_out_of_its_time_is_refused_when_the_time_is_known(ahora: datetime, codigo: str) -> None:
    open_certificado(make_p12(), PASSWORD)
    with pytest.raises(Invalid, match=f"POSTA-DTE-{codigo}"):
        open_certificado(make_p12(), PASSWORD, ahora=ahora)


@pytest.fixture
def llave(tmp_path: Path) -> Path:
    path = tmp_path / "llaves" / "maestra"
    create_llave_maestra(path)
    return path


def test_a_master_key_is_random_private_and_never_overwritten(llave: Path, tmp_path: Path) -> None:
    assert len(llave.read_bytes()) == LARGO_LLAVE
    assert stat.S_IMODE(llave.stat().st_mode) == 0o600
    create_llave_maestra(tmp_path / "otra")
    assert (tmp_path / "otra").read_bytes() != llave.read_bytes()
    with pytest.raises(FileExistsError):
        create_llave_maestra(llave)


@given(datos=st.binary(max_size=100))
def test_what_goes_in_comes_out_and_never_looks_the_same(
    tmp_path_factory: pytest.TempPathFactory, datos: bytes
) -> None:
    path = tmp_path_factory.mktemp("boveda") / "maestra"
    create_llave_maestra(path)
    boveda = Boveda.from_file(path)
    assert boveda.decrypt(boveda.encrypt(datos)) == datos
    assert boveda.encrypt(datos) != boveda.encrypt(datos)


def test_altered_or_foreign_secrets_are_refused(llave: Path, tmp_path: Path) -> None:
    boveda = Boveda.from_file(llave)
    cifrado = boveda.encrypt(b"secreto")
    for at in range(len(cifrado)):
        altered = cifrado[:at] + bytes([cifrado[at] ^ 1]) + cifrado[at + 1 :]
        with pytest.raises(Misconfigured):
            boveda.decrypt(altered)
    for short in (b"", b"\x01", cifrado[:14]):
        with pytest.raises(Misconfigured):
            boveda.decrypt(short)
    create_llave_maestra(tmp_path / "otra")
    with pytest.raises(Misconfigured, match="llave maestra es otra"):
        Boveda.from_file(tmp_path / "otra").decrypt(cifrado)


def test_a_vault_shows_no_key(llave: Path) -> None:
    assert repr(Boveda.from_file(llave)) == "Boveda()"


def test_a_missing_open_or_short_master_key_is_named(llave: Path) -> None:
    with pytest.raises(Misconfigured, match="no se puede leer"):
        Boveda.from_file(llave.parent / "falta")
    llave.chmod(0o640)
    with pytest.raises(Misconfigured, match="chmod 600"):
        Boveda.from_file(llave)
    llave.chmod(0o600)
    llave.write_bytes(b"corta")
    with pytest.raises(Misconfigured, match="32 bytes y tiene 5"):
        Boveda.from_file(llave)


def test_a_new_key_encrypts_and_the_old_one_still_reads(llave: Path) -> None:
    boveda, other = Boveda.from_file(llave), Boveda.from_file(llave)
    before = boveda.encrypt(b"de antes")
    boveda.add_llave()
    assert stat.S_IMODE(llave.stat().st_mode) == 0o600
    assert boveda.decrypt(before) == b"de antes"
    assert not boveda.is_current(before)
    after = other.encrypt(b"de ahora")
    assert boveda.is_current(after), "a process that runs takes the new key for what it encrypts"
    assert boveda.decrypt(after) == b"de ahora"


def test_a_process_that_runs_reads_what_a_new_key_encrypted(llave: Path) -> None:
    running, boveda = Boveda.from_file(llave), Boveda.from_file(llave)
    boveda.add_llave()
    after = boveda.encrypt(b"de ahora")
    boveda.drop_old()
    assert running.decrypt(after) == b"de ahora"


def test_a_change_of_keys_that_was_interrupted_adds_no_third_key(llave: Path) -> None:
    for _ in range(3):
        Boveda.from_file(llave).add_llave()
    assert len(llave.read_bytes()) == 2 * LARGO_LLAVE
    newest = llave.read_bytes()[:LARGO_LLAVE]
    boveda = Boveda.from_file(llave)
    boveda.drop_old()
    boveda.drop_old()
    assert llave.read_bytes() == newest


def test_a_key_file_that_cannot_be_written_says_what_to_do(llave: Path) -> None:
    boveda = Boveda.from_file(llave)
    (llave.parent / "maestra.nueva").mkdir()
    with pytest.raises(Misconfigured, match="posta llave reencrypt"):
        boveda.add_llave()
    assert len(llave.read_bytes()) == LARGO_LLAVE


@pytest.mark.parametrize(
    ("mode", "uid", "exposed"),
    [
        (0o400, 10001, False),
        (0o600, 10001, False),
        (0o640, 10001, True),
        (0o604, 10001, True),
        (0o440, 0, False),
        (0o640, 0, False),
        (0o660, 0, True),
        (0o444, 0, True),
    ],
)
def test_a_group_may_read_a_secret_of_root_that_was_mounted_for_it_and_no_other(
    mode: int, uid: int, exposed: bool
) -> None:
    assert is_exposed(0o100000 | mode, uid, own=10001) is exposed


def test_root_itself_keeps_its_secret_from_every_group() -> None:
    assert is_exposed(0o100640, 0, own=0)

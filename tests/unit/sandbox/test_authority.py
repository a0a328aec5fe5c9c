"""The sandbox's authority: its certificates and CAFs have the form of the real ones, and its keys stay its own."""

from __future__ import annotations

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from services.sandbox.authority import IDK, OID_RUT, Authority, open_authority
from shared.errors import Invalid, Misconfigured

AHORA = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
RUT = "76192083-9"


@pytest.fixture(scope="module")
def carpeta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox") / "autoridad"


@pytest.fixture(scope="module")
def authority(carpeta: Path) -> Authority:
    return open_authority(carpeta, lambda: AHORA)


def _caf(authority: Authority, **cambios: object) -> str:
    pedido: dict[str, object] = {"desde": 1, "hasta": 100, "fecha": date(2026, 1, 5)} | cambios
    rut = str(pedido.pop("rut", RUT))
    razon = str(pedido.pop("razon_social", "COMERCIAL ÑUÑOA & CIA LTDA"))
    tipo = int(str(pedido.pop("tipo", 39)))
    return authority.make_caf(rut, razon, tipo, **pedido).decode("iso-8859-1")  # type: ignore[arg-type]


def _between(texto: str, etiqueta: str) -> str:
    hallado = re.search(f"<{etiqueta}[^>]*>(.*?)</{etiqueta}>", texto, re.DOTALL)
    assert hallado is not None, etiqueta
    return hallado[1]


def _der(p12: bytes, password: str) -> bytes:
    certificado = pkcs12.load_key_and_certificates(p12, password.encode())[1]
    assert certificado is not None
    return certificado.public_bytes(serialization.Encoding.DER)


def test_a_caf_has_the_elements_of_a_real_one_in_their_order(authority: Authority) -> None:
    caf = _caf(authority)
    etiquetas = re.findall(r"<([A-Z0-9]+)[ >]", caf)
    assert etiquetas == [
        *("AUTORIZACION", "CAF", "DA", "RE", "RS", "TD", "RNG", "D", "H", "FA", "RSAPK", "M", "E", "IDK"),
        *("FRMA", "RSASK", "RSAPUBK"),
    ]
    assert _between(caf, "RE") == RUT
    assert _between(caf, "RS") == "COMERCIAL ÑUÑOA &amp; CIA LTDA"
    assert (_between(caf, "RNG"), _between(caf, "FA")) == ("<D>1</D><H>100</H>", "2026-01-05")
    assert (_between(caf, "E"), _between(caf, "IDK")) == ("Aw==", str(IDK))


def test_the_private_key_of_a_caf_is_that_of_its_modulus_and_has_512_bits(authority: Authority) -> None:
    caf = _caf(authority)
    llave = serialization.load_pem_private_key(_between(caf, "RSASK").encode(), password=None)
    assert isinstance(llave, rsa.RSAPrivateKey)
    numeros = llave.public_key().public_numbers()
    assert (llave.key_size, numeros.e) == (512, 3)
    assert int.from_bytes(base64.b64decode(_between(caf, "M")), "big") == numeros.n
    publica = serialization.load_pem_public_key(_between(caf, "RSAPUBK").encode())
    assert isinstance(publica, rsa.RSAPublicKey)
    assert publica.public_numbers() == numeros


def test_the_authority_signs_the_flattened_da_of_a_caf(authority: Authority) -> None:
    caf = _caf(authority)
    da = re.sub(r">\s+<", "><", f"<DA>{_between(caf, 'DA')}</DA>").encode("iso-8859-1")
    frma = base64.b64decode(_between(caf, "FRMA"))
    publica = authority.llaves[IDK]
    publica.verify(frma, da, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303


def test_the_file_of_public_keys_holds_the_key_that_signs(authority: Authority) -> None:
    llaves = json.loads(authority.llaves_file.read_text())
    publica = serialization.load_pem_public_key(llaves[str(IDK)].encode())
    assert isinstance(publica, rsa.RSAPublicKey)
    assert publica.public_numbers() == authority.llaves[IDK].public_numbers()


def test_a_long_name_is_cut_to_what_a_caf_holds(authority: Authority) -> None:
    assert _between(_caf(authority, razon_social="X" * 90), "RS") == "X" * 40


@pytest.mark.parametrize(
    ("cambio", "ruta"),
    [
        ({"rut": "76192083-1"}, "rut"),
        ({"rut": "no es"}, "rut"),
        ({"tipo": 999}, "tipo"),
        ({"desde": 0}, "desde"),
        ({"desde": 101}, "desde"),
        ({"hasta": 10**10}, "desde"),
    ],
)
def test_a_caf_that_makes_no_sense_is_refused(authority: Authority, cambio: dict[str, object], ruta: str) -> None:
    with pytest.raises(Invalid) as error:
        _caf(authority, **cambio)
    assert [falla.ruta for falla in error.value.fallas] == [ruta]


def test_a_certificate_names_its_holder_in_the_subject_and_in_the_alternative_name(authority: Authority) -> None:
    certificado = x509.load_der_x509_certificate(_der(authority.make_cert(RUT, "Ana Núñez", "secreta"), "secreta"))
    assert f"2.5.4.5={RUT}" in certificado.subject.rfc4514_string()
    nombre = certificado.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    otros = nombre.get_values_for_type(x509.OtherName)
    assert [(otro.type_id, otro.value) for otro in otros] == [(OID_RUT, b"\x16\x0a" + RUT.encode())]
    llave = certificado.public_key()
    assert isinstance(llave, rsa.RSAPublicKey)
    assert llave.key_size == 2048


def test_a_certificate_of_this_authority_is_recognised(authority: Authority) -> None:
    authority.check_certificado(_der(authority.make_cert(RUT, "Ana", "secreta"), "secreta"))


def test_a_certificate_of_another_authority_is_not_recognised(authority: Authority, tmp_path: Path) -> None:
    otra = open_authority(tmp_path / "otra", lambda: AHORA)
    with pytest.raises(Invalid, match="autoridad acreditada"):
        authority.check_certificado(_der(otra.make_cert(RUT, "Ana", "secreta"), "secreta"))


@pytest.mark.parametrize("desde", [AHORA - timedelta(days=40), AHORA + timedelta(days=2)])
def test_a_certificate_is_good_only_within_its_dates(authority: Authority, desde: datetime) -> None:
    with pytest.raises(Invalid, match="vencido"):
        authority.check_certificado(_der(authority.make_cert(RUT, "Ana", "secreta", desde=desde, dias=30), "secreta"))


@pytest.mark.parametrize(("rut", "password", "ruta"), [("1-1", "x", "rut"), (RUT, "", "password")])
def test_a_certificate_without_a_good_rut_or_password_is_refused(
    authority: Authority, rut: str, password: str, ruta: str
) -> None:
    with pytest.raises(Invalid) as error:
        authority.make_cert(rut, "Ana", password)
    assert error.value.fallas[0].ruta == ruta


def test_an_authority_found_again_is_the_same(authority: Authority, carpeta: Path) -> None:
    otra = open_authority(carpeta, lambda: AHORA)
    otra.check_certificado(_der(authority.make_cert(RUT, "Ana", "secreta"), "secreta"))
    assert otra.llaves[IDK].public_numbers() == authority.llaves[IDK].public_numbers()


def test_authorities_opened_at_the_same_moment_are_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as hilos:
        abiertas = list(hilos.map(lambda _: open_authority(tmp_path / "autoridad", lambda: AHORA), range(4)))
    assert len({autoridad.llaves[IDK].public_numbers().n for autoridad in abiertas}) == 1
    assert [entrada.name for entrada in tmp_path.iterdir()] == ["autoridad"]


def test_private_keys_are_readable_by_nobody_else(authority: Authority, carpeta: Path) -> None:
    assert {(carpeta / nombre).stat().st_mode & 0o777 for nombre in ("ca.llave.pem", "caf.llave.pem")} == {0o600}
    assert "PRIVATE" not in repr(authority)


def test_a_key_file_that_holds_another_kind_of_key_is_named(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    open_authority(tmp_path / "autoridad", lambda: AHORA)
    otra = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "autoridad" / "caf.llave.pem").write_bytes(otra)
    with pytest.raises(Misconfigured, match=r"caf\.llave\.pem no es RSA"):
        open_authority(tmp_path / "autoridad", lambda: AHORA)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "autoridad").symlink_to(tmp_path / "nada")
    with pytest.raises(Misconfigured, match="POSTA_CARPETA"):
        open_authority(tmp_path / "autoridad", lambda: AHORA)
    assert [entrada.name for entrada in tmp_path.iterdir()] == ["autoridad"]

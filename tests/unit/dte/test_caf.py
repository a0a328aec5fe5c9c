"""CAFs: read whatever they declare, proven, and checked before they are used."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from shared.dte.caf import LLAVES_SII, VENCEN, check_caf_use, parse_caf, read_caf, verify_caf
from shared.dte.tipos import TipoDte
from shared.dte.xml import CODIFICACION
from shared.errors import Invalid
from tests import dte_data
from tests.unit.dte.vectors import CAF_666, LLAVE_666

XML = dte_data.make_caf_xml()


def test_a_caf_says_whose_which_and_when() -> None:
    caf = parse_caf(XML).caf
    assert (caf.emisor, caf.razon_social) == (dte_data.EMISOR_RUT, "COMERCIAL ÑUÑOA & CIA LTDA")
    assert (caf.tipo, caf.desde, caf.hasta) == (TipoDte.BOLETA, 1, 100)
    assert (caf.fecha, caf.idk) == (date(2026, 1, 5), 666)
    assert caf.xml.startswith('<CAF version="1.0"><DA><RE>77123456-9</RE><RS>COMERCIAL ÑUÑOA &amp; CIA')
    assert "\n" not in caf.xml


def test_a_caf_shows_no_key() -> None:
    abierto = parse_caf(XML)
    assert "llave=" not in repr(abierto)
    assert "RSAPrivateKey" not in repr(abierto)


@pytest.mark.parametrize(
    "prefix",
    [
        b"",
        b'<?xml version="1.0" encoding="UTF-8"?>',
        b'<?xml version="1.0" encoding="ISO-8859-1"?>\r\n',
        b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-16"?>\n',
        b"\n  ",
    ],
)
def test_the_declared_encoding_is_not_believed(prefix: bytes) -> None:
    body = XML.partition(b"?>")[2].lstrip()
    assert parse_caf(prefix + body).caf == parse_caf(XML).caf


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf", b'<?xml version="1.0" encoding="ISO-8859-1"?>\n'])
def test_a_caf_that_an_editor_saved_in_utf_8_is_the_same(prefix: bytes) -> None:
    body = XML.partition(b"?>")[2].lstrip().decode(CODIFICACION)
    verify_caf(parse_caf(prefix + body.encode("utf-8")).caf, dte_data.llaves_autoridad())


def test_namespaces_and_line_ends_do_not_matter_to_the_siis_signature() -> None:
    changed = XML.replace(b'<CAF version="1.0">', b'<CAF xmlns="http://www.sii.cl/SiiDte" version="1.0">')
    verify_caf(parse_caf(changed.replace(b"\n", b"\r\n")).caf, dte_data.llaves_autoridad())


def test_a_caf_of_a_known_authority_is_believed() -> None:
    verify_caf(parse_caf(XML).caf, dte_data.llaves_autoridad())


def test_the_published_vector_verifies() -> None:
    verify_caf(read_caf(CAF_666), {666: LLAVE_666})


def test_both_keys_of_the_sii_are_on_board() -> None:
    assert set(LLAVES_SII) == {100, 300}
    assert all(llave.key_size == 512 and llave.public_numbers().e == 65537 for llave in LLAVES_SII.values())


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"<H>100<", b"<H>101<"), (b"2026-01-05", b"2026-01-06"), (b"CIA LTDA", b"CIA SPA."), (b"<D>1<", b"<D>2<")],
)
def test_one_changed_fact_breaks_the_authoritys_signature(old: bytes, new: bytes) -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-52"):
        verify_caf(parse_caf(XML.replace(old, new)).caf, dte_data.llaves_autoridad())


def test_a_signature_that_is_not_base64_is_no_signature() -> None:
    damaged = re.sub(rb'(SHA1withRSA">)[^<]+', rb"\1x", XML)
    with pytest.raises(Invalid, match="POSTA-DTE-52"):
        verify_caf(parse_caf(damaged).caf, dte_data.llaves_autoridad())


def test_the_caf_of_another_environment_is_named() -> None:
    with pytest.raises(Invalid, match=r"llave 666 del SII; este ambiente reconoce 100 y 300 \[POSTA-DTE-53\]"):
        verify_caf(parse_caf(XML).caf, LLAVES_SII)


def test_a_private_key_of_another_caf_is_refused() -> None:
    other = rsa.generate_private_key(65537, 1024)  # noqa: S505 - as large as a CAF's
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    swapped = re.sub(rb"-----BEGIN.*-----\n", lambda _: pem, XML, flags=re.DOTALL)
    with pytest.raises(Invalid, match="POSTA-DTE-51"):
        parse_caf(swapped)


def without(tag: str) -> bytes:
    return re.sub(rf"<{tag}\b.*?</{tag}>".encode(), b"", XML, flags=re.DOTALL)


EC_PEM = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
DAMAGED: dict[str, bytes] = {
    "empty": b"",
    "text": b"hola",
    "another document": b"<html></html>",
    "cut short": XML[:400],
    **{f"no {tag}": without(tag) for tag in ("CAF", "DA", "RE", "RS", "TD", "RNG", "H", "FA", "M", "IDK", "RSASK")},
    "an unknown type": XML.replace(b"<TD>39<", b"<TD>12<"),
    "no date": XML.replace(b"2026-01-05", b"ayer"),
    "a range that runs back": XML.replace(b"<D>1<", b"<D>101<"),
    "a modulus of nothing": re.sub(rb"<M>[^<]+", b"<M>AA==", XML),
    "a modulus that is not base64": re.sub(rb"<M>[^<]+", b"<M>A", XML),
    "an unreadable key": XML.replace(b"BEGIN RSA", b"BEGIN DSA"),
    "a key with accents": XML.replace(b"-----BEGIN", "ñ-----BEGIN".encode(CODIFICACION)),
    "a key of another kind": re.sub(rb"-----BEGIN.*-----\n", lambda _: EC_PEM, XML, flags=re.DOTALL),
    "a DTD": XML.replace(b"<AUTORIZACION>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><AUTORIZACION>"),
    "too long": XML + b" " * 20_000,
}


@pytest.mark.parametrize("archivo", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_refused_with_a_reason(archivo: bytes) -> None:
    with pytest.raises(Invalid, match=r"POSTA-DTE-(4[0-2]|50)"):
        parse_caf(archivo)


def test_a_caf_without_the_authoritys_signature_is_not_believed() -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-52"):
        verify_caf(parse_caf(without("FRMA")).caf, dte_data.llaves_autoridad())


@given(st.binary(max_size=300) | st.integers(0, len(XML) - 1).map(lambda at: XML[:at] + b"\x80" + XML[at + 1 :]))
def test_any_bytes_give_a_caf_or_a_reason(archivo: bytes) -> None:
    fallas = None
    try:
        parse_caf(archivo)
    except Invalid as error:
        fallas = error.fallas
    assert fallas is None or fallas


USE: dict[str, Any] = {"emisor": dte_data.EMISOR_RUT, "tipo": TipoDte.BOLETA, "folio": 7, "fecha": dte_data.FECHA}


@pytest.mark.parametrize(
    ("changes", "codigo"),
    [
        ({"emisor": dte_data.RECEPTOR_RUT}, "POSTA-DTE-54"),
        ({"tipo": TipoDte.FACTURA}, "POSTA-DTE-55"),
        ({"folio": 0}, "POSTA-DTE-56"),
        ({"folio": 101}, "POSTA-DTE-56"),
        ({"fecha": date(2026, 1, 4)}, "POSTA-DTE-57"),
    ],
)
def test_a_use_that_the_caf_does_not_allow_is_refused(changes: dict[str, Any], codigo: str) -> None:
    with pytest.raises(Invalid, match=codigo):
        check_caf_use(parse_caf(XML).caf, **USE | changes)


@pytest.mark.parametrize("changes", [{}, {"folio": 1}, {"folio": 100}, {"fecha": date(2026, 1, 5)}])
def test_every_use_that_the_caf_allows_is_taken(changes: dict[str, Any]) -> None:
    check_caf_use(parse_caf(XML).caf, **USE | changes)


def test_the_caf_of_a_factura_expires_after_180_days() -> None:
    caf = dte_data.make_caf(TipoDte.FACTURA).caf
    use = USE | {"tipo": TipoDte.FACTURA}
    last = date(2026, 1, 5) + timedelta(days=180)
    assert caf.vence == last
    check_caf_use(caf, **use, hoy=last)
    with pytest.raises(Invalid, match="POSTA-DTE-58"):
        check_caf_use(caf, **use, hoy=last + timedelta(days=1))
    with pytest.raises(Invalid, match="POSTA-DTE-58"):
        check_caf_use(caf, **use | {"fecha": last + timedelta(days=1)})


def test_only_documents_that_give_credit_expire() -> None:
    assert {33, 43, 46, 56, 61} == VENCEN


def test_boletas_and_cafs_older_than_the_rule_do_not_expire() -> None:
    assert dte_data.make_caf(TipoDte.BOLETA).caf.vence is None
    assert dte_data.make_caf(TipoDte.FACTURA, fecha=date(2018, 6, 30)).caf.vence is None


def test_the_test_authority_is_not_the_siis() -> None:
    publica = dte_data.authority_key().public_key().public_numbers()
    assert isinstance(publica, RSAPublicNumbers)
    assert all(publica.n != llave.public_numbers().n for llave in LLAVES_SII.values())

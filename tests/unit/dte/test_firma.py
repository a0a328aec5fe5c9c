"""Our signatures before an independent judge, before our own, and after every kind of tampering."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from shared.dte.documento import DteFirmado, complete_venta, sign_documento
from shared.dte.firma import sign_semilla, sign_texto, verify_firma
from shared.dte.firma.canonico import canonicalize_archivo, cut_hijo, cut_signed_info
from shared.dte.firma.verificacion import canonicalize, digest, find_signed_info, read_digest
from shared.dte.modelo import parse_venta
from shared.dte.xml import CODIFICACION, NS_FIRMA, find_texto, local_name, parse_xml, read_base64
from shared.errors import Invalid
from tests import dte_data
from tests.dte_data import venta_boleta
from tests.unit.dte import vectors


def sign_boleta() -> DteFirmado:
    venta = complete_venta(parse_venta(venta_boleta()), dte_data.EMISOR, fecha=dte_data.FECHA)
    return sign_documento(venta, folio=7, caf=dte_data.make_caf(), firmante=dte_data.firmante(), ahora=dte_data.AHORA)


BOLETA = sign_boleta()
SEMILLA = sign_semilla("000000000078", dte_data.firmante())


def judge(xml: bytes) -> VerifyResult:
    """signxml's opinion; it canonicalises attached elements with spurious declarations unless it is told not to."""
    verifier = XMLVerifier()
    verifier.excise_empty_xmlns_declarations = True
    config = SignatureConfiguration(
        location="./",
        signature_methods=frozenset({SignatureMethod.RSA_SHA1}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA1}),
    )
    certificado = dte_data.make_certificate().public_bytes(Encoding.PEM).decode("ascii")
    result = verifier.verify(
        etree.fromstring(xml), x509_cert=certificado, expect_config=config, id_attribute="ID", validate_schema=False
    )
    assert isinstance(result, VerifyResult)
    return result


def codes(xml: bytes) -> list[str]:
    try:
        verify_firma(xml)
    except Invalid as error:
        return [falla.codigo for falla in error.fallas]
    return []


@pytest.mark.parametrize(("declarations", "expected"), vectors.DIGESTS.items())
def test_the_published_digests_come_out(declarations: str, expected: tuple[int, str]) -> None:
    raiz = parse_xml(f'<DTE{declarations} version="1.0">\n{vectors.DOCUMENTO}\n</DTE>'.encode(CODIFICACION))
    canonical = etree.tostring(etree.fromstring(etree.tostring(raiz[0], with_tail=False)), method="c14n")
    assert (len(canonical), digest(raiz[0])) == expected


@pytest.mark.parametrize(("declarations", "expected"), vectors.SIGNED_INFO.items())
def test_our_signed_info_is_the_published_one(declarations: str, expected: tuple[int, str]) -> None:
    signed = sign_texto(f"<DTE{declarations}>" + '<Documento ID="T39F7"/>', "</DTE>", "T39F7", dte_data.firmante())
    signed_info = re.sub(
        r">\s+<", "><", etree.tostring(etree.fromstring(signed)[-1][0], with_tail=False, encoding="unicode")
    )
    signed_info = re.sub(r"(?<=<DigestValue>)[^<]+", "A" * 27 + "=", signed_info)
    canonical = etree.tostring(etree.fromstring(signed_info), method="c14n")
    assert (len(canonical), hashlib.sha1(canonical, usedforsecurity=False).hexdigest()) == expected


@pytest.mark.parametrize("declarations", vectors.DIGESTS)
def test_what_is_signed_is_cut_out_of_the_file_as_libxml2_canonicalises_it(declarations: str) -> None:
    signed = sign_texto(f"<DTE{declarations}>\n{vectors.DOCUMENTO}", "</DTE>", "T39F7", dte_data.firmante())
    documento, firma = raiz = etree.fromstring(signed)
    signed_info = canonicalize(find_signed_info(firma))
    assert read_digest(firma) == digest(documento)
    for campo in firma.iter("{*}DigestValue", "{*}SignatureValue"):
        campo.text = ""
    archivo = canonicalize_archivo(raiz)
    assert cut_hijo(archivo) == canonicalize(documento)
    assert cut_signed_info(archivo, digest(documento)) == signed_info


def test_an_independent_judge_accepts_a_document() -> None:
    assert judge(BOLETA.xml).signed_data == canonical_documento(BOLETA.xml)


def test_an_independent_judge_accepts_a_token_request() -> None:
    assert b"<Semilla>000000000078</Semilla>" in judge(SEMILLA).signed_data


def canonical_documento(xml: bytes) -> bytes:
    """The Documento in C14N, got without any of our own code."""
    inside = re.search(rb"<Documento.*</Documento>", xml, re.DOTALL)
    assert inside is not None
    opening = xml.splitlines()[1].replace(b"<DTE", b"<Documento").replace(b' version="1.0"', b' ID="T39F7"')
    return inside[0].replace(b'<Documento ID="T39F7">', opening, 1).decode(CODIFICACION).encode("utf-8")


def test_a_good_signature_says_what_it_covers_and_whose_it_is() -> None:
    good = verify_firma(BOLETA.xml)
    assert good.elemento.get("ID") == "T39F7"
    assert find_texto(good.elemento, "Encabezado/Totales/MntTotal") == "1190"
    assert (good.rut, good.certificado.titular) == (dte_data.FIRMANTE_RUT, "María Peña")
    assert good.certificado.vence == dte_data.firmante().vence


def test_a_document_is_verified_without_its_xml_declaration() -> None:
    assert verify_firma(BOLETA.xml.partition(b"\n")[2]).rut == dte_data.FIRMANTE_RUT


def test_a_token_request_has_the_official_form() -> None:
    assert SEMILLA.startswith(b'<?xml version="1.0"?>\n<getToken>\n<item>\n<Semilla>000000000078</Semilla>\n</item>\n')
    assert b'<Reference URI="">' in SEMILLA
    assert SEMILLA.count(b"<Transform ") == 1
    assert b'<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>' in SEMILLA
    assert find_texto(verify_firma(SEMILLA).elemento, "item/Semilla") == "000000000078"


def test_key_and_certificate_are_written_whole_and_without_a_leading_zero() -> None:
    firma = parse_xml(BOLETA.xml)[-1]
    modulus = base64.b64decode(firma.findtext(f".//{{{NS_FIRMA}}}Modulus") or "")
    assert modulus == dte_data.person_key().public_key().public_numbers().n.to_bytes(256, "big")
    certificate = base64.b64decode(firma.findtext(f".//{{{NS_FIRMA}}}X509Certificate") or "")
    assert certificate == dte_data.firmante().certificado_der


def swap(old: bytes, new: bytes, xml: bytes = BOLETA.xml) -> bytes:
    assert old in xml
    return xml.replace(old, new, 1)


def drop(tag: str, xml: bytes = BOLETA.xml) -> bytes:
    return re.sub(rf"<{tag}\b.*</{tag}>".encode(), b"", xml, count=1, flags=re.DOTALL)


def other_key() -> bytes:
    numbers = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    return base64.b64encode(numbers.n.to_bytes(256, "big"))


TOTAL = "Encabezado/Totales/MntTotal"
SIGNATURE = re.compile(rb"(?<=<SignatureValue>)[^<]+")
MODULUS = re.compile(rb"(?<=<Modulus>)[^<]+")
CERTIFICATE = re.compile(rb"(?<=<X509Certificate>)[^<]+")
DOCUMENTO = re.compile(rb"<Documento.*</Documento>", re.DOTALL)
EVIL = b'<Documento ID="T39F7"><Encabezado/></Documento>'
OTHER_CERTIFICATE = base64.b64encode(
    dte_data.make_certificate(key=rsa.generate_private_key(65537, 2048)).public_bytes(Encoding.DER)
)

TAMPERED: dict[str, tuple[bytes, str]] = {
    "an amount": (swap(b"<MntTotal>1190", b"<MntTotal>1191"), "61"),
    "a name": (swap("Ñuñoa".encode(CODIFICACION), b"Nunoa"), "61"),
    "the folio": (swap(b"<Folio>7<", b"<Folio>8<"), "61"),
    "the stamp": (swap(b"<F>7<", b"<F>8<"), "61"),
    "a namespace": (swap(b'xmlns="http://www.sii.cl/SiiDte"', b'xmlns="ttp/www.sii.cl/SiiDte"'), "61"),
    "the name of an element": (
        BOLETA.xml.replace(b"UnmdItem", b"x").replace(b"NmbItem>", "ÑmbItem>".encode(CODIFICACION)),
        "61",
    ),
    "one space": (swap(b"</Totales>\n", b"</Totales> \n"), "61"),
    "the digest": (swap(b"<DigestValue>", b"<DigestValue>AAAA"), "61"),
    "the signature": (SIGNATURE.sub(base64.b64encode(bytes(256)), BOLETA.xml), "62"),
    "a short signature": (SIGNATURE.sub(b"AAAA", BOLETA.xml), "62"),
    "no signature value": (SIGNATURE.sub(b"", BOLETA.xml), "62"),
    "the order of SignedInfo": (swap(b"<SignedInfo>", b"<SignedInfo> "), "62"),
    "another key": (MODULUS.sub(other_key(), BOLETA.xml), "62"),
    "another certificate": (CERTIFICATE.sub(OTHER_CERTIFICATE, BOLETA.xml), "63"),
    "another digest method": (swap(b"xmldsig#sha1", b"xmldsig#sha256"), "64"),
    "another signature method": (swap(b"xmldsig#rsa-sha1", b"xmldsig#hmac-sha1"), "64"),
    "another canonical form": (swap(b"REC-xml-c14n-20010315", b"REC-xml-c14n-20010315#WithComments"), "64"),
    "two transforms": (
        swap(
            b"</Transforms>",
            b'<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></Transforms>',
        ),
        "64",
    ),
    "a transform that selects": (
        swap(b'20010315"/>\n</Transforms>', b'20010315"><XPath>self::text()</XPath></Transform></Transforms>'),
        "64",
    ),
    "a reference to nothing": (swap(b'URI="#T39F7"', b'URI="#T39F8"'), "65"),
    "a reference without a hash": (swap(b'URI="#T39F7"', b'URI="T39F7"'), "65"),
    "a reference to everything": (swap(b'URI="#T39F7"', b'URI=""'), "65"),
    "a reference to a file": (swap(b'URI="#T39F7"', b'URI="file:///etc/hostname"'), "65"),
    "no signature": (drop("Signature"), "60"),
    "no certificate": (drop("X509Data"), "60"),
    "no key": (drop("KeyValue"), "60"),
    "no digest method": (re.sub(rb"<DigestMethod[^>]*>", b"", BOLETA.xml), "60"),
    "no reference": (drop("Reference"), "60"),
    "an unreadable key": (MODULUS.sub(b"%%%%", BOLETA.xml), "60"),
    "an impossible key": (MODULUS.sub(b"AA==", BOLETA.xml), "60"),
    "an unreadable certificate": (CERTIFICATE.sub(b"AAAA", BOLETA.xml), "70"),
    "two signatures": (swap(b"</DTE>", BOLETA.xml[BOLETA.xml.index(b"<Signature") :]), "65"),
    "nothing": (b"<DTE/>", "60"),
}
WRAPPED: dict[str, tuple[bytes, str]] = {
    "another document first": (DOCUMENTO.sub(lambda good: EVIL + good[0], BOLETA.xml), "65"),
    "another document second": (DOCUMENTO.sub(lambda good: good[0] + EVIL, BOLETA.xml), "65"),
    "the good one inside a bad one": (
        DOCUMENTO.sub(lambda good: b'<Documento ID="T39F7"><Old>' + good[0] + b"</Old></Documento>", BOLETA.xml),
        "65",
    ),
    "the good one inside the signature": (
        swap(b"</Signature>", b"<Object>" + good + b"</Object></Signature>", DOCUMENTO.sub(EVIL, BOLETA.xml))
        if (good := DOCUMENTO.findall(BOLETA.xml)[0])
        else b"",
        "65",
    ),
    "an element that xml:id gives the same name": (
        DOCUMENTO.sub(lambda _: EVIL, swap(b"</SignedInfo>", b'</SignedInfo><x xml:id="T39F7"/>')),
        "65",
    ),
    "an instruction in between": (swap(b"<Documento", b"<?x?><Documento"), "65"),
    "the signature first": (
        BOLETA.xml[: BOLETA.xml.index(b"<Documento")]
        + BOLETA.xml[BOLETA.xml.index(b"<Signature") : BOLETA.xml.index(b"</DTE>")]
        + DOCUMENTO.findall(BOLETA.xml)[0]
        + b"</DTE>",
        "60",
    ),
}


@pytest.mark.parametrize("case", TAMPERED.values(), ids=TAMPERED.keys())
def test_every_kind_of_tampering_is_told_apart(case: tuple[bytes, str]) -> None:
    xml, numero = case
    assert codes(xml) == [f"POSTA-DTE-{numero}"]


@pytest.mark.parametrize("case", WRAPPED.values(), ids=WRAPPED.keys())
def test_a_signature_covers_the_one_element_that_everybody_reads(case: tuple[bytes, str]) -> None:
    xml, numero = case
    assert codes(xml) == [f"POSTA-DTE-{numero}"]


@pytest.mark.parametrize("where", [b"<Documento", b"</MntTotal>", b"<Signature", b"</DTE>"])
def test_a_comment_changes_neither_what_was_signed_nor_what_is_read(where: bytes) -> None:
    good = verify_firma(swap(where, b"<!-- Win32 -->" + where))
    assert find_texto(good.elemento, TOTAL) == "1190"


def test_a_comment_hides_no_part_of_a_number() -> None:
    assert find_texto(verify_firma(swap(b">1190</MntT", b">11<!-- -->90</MntT")).elemento, TOTAL) == "1190"


def test_a_changed_token_request_is_caught() -> None:
    assert codes(SEMILLA.replace(b"078", b"079")) == ["POSTA-DTE-61"]
    assert codes(SIGNATURE.sub(base64.b64encode(bytes(256)), SEMILLA)) == ["POSTA-DTE-62"]


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@settings(max_examples=300)
@given(st.integers(0, len(BOLETA.xml) - 1), st.sampled_from(b'0A<>&" \n\xe9'))
def test_no_flipped_byte_of_the_signed_part_goes_unnoticed(at: int, byte: int) -> None:
    changed = BOLETA.xml[:at] + bytes([byte]) + BOLETA.xml[at + 1 :]
    assert codes(changed) or canonical_parts(changed) == canonical_parts(BOLETA.xml)


def canonical_parts(xml: bytes) -> list[bytes]:
    """What a signature is about, in canonical form, its value and its key.

    Not the certificate: no signature here covers it, and only its authority could say that it was changed.
    """
    raiz = parse_xml(xml)
    parts = [
        etree.tostring(etree.fromstring(etree.tostring(e, encoding="utf-8", with_tail=False)), method="c14n")
        for e in (raiz[0], raiz[1][0])
    ]
    values = ("SignatureValue", "Modulus", "Exponent")
    return [*parts, *(read_base64(e.text or "") for e in raiz[1].iter() if local_name(e) in values)]

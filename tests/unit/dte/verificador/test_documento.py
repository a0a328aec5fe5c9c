"""Every check of a document: good ones pass, and each mutation is caught by the check that it breaks, by its code."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shared.dte.documento import complete_venta, sign_documento
from shared.dte.firma import load_firmante
from shared.dte.modelo import parse_venta
from shared.dte.tipos import TipoDte
from shared.dte.verificador import Valor, verify_archivo
from shared.dte.xml import CODIFICACION, DECLARACION
from tests import dte_data
from tests.unit.dte.verificador.casos import (
    BOLETA,
    FACTURA,
    LLAVES,
    broken,
    controls,
    flip,
    resign,
    swap,
    verify,
)

CHECKS = ["esquema", "digest", "firma", "certificado", "timbre", "caf", "aritmetica"]
FRAGMENT = FACTURA.xml.partition(b"\n")[2]


@pytest.mark.parametrize("xml", [FACTURA.xml, BOLETA.xml, FRAGMENT], ids=["factura", "boleta", "fragment"])
def test_a_good_document_passes_every_check(xml: bytes) -> None:
    verificacion = verify(xml)
    (documento,) = verificacion.documentos
    assert verificacion.valido
    assert verificacion.sobre is None
    assert [control.nombre for control in documento.controles] == CHECKS
    assert {control.valor for control in documento.controles} == {Valor.OK}
    assert documento.contexto == ()
    assert documento.firmante == dte_data.FIRMANTE_RUT
    assert documento.identidad.emisor == dte_data.EMISOR_RUT


def test_the_reasons_say_who_signed_and_who_authorised() -> None:
    motivos = {nombre: control.motivo for nombre, control in controls(FACTURA.xml).items()}
    assert "12345678-5 María Peña" in motivos["certificado"]
    assert "no se comprueba la cadena" in motivos["certificado"]
    assert "folios 1 a 100, autorizados por una llave dada aparte" in motivos["caf"]


def test_only_the_siis_own_keys_count_unless_others_are_given() -> None:
    (documento,) = verify_archivo(FACTURA.xml).documentos
    assert not documento.valido
    assert [control.codigo for control in documento.controles if control.codigo] == ["POSTA-DTE-53"]


DIGEST = re.compile(rb"(?<=<DigestValue>)[^=<]{10}")
SIGNATURE = re.compile(rb"(?<=<SignatureValue>)[^<]{20}")
MODULUS = re.compile(rb"(?<=<Modulus>)\s*[^<]{20}")
CERTIFICATE = re.compile(rb"(?<=<X509Certificate>)\s*[^<]{300}")
FRMT = re.compile(rb"<FRMT algoritmo=\"SHA1withRSA\">[^<]{20}")
FRMA = re.compile(rb"<FRMA algoritmo=\"SHA1withRSA\">[^<]{20}")
MUTATIONS: dict[str, tuple[bytes, dict[str, str]]] = {
    "the amount": (flip(FACTURA.xml, re.compile(rb"<MntTotal>37485")), {"digest": "61", "timbre": "59"}),
    "a line's amount": (
        flip(FACTURA.xml, re.compile(rb"<MontoItem>31")),
        {"digest": "61", "aritmetica": "20"},
    ),
    "the name": (flip(FACTURA.xml, re.compile(rb"<RznSocRecep>Receptor")), {"digest": "61", "timbre": "59"}),
    "the folio": (flip(FACTURA.xml, re.compile(rb"<Folio>7")), {"digest": "61", "timbre": "59"}),
    "the folio in the stamp": (flip(FACTURA.xml, re.compile(rb"<F>7")), {"digest": "61", "timbre": "59"}),
    "the stamp's signature": (flip(FACTURA.xml, FRMT), {"digest": "61", "timbre": "59"}),
    "the CAF's signature": (flip(FACTURA.xml, FRMA), {"digest": "61", "timbre": "59", "caf": "52"}),
    "the CAF's range": (
        flip(FACTURA.xml, re.compile(rb"<H>100")),
        {"digest": "61", "timbre": "59", "caf": "52"},
    ),
    "the digest": (flip(FACTURA.xml, DIGEST), {"digest": "61", "firma": "62"}),
    "the signature": (flip(FACTURA.xml, SIGNATURE), {"firma": "62"}),
    "the key": (flip(FACTURA.xml, MODULUS), {"firma": "62", "certificado": "63"}),
}


@pytest.mark.parametrize("case", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_one_changed_byte_is_caught_with_the_right_reason(case: tuple[bytes, dict[str, str]]) -> None:
    xml, codigos = case
    assert not verify(xml).valido
    assert broken(xml) == {nombre: f"POSTA-DTE-{numero}" for nombre, numero in codigos.items()}


def test_a_changed_byte_of_the_certificate_is_caught_by_its_check_alone() -> None:
    found = broken(flip(FACTURA.xml, CERTIFICATE))
    assert set(found) <= {"certificado", "esquema"}
    assert found["certificado"] in {"POSTA-DTE-63", "POSTA-DTE-70", "POSTA-DTE-73", "POSTA-DTE-77"}


def test_a_certificate_with_another_key_is_told_and_the_signature_still_holds() -> None:
    """The official sample F60T33 is like that."""
    other = dte_data.make_certificate(key=rsa.generate_private_key(65537, 2048)).public_bytes(Encoding.DER)
    whole = re.compile(rb"(?<=<X509Certificate>)[^<]+")
    xml = whole.sub(base64.b64encode(other), FACTURA.xml)
    assert broken(xml) == {"certificado": "POSTA-DTE-63"}
    assert controls(xml)["firma"].valor is Valor.OK
    assert verify(xml).documentos[0].firmante is None


RESIGNED: dict[str, tuple[tuple[str, str], dict[str, str]]] = {
    "a total that does not add up": (
        ("<MntTotal>37485<", "<MntTotal>37585<"),
        {"timbre": "59", "aritmetica": "20"},
    ),
    "a line that does not add up": (("<PrcItem>70<", "<PrcItem>71<"), {"aritmetica": "20"}),
    "a folio outside of the CAF": (("<Folio>7<", "<Folio>700<"), {"timbre": "59", "caf": "56"}),
    "another company's CAF": (("<RUTEmisor>77123456-9<", "<RUTEmisor>76192083-9<"), {"timbre": "59", "caf": "54"}),
    "a date before the CAF": (("<FchEmis>2026-02-03<", "<FchEmis>2026-01-03<"), {"timbre": "59", "caf": "57"}),
    "a type that is not the CAF's": (("<TipoDTE>33<", "<TipoDTE>56<"), {"timbre": "59", "caf": "55"}),
    "an element that no schema knows": (("<FmaPago>1<", "<Nada/><FmaPago>1<"), {"esquema": "43"}),
    "another buyer in the stamp": (("<RR>76987654-5<", "<RR>76192083-9<"), {"timbre": "59"}),
    "an unreadable folio": (("<Folio>7<", "<Folio>x<"), {"esquema": "43", "timbre": "59", "caf": "44"}),
    "an amount that is none": (
        ("<MntTotal>37485<", "<MntTotal>mucho<"),
        {"esquema": "43", "timbre": "59"},
    ),
    "no stamp": ((re.findall("<TED.*</TED>", FACTURA.ted)[0], ""), {"esquema": "43", "timbre": "59", "caf": "59"}),
}


@pytest.mark.parametrize("case", RESIGNED.values(), ids=RESIGNED.keys())
def test_a_good_signature_does_not_hide_what_is_wrong(case: tuple[tuple[str, str], dict[str, str]]) -> None:
    cambio, codigos = case
    assert broken(resign(cambio)) == {nombre: f"POSTA-DTE-{numero}" for nombre, numero in codigos.items()}


def test_differences_are_listed_with_both_values() -> None:
    motivo = controls(resign(("<MntTotal>37485<", "<MntTotal>37585<")))["aritmetica"].motivo
    assert motivo.startswith("Encabezado.Totales.MntTotal: «MntTotal» no cuadra: se recibió 37585")
    assert "37485" in motivo


@pytest.mark.parametrize(
    "cambio",
    [("<IVA>5985<", "<IVA>5986<"), ("<PrcItem>70<", "<PrcItem>70.00<"), ("<PrcItem>70<", "<PrcItem>70.00001<")],
    ids=["a peso of IVA", "zeros", "a rounded price"],
)
def test_other_roundings_than_ours_are_no_fault(cambio: tuple[str, str]) -> None:
    assert broken(resign(cambio)) == {}


def test_what_cannot_be_read_into_a_model_is_not_recalculated() -> None:
    control = controls(resign(("<FmaPago>1<", "<Nada/><FmaPago>1<")))["aritmetica"]
    assert control.valor is Valor.NO_APLICA
    assert "POSTA-DTE-02" in control.motivo


def test_a_document_is_judged_by_the_moment_it_says_it_was_signed() -> None:
    venta = complete_venta(parse_venta(dte_data.venta_factura()), dte_data.EMISOR, fecha=dte_data.FECHA)
    pem = dte_data.person_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    corto = dte_data.make_certificate(desde=datetime(2026, 1, 1, tzinfo=UTC), vigencia=timedelta(days=60))
    firmante = load_firmante(pem, corto.public_bytes(Encoding.DER))
    caf = dte_data.make_caf(TipoDte.FACTURA)
    dte = sign_documento(venta, folio=7, caf=caf, firmante=firmante, ahora=dte_data.AHORA)
    assert broken(dte.xml) == {}
    tarde = dte.xml.replace(b"<TmstFirma>2026-02-03", b"<TmstFirma>2026-03-03")
    assert broken(tarde) == {"digest": "POSTA-DTE-61", "certificado": "POSTA-DTE-76"}
    assert broken(resign(("<TmstFirma>2026-02-03", "<TmstFirma>2026-08-03"))) == {"caf": "POSTA-DTE-58"}


def test_without_a_moment_of_signature_the_certificate_is_only_named() -> None:
    xml = resign(("<TmstFirma>2026-02-03T10:15:30</TmstFirma>", ""))
    assert broken(xml) == {"esquema": "POSTA-DTE-43"}
    assert "no se sabe cuándo firmó" in controls(xml)["certificado"].motivo


def test_a_document_without_signature_fails_all_of_its_checks() -> None:
    xml = re.sub(rb"<Signature .*</Signature>", b"", FACTURA.xml, flags=re.DOTALL)
    assert broken(xml) == {
        "esquema": "POSTA-DTE-43",
        "digest": "POSTA-DTE-60",
        "firma": "POSTA-DTE-60",
        "certificado": "POSTA-DTE-60",
    }


def test_other_algorithms_hold_nothing() -> None:
    found = broken(swap(b"xmldsig#rsa-sha1", b"xmldsig#hmac-sha1"))
    assert (found["digest"], found["firma"]) == ("POSTA-DTE-64", "POSTA-DTE-64")


def test_an_unreadable_key_holds_nothing() -> None:
    enorme = re.sub(rb"(?<=<Modulus>)[^<]+", base64.b64encode(b"\xff" * 3000), FACTURA.xml)
    assert broken(enorme)["firma"] == "POSTA-DTE-60"


def test_what_has_no_canonical_form_has_no_digest() -> None:
    relativo = swap(b'xmlns="http://www.sii.cl/SiiDte"', b'xmlns="http://www.sii.cl/SiiDte" xmlns:r="a/b"')
    assert broken(relativo)["digest"] == "POSTA-DTE-61"


def test_a_dte_without_a_body_is_told_as_such() -> None:
    (documento,) = verify(b'<DTE xmlns="http://www.sii.cl/SiiDte" version="1.0"><Otro/></DTE>').documentos
    assert not documento.valido
    assert [control.codigo for control in documento.controles] == ["POSTA-DTE-44"]


@pytest.mark.parametrize("largo", ["Peña \"El Ñandú\" — 'Sucursal' & Cía. de un nombre de más de cuarenta letras", "x"])
def test_the_stamp_holds_the_beginning_of_long_names_without_their_quotes(largo: str) -> None:
    datos = dte_data.venta_factura(Detalle=[{"NmbItem": largo, "PrcItem": 1000}])
    venta = complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)
    caf, firmante = dte_data.make_caf(TipoDte.FACTURA), dte_data.firmante()
    dte = sign_documento(venta, folio=7, caf=caf, firmante=firmante, ahora=dte_data.AHORA)
    assert verify_archivo(dte.xml, LLAVES).valido


def test_a_comment_between_the_elements_is_no_fault() -> None:
    assert verify(swap(b"<Documento", b"<!-- O Win32 Chrome 73 --><Documento")).valido


def test_the_file_is_read_as_it_is_written() -> None:
    assert FACTURA.xml.startswith(DECLARACION.encode(CODIFICACION))


def test_a_certificate_of_an_impossible_version_is_told() -> None:
    """cryptography has an exception of its own for it; a fuzzer found that."""
    der = dte_data.firmante().certificado_der
    version = der.index(b"\xa0\x03\x02\x01\x02") + 4
    weird = base64.b64encode(der[:version] + b"\x6a" + der[version + 1 :])
    xml = re.sub(rb"(?<=<X509Certificate>)[^<]+", weird, FACTURA.xml)
    assert broken(xml) == {"certificado": "POSTA-DTE-70"}


def test_a_digest_that_is_no_base64_holds_nothing() -> None:
    found = broken(re.sub(rb"(?<=<DigestValue>)[^<]+", b"%%%", FACTURA.xml))
    assert (found["digest"], found["firma"]) == ("POSTA-DTE-61", "POSTA-DTE-62")


def test_an_id_that_stands_for_two_things_is_refused() -> None:
    found = broken(resign(('<TED version="1.0">', f'<TED version="1.0" otro="T33F{FACTURA.folio}">')))
    assert found["digest"] == "POSTA-DTE-65"

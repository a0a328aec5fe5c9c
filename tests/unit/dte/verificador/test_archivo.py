"""Files as others leave them: in other encodings, cut out, laid out anew, in other envelopes; and no documents."""

from __future__ import annotations

import re
import time

import pytest
from lxml import etree

from shared.dte.firma import sign_texto
from shared.dte.verificador import LIMITE_ARCHIVO, Valor, verify_archivo
from shared.dte.verificador.verificar import MAX_DOCUMENTOS
from shared.dte.xml import CODIFICACION, DECLARACION, NS
from shared.errors import Invalid
from tests import dte_data
from tests.unit.dte.verificador.casos import FACTURA, FACTURAS, LLAVES, SOBRE, broken, controls, swap, verify

TEXTO = FACTURA.xml.decode(CODIFICACION)
CUERPO = TEXTO.removeprefix(DECLARACION)


def declared(name: str) -> str:
    return f'<?xml version="1.0" encoding="{name}"?>\n{CUERPO}'


READINGS: dict[str, tuple[bytes, str]] = {
    "as UTF-8, and saying so": (declared("UTF-8").encode("utf-8"), "utf-8"),
    "as UTF-8, declared ISO-8859-1": (TEXTO.encode("utf-8"), "utf-8"),
    "as ISO-8859-1, declared UTF-8": (declared("UTF-8").encode(CODIFICACION), CODIFICACION),
    "as UTF-8, without a declaration": (CUERPO.encode("utf-8"), "utf-8"),
    "as ISO-8859-1, without a declaration": (CUERPO.encode(CODIFICACION), CODIFICACION),
    "with a byte order mark": (b"\xef\xbb\xbf" + declared("utf-8").encode("utf-8"), "utf-8"),
    "in Windows-1252": (declared("windows-1252").encode("cp1252"), "cp1252"),
    "declared ASCII": (declared("US-ASCII").encode(CODIFICACION), CODIFICACION),
    "with DOS line ends": (TEXTO.replace("\n", "\r\n").encode(CODIFICACION), CODIFICACION),
    "after blank lines": (b"\n\n " + FACTURA.xml, CODIFICACION),
    "declared without an encoding": (f'<?xml version="1.0"?>{CUERPO}'.encode(), "utf-8"),
}


@pytest.mark.parametrize("case", READINGS.values(), ids=READINGS.keys())
def test_a_document_is_valid_in_every_encoding(case: tuple[bytes, str]) -> None:
    xml, codificacion = case
    verificacion = verify(xml)
    assert verificacion.valido
    assert verificacion.codificacion == codificacion


def test_a_wrong_declaration_is_remarked() -> None:
    assert "aunque dice estar en ISO-8859-1" in verify(TEXTO.encode("utf-8")).observacion
    assert verify(FACTURA.xml).observacion == ""


def test_a_changed_file_is_told_in_the_encoding_that_it_declares() -> None:
    changed = verify(TEXTO.replace("37485", "37486").encode("utf-8"))
    assert not changed.valido
    assert changed.codificacion == CODIFICACION


def resigned(apertura: str) -> bytes:
    """The document signed with these declarations on DTE."""
    inside = CUERPO[CUERPO.index("<Documento") : CUERPO.index("</Documento>")] + "</Documento>"
    firmado = sign_texto(apertura + "\n" + inside, "</DTE>", f"T33F{FACTURA.folio}", dte_data.firmante())
    return (DECLARACION + firmado).encode(CODIFICACION)


def test_a_document_may_be_signed_without_any_namespace() -> None:
    assert verify(resigned('<DTE version="1.0">')).valido


@pytest.mark.parametrize("lost", [f' xmlns="{NS}"', re.findall(r" xmlns.*?(?= version)", CUERPO)[0]])
def test_a_document_that_lost_its_envelopes_declarations_is_read_with_them(lost: str) -> None:
    """The SII's own portal gives documents out like that."""
    xml = resigned(f'<DTE{lost} version="1.0">').replace(lost.encode(), b"", 1)
    assert verify(xml).valido
    assert "que el archivo perdió" in controls(xml)["digest"].motivo


ALTERED: dict[str, tuple[bytes, str]] = {
    "declarations added": (
        resigned('<DTE version="1.0">').replace(b"<DTE", f'<DTE xmlns="{NS}"'.encode(), 1),
        "si DTE no declara espacios de nombres",
    ),
    "laid out anew": (
        re.sub(r">\s*<(?!/?Documento|/?Signature|/DTE)", ">\n   <", CUERPO).encode(CODIFICACION),
        "",
    ),
}


@pytest.mark.parametrize("case", ALTERED.values(), ids=ALTERED.keys())
def test_a_file_that_was_cleaned_or_laid_out_anew_fails_and_says_so(case: tuple[bytes, str]) -> None:
    xml, indicio = case
    assert broken(xml)["digest"] == "POSTA-DTE-61"
    assert indicio in controls(xml)["digest"].motivo


def test_a_compact_document_that_was_indented_is_recognised() -> None:
    compact = re.sub(r">\s+<", "><", CUERPO[CUERPO.index("<Documento") : CUERPO.index("</Documento>")])
    apertura = CUERPO[: CUERPO.index("<Documento")].strip()
    firmado = sign_texto(apertura + compact + "</Documento>", "</DTE>", f"T33F{FACTURA.folio}", dte_data.firmante())
    flat = re.sub(r">\s+<", "><", firmado)
    pretty = etree.tostring(etree.fromstring(flat.encode("utf-8")), pretty_print=True, encoding="ISO-8859-1")
    motivo = controls(pretty)["digest"].motivo
    assert "POSTA-DTE-61" in broken(pretty)["digest"]
    assert "alguien lo reordenó" in motivo or "alterado" in motivo


def test_an_envelope_and_each_of_its_documents_are_valid_cut_out_and_in_context() -> None:
    verificacion = verify(SOBRE)
    assert verificacion.valido
    assert verificacion.sobre is not None
    assert [control.nombre for control in verificacion.sobre.controles] == [
        *("esquema", "caratula", "digest", "firma", "certificado")
    ]
    assert verificacion.sobre.firmante == dte_data.FIRMANTE_RUT
    assert [documento.identidad.folio for documento in verificacion.documentos] == ["1", "2"]
    assert {c.valor for d in verificacion.documentos for c in d.contexto} == {Valor.OK}


def test_a_document_without_declarations_is_valid_as_a_fragment_though_not_in_context() -> None:
    """The SII's sample F60T33, and most envelopes in the wild."""
    suelto = resigned('<DTE version="1.0">').removeprefix(DECLARACION.encode())
    (verificacion,) = verify(enclose(suelto)).documentos
    assert verificacion.valido
    assert [(control.nombre, control.codigo) for control in verificacion.contexto] == [
        ("digest", "POSTA-DTE-61"),
        ("firma", "POSTA-DTE-62"),
    ]


def enclose(*dtes: bytes) -> bytes:
    cabeza, _, resto = SOBRE.partition(b"<DTE ")
    cola = resto[resto.rindex(b"</DTE>") + len(b"</DTE>") :]
    return cabeza + b"\n".join(dtes) + cola


def envelope_codes(xml: bytes) -> dict[str, str]:
    sobre = verify(xml).sobre
    assert sobre is not None
    return {control.nombre: control.codigo for control in sobre.controles if control.codigo}


def test_an_envelope_that_miscounts_is_told() -> None:
    assert envelope_codes(swap(b"<NroDTE>2", b"<NroDTE>3", SOBRE)) == {
        "caratula": "POSTA-DTE-84",
        "digest": "POSTA-DTE-61",
    }


def test_an_envelope_sent_by_another_than_its_signer_is_told() -> None:
    texto = SOBRE.decode(CODIFICACION).removeprefix(DECLARACION)
    cuerpo = texto[: texto.index("</SetDTE>")] + "</SetDTE>"
    firmado = sign_texto(
        cuerpo.replace("<RutEnvia>12345678-5", "<RutEnvia>76987654-5"), "</EnvioDTE>", "SetDoc", dte_data.firmante()
    )
    assert envelope_codes((DECLARACION + firmado).encode(CODIFICACION)) == {"caratula": "POSTA-DTE-86"}


def test_a_document_of_another_company_in_an_envelope_is_told() -> None:
    ajeno = swap(b"<RUTEmisor>77123456-9", b"<RUTEmisor>76192083-9", SOBRE)
    assert envelope_codes(ajeno) == {"caratula": "POSTA-DTE-85", "digest": "POSTA-DTE-61"}
    assert [documento.valido for documento in verify(ajeno).documentos] == [False, True]


def test_a_fragment_whose_prefix_only_the_envelope_declares_cannot_be_judged_alone() -> None:
    xml = re.sub(rb'<DTE xmlns="[^"]*" xmlns:xsi="[^"]*"', b'<DTE xsi:nil="false"', SOBRE, count=1)
    primero, segundo = verify(xml).documentos
    assert [c.codigo for c in primero.controles if c.nombre == "digest"] == ["POSTA-DTE-40"]
    assert segundo.valido


def test_documents_are_found_in_any_other_file_too() -> None:
    fragmentos = b"".join(dte.xml.partition(b"\n")[2] for dte in FACTURAS)
    verificacion = verify(b"<AEC><Cesiones>" + fragmentos + b"</Cesiones></AEC>")
    assert verificacion.valido
    assert verificacion.sobre is None
    assert len(verificacion.documentos) == 2


def test_an_envelope_without_signature_is_told() -> None:
    head, _, _ = SOBRE.rpartition(b"<Signature ")
    assert envelope_codes(head + b"</EnvioDTE>") == {
        "esquema": "POSTA-DTE-43",
        "digest": "POSTA-DTE-60",
        "firma": "POSTA-DTE-60",
        "certificado": "POSTA-DTE-60",
    }


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
UNREADABLE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "40"),
    "text": (b"hola", "40"),
    "half a file": (FACTURA.xml[:2000], "40"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "42"),
    "UTF-16": (declared("UTF-16").encode("utf-16"), "40"),
    "a gzip": (b"\x1f\x8b\x08\x00junk", "40"),
    "a PDF": (b"%PDF-1.4 junk", "40"),
    "an encoding of its own": (declared("IBM037").encode(CODIFICACION), "40"),
    "another kind of XML": (b"<html/>", "44"),
    "a DTD": (b"<!DOCTYPE DTE>" + CUERPO.encode(CODIFICACION), "42"),
    "an external entity": (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><DTE>&e;</DTE>', "42"),
    "a billion laughs": (f'<!DOCTYPE x [<!ENTITY l0 "ja">{LAUGHS}]><DTE>&l9;</DTE>'.encode(), "42"),
    "an entity blown up": (f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><DTE>{"&a;" * 50_000}</DTE>'.encode(), "42"),
    "an unknown entity": (b"<DTE>&nada;</DTE>", "40"),
    "too much": (b"<DTE>" + b" " * LIMITE_ARCHIVO + b"</DTE>", "41"),
    "too deep": (b"<DTE>" * 100_000 + b"</DTE>" * 100_000, "40"),
    "too many": (b"<SetDTE>" + b"<DTE/>" * (MAX_DOCUMENTOS + 1) + b"</SetDTE>", "81"),
    "a document in another": (b"<DTE><DTE/></DTE>", "83"),
    "too many attributes": (
        swap(b"<Documento", b"<Documento " + b" ".join(b'a%d="1"' % n for n in range(50_000))),
        "42",
    ),
    "namespaces without end": (
        swap(b"<IdDoc", b"<IdDoc " + b" ".join(b'xmlns:n%d="u:%d"' % (n, n) for n in range(50_000))),
        "42",
    ),
    "nested namespaces": (
        b"".join(b'<s xmlns:n%d="u:n">' % n for n in range(100)) + b"<DTE/>" + b"</s>" * 100,
        "42",
    ),
    "too many namespaces": (
        b"<SetDTE " + b" ".join(b'xmlns:n%d="u:%d"' % (n, n) for n in range(20_000)) + b"><DTE/></SetDTE>",
        "42",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_document_is_refused_at_once(case: tuple[bytes, str]) -> None:
    xml, numero = case
    begin = time.process_time()
    with pytest.raises(Invalid) as caught:
        verify_archivo(xml, LLAVES)
    assert [falla.codigo for falla in caught.value.fallas] == [f"POSTA-DTE-{numero}"]
    assert time.process_time() - begin < 5


HUGE: dict[str, bytes] = {
    "an attribute": swap(b"<Documento", b'<Documento x="' + b"x" * 5_000_000 + b'"'),
    "a text": swap(b"<NmbItem>", b"<NmbItem>" + b"&amp;" * 500_000),
    "many stamps": swap(b"<TED", b"<TED/>" * 300_000 + b"<TED"),
    "many lines": swap(b"<Detalle>", b"<Detalle/>" * 200_000 + b"<Detalle>"),
    "many stamps without an end": swap(b"</TED>", b"</x>", swap(b"<TED ", b"<TED/>" * 300_000 + b"<x ")),
    "many fields": swap(b"<Folio>", b"<Folio>7</Folio>" * 100_000 + b"<Folio>"),
    "a number": swap(b"<MntTotal>", b"<MntTotal>" + b"9" * 1_000_000),
    "a key": re.sub(rb"(?<=<Modulus>)[^<]+", b"QUFB" * 500_000, FACTURA.xml),
    "a certificate": re.sub(rb"(?<=<X509Certificate>)[^<]+", b"MIIB" * 500_000, FACTURA.xml),
    "an exponent": re.sub(rb"(?<=<Exponent>)[^<]+", b"QUFB" * 500_000, FACTURA.xml),
}


@pytest.mark.parametrize("xml", HUGE.values(), ids=HUGE.keys())
def test_no_blown_up_document_takes_long(xml: bytes) -> None:
    begin = time.process_time()
    assert not verify(xml).valido
    assert time.process_time() - begin < 20

"""Incoming XML and the schemas: attacks are refused at the door, faults are told with their paths."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dte import esquema
from shared.dte.documento import read_dte
from shared.dte.esquema import Esquema, esquema_for, validate_esquema
from shared.dte.firma import verify_firma
from shared.dte.sobre import read_sobre
from shared.dte.ted import verify_ted
from shared.dte.tipos import TipoDte
from shared.dte.xml import decode_xml, find_hijo, find_texto, local_name, parse_xml, read_base64
from shared.errors import Invalid, Misconfigured
from tests.unit.dte.test_firma import BOLETA

LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY a "ja"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    b"<a>&c;&c;&c;&c;</a>"
)
ATTACKS: dict[str, tuple[bytes, str]] = {
    "entities that multiply": (LAUGHS, "42"),
    "a file": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "42"),
    "a DTD elsewhere": (b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>', "42"),
    "a DTD in UTF-16": (
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
        "42",
    ),
    "a DTD in UTF-7": (b'<?xml version="1.0" encoding="UTF-7"?>+ADw-+ACE-DOCTYPE a+AD4-<a/>', "42"),
    "an unknown encoding": (b'<?xml version="1.0" encoding="zz-1"?><a/>', "40"),
    "an undeclared entity": (b"<a>&x;</a>", "40"),
    "not closed": (b"<a><b></a>", "40"),
    "too deep": (b"<a>" * 10_000 + b"</a>" * 10_000, "40"),
    "too long": (b"<a>" + b" " * 5_000_000 + b"</a>", "41"),
    "nothing": (b"", "40"),
    "a control character": (b"<a>\x01</a>", "40"),
}


@pytest.mark.parametrize("case", ATTACKS.values(), ids=ATTACKS.keys())
def test_dangerous_or_broken_xml_is_refused(case: tuple[bytes, str]) -> None:
    data, numero = case
    with pytest.raises(Invalid, match=f"POSTA-DTE-{numero}"):
        parse_xml(data)


@given(
    st.binary(max_size=200)
    | st.tuples(st.integers(0, 900), st.binary(max_size=4)).map(
        lambda c: BOLETA.xml[: c[0]] + c[1] + BOLETA.xml[c[0] :]
    )
)
def test_any_bytes_are_read_or_refused_by_every_reader(data: bytes) -> None:
    for read in (read_dte, read_sobre, verify_firma, verify_ted, parse_xml):
        fallas = None
        try:
            read(data)
        except Invalid as error:
            fallas = error.fallas
        assert fallas is None or fallas


def test_a_fragment_is_read_as_latin_and_a_file_as_it_declares() -> None:
    assert parse_xml("<a>ñ</a>".encode("iso-8859-1")).text == "ñ"
    assert parse_xml('<?xml version="1.0" encoding="UTF-8"?><a>ñ</a>'.encode()).text == "ñ"
    assert parse_xml('\ufeff<?xml version="1.0"?><a>ñ</a>'.encode()).text == "ñ"
    assert parse_xml("\ufeff<a>ñ</a>".encode()).text == "ñ"


@pytest.mark.parametrize(
    "data",
    [
        "<a>ñ</a>".encode("iso-8859-1"),
        "<?xml version='1.0' encoding='ISO-8859-1'?><a>ñ</a>".encode("iso-8859-1"),
        '<?xml version="1.0" encoding="UTF-8"?><a>ñ</a>'.encode(),
        '<?xml version="1.0"?><a>ñ</a>'.encode(),
        '\ufeff<?xml version="1.0"?><a>ñ</a>'.encode(),
    ],
)
def test_text_is_decoded_as_the_parser_would(data: bytes) -> None:
    assert "<a>ñ</a>" in decode_xml(data)
    assert parse_xml(data).text == "ñ"


@pytest.mark.parametrize("data", [b'<?xml version="1.0" encoding="zz-1"?><a/>', b'<?xml version="1.0"?><a>\xf1</a>'])
def test_text_that_is_not_what_it_declares_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-40"):
        decode_xml(data)


def test_elements_are_found_whatever_their_namespace() -> None:
    raiz = parse_xml(b'<a xmlns="urn:x"><?c c?><b xmlns="urn:y"><c> uno </c></b><b/></a>')
    assert find_texto(raiz, "b/c") == "uno"
    assert find_texto(raiz, "b/d/e") is None
    assert find_hijo(raiz, "z") is None
    assert [local_name(hijo) for hijo in raiz] == ["", "b", "b"]


def test_base64_is_read_wrapped_and_refused_damaged() -> None:
    assert read_base64(" aG9\n sYQ==\n") == b"hola"
    for damaged in ("aG9s*Q==", "é", "a"):
        with pytest.raises(ValueError, match=r"\w"):
            read_base64(damaged)


def test_each_type_has_its_schema() -> None:
    assert esquema_for(TipoDte.BOLETA) is Esquema.BOLETA
    assert esquema_for(TipoDte.FACTURA) is Esquema.DTE


def test_a_document_that_breaks_its_schema_is_told_where() -> None:
    damaged = BOLETA.xml.replace(b"<NmbItem>", b"<NmbItem>" + b"x" * 81).replace(b"<Folio>7", b"<Folio>-7")
    with pytest.raises(Invalid) as caught:
        validate_esquema(damaged, Esquema.BOLETA)
    assert {falla.codigo for falla in caught.value.fallas} == {"POSTA-DTE-43"}
    assert any("NmbItem" in falla.mensaje for falla in caught.value.fallas)
    assert [falla.ruta.removeprefix("DTE.Documento.") for falla in caught.value.fallas] == [
        "Encabezado.IdDoc.Folio",
        "Detalle.NmbItem",
    ]
    assert not any("http://www.sii.cl" in falla.mensaje for falla in caught.value.fallas)


@pytest.mark.parametrize("other", [Esquema.DTE, Esquema.ENVIO_DTE, Esquema.ENVIO_BOLETA])
def test_a_boleta_obeys_no_other_schema(other: Esquema) -> None:
    validate_esquema(BOLETA.xml, Esquema.BOLETA)
    with pytest.raises(Invalid, match="POSTA-DTE-43"):
        validate_esquema(BOLETA.xml, other)


def test_a_flood_of_faults_is_cut_short() -> None:
    linea = b"<Detalle><NroLinDet>x</NroLinDet></Detalle>"
    with pytest.raises(Invalid) as caught:
        validate_esquema(BOLETA.xml.replace(b"<TED ", linea * 100 + b"<TED "), Esquema.BOLETA)
    assert len(caught.value.fallas) <= esquema.MAX_FALLAS


def test_every_thread_compiles_its_own_schema() -> None:
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: validate_esquema(BOLETA.xml, Esquema.BOLETA), range(30)))


def test_a_missing_schema_is_a_wrong_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(esquema, "_folder", lambda: tmp_path)
    with ThreadPoolExecutor(1) as fresh, pytest.raises(Misconfigured, match=r"DTE_v10\.xsd"):
        fresh.submit(validate_esquema, BOLETA.xml, Esquema.DTE).result()


def test_a_missing_package_is_a_wrong_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(esquema, "find_spec", lambda _: None)
    with ThreadPoolExecutor(1) as fresh, pytest.raises(Misconfigured, match="facturacion_electronica"):
        fresh.submit(validate_esquema, BOLETA.xml, Esquema.DTE).result()


MALFORMED: dict[str, tuple[bytes, str]] = {
    "no XML": (b"hola", "no empieza con una etiqueta (cerca de la línea 1)"),
    "cut short": (b"<a><b>", "antes de cerrar"),
    "a wrong end": (b"<a>\n<b>\n</a>", "con otro nombre (cerca de la línea 3)"),
    "junk at the end": (b"<a/>x", "sigue algo"),
    "a lone ampersand": (b"<a>Uno & Dos</a>", "se escriben &lt; y &amp;"),
    "an unknown entity": (b"<a>&euro;</a>", "entidad"),
    "a control character": (b"<a>\x01</a>", "carácter"),
    "an attribute twice": (b"<a b='1' b='2'/>", "repite un atributo"),
    "an unknown encoding": (b'<?xml version="1.0" encoding="klingon"?><a/>', "codificación desconocida"),
    "bytes of another encoding": (b'<?xml version="1.0" encoding="UTF-8"?><a>\xf1</a>', "no son de la codificación"),
    "anything else": (b"<a b=1/>", "mal formado"),
}


@pytest.mark.parametrize("case", MALFORMED.values(), ids=MALFORMED.keys())
def test_why_it_is_not_xml_is_told_in_spanish(case: tuple[bytes, str]) -> None:
    xml, reason = case
    with pytest.raises(Invalid, match="POSTA-DTE-40") as caught:
        parse_xml(xml)
    assert reason in str(caught.value)

"""The stamp: the published vector, and no changed fact goes unnoticed."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1
from hypothesis import given
from hypothesis import strategies as st

from shared.dte.caf import CafAbierto, parse_caf, read_caf
from shared.dte.impresion.pdf417 import encode_bytes
from shared.dte.rsa import sign_sha1
from shared.dte.ted import MAX_TED, DatosTed, cut_ted, sign_ted, verify_ted, write_dd
from shared.dte.tipos import TipoDte
from shared.dte.xml import CODIFICACION
from shared.errors import Invalid
from tests import dte_data
from tests.unit.dte import vectors

DATOS = DatosTed(
    emisor="11111111-1",
    tipo=TipoDte.BOLETA,
    folio=7,
    fecha=date(2026, 2, 3),
    receptor="66666666-6",
    nombre="Consumidor final",
    monto=1190,
    item="Té & café de señora <1kg>",
    momento="2026-02-03T10:15:30",
)
CAF = CafAbierto(read_caf(vectors.CAF_666), dte_data.folios_key())
TED = sign_ted(DATOS, CAF)


def test_the_published_vector_comes_out_byte_for_byte() -> None:
    dd = write_dd(DATOS, vectors.CAF_666)
    assert dd == vectors.DD_666
    assert len(dd.encode(CODIFICACION)) == 618
    assert hashlib.sha1(dd.encode(CODIFICACION), usedforsecurity=False).hexdigest() == vectors.DD_666_SHA1
    assert hashlib.sha1(vectors.DA_666.encode(CODIFICACION), usedforsecurity=False).hexdigest() == vectors.DA_666_SHA1
    assert (f'<TED version="1.0">{dd}<FRMT algoritmo="SHA1withRSA">{vectors.FRMT_666}</FRMT></TED>') == TED


def test_the_stamp_verifies_with_the_key_that_its_caf_names() -> None:
    llave = CAF.caf.llave_publica
    firma = base64.b64decode(vectors.FRMT_666)
    llave.verify(firma, vectors.DD_666.encode(CODIFICACION), PKCS1v15(), SHA1())  # noqa: S303 - the stamp's own


def test_a_good_stamp_gives_back_what_it_says() -> None:
    datos, caf = verify_ted(TED)
    assert (datos, caf) == (DATOS, CAF.caf)
    assert verify_ted(TED.encode(CODIFICACION)) == (datos, caf)


def test_a_stamp_laid_out_over_lines_is_the_same_stamp() -> None:
    spread = TED.replace("><", ">\n  <").replace("<TED ", '<TED xmlns="http://www.sii.cl/SiiDte" ')
    assert verify_ted(spread) == verify_ted(TED)
    assert cut_ted(f"<DTE>{spread}</DTE>".encode(CODIFICACION)) == TED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<RE>11111111-1</RE><TD>", "<RE>11111112-K</RE><TD>"),
        ("<F>7</F>", "<F>8</F>"),
        ("<FE>2026-02-03</FE>", "<FE>2026-02-04</FE>"),
        ("<RR>66666666-6</RR>", "<RR>66666667-4</RR>"),
        ("Consumidor", "consumidor"),
        ("<MNT>1190</MNT>", "<MNT>1191</MNT>"),
        ("señora", "senora"),
        ("<H>100</H>", "<H>101</H>"),
        ("T10:15:30", "T10:15:31"),
        ("WppdY", "WppdZ"),
        ("<FRMT algoritmo", "<FRMX algoritmo"),
    ],
)
def test_one_changed_fact_breaks_the_stamp(old: str, new: str) -> None:
    changed = TED.replace(old, new).replace("</FRMT>", "</FRMX>" if "FRMX" in new else "</FRMT>")
    assert changed != TED
    with pytest.raises(Invalid, match="POSTA-DTE-59"):
        verify_ted(changed)


@given(st.integers(0, len(TED) - 1), st.sampled_from("0x<é "))
def test_no_flipped_letter_goes_unnoticed(at: int, letter: str) -> None:
    changed = TED[:at] + letter + TED[at + 1 :]
    outside = re.fullmatch(r"<TED [^>]*>(.*)<FRMT [^>]*>(.*)</FRMT></TED>", changed, re.DOTALL)
    harmless = changed == TED or (outside and outside.groups() == _signed_parts())
    try:
        verify_ted(changed)
    except Invalid:
        harmless = harmless or True
    else:
        assert harmless, changed


def _signed_parts() -> tuple[str, ...]:
    parts = re.fullmatch(r"<TED [^>]*>(.*)<FRMT [^>]*>(.*)</FRMT></TED>", TED)
    assert parts is not None
    return parts.groups()


def test_a_document_in_another_encoding_has_the_same_stamp() -> None:
    utf8 = f'<?xml version="1.0" encoding="UTF-8"?><DTE>{TED}</DTE>'.encode()
    assert cut_ted(utf8) == TED


def test_a_stamp_with_letters_that_no_stamp_has_is_refused() -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-59"):
        verify_ted(TED.replace("señora", "漢字"))


def test_what_only_looks_like_a_declaration_stays_in_the_text() -> None:
    dd = vectors.DD_666.replace("Consumidor final", 'Tío xmlns="x"')
    firma = base64.b64encode(sign_sha1(dte_data.folios_key(), dd.encode(CODIFICACION))).decode()
    datos, _ = verify_ted(f'<TED version="1.0">{dd}<FRMT algoritmo="SHA1withRSA">{firma}</FRMT></TED>')
    assert datos.nombre == 'Tío xmlns="x"'


@pytest.mark.parametrize("field", ["TD", "F", "FE", "MNT"])
def test_a_signed_stamp_with_unreadable_facts_is_refused(field: str) -> None:
    dd = re.sub(rf"<{field}>[^<]+</{field}>", f"<{field}>x</{field}>", vectors.DD_666, count=1)
    firma = base64.b64encode(sign_sha1(dte_data.folios_key(), dd.encode(CODIFICACION))).decode()
    with pytest.raises(Invalid, match="POSTA-DTE-59"):
        verify_ted(f'<TED version="1.0">{dd}<FRMT algoritmo="SHA1withRSA">{firma}</FRMT></TED>')


@pytest.mark.parametrize("part", ["DD", "CAF"])
def test_a_stamp_without_a_part_is_refused(part: str) -> None:
    with pytest.raises(Invalid, match=rf"falta {part} \[POSTA-DTE-59\]"):
        verify_ted(re.sub(rf"<{part}\b.*</{part}>", "", TED))


@pytest.mark.parametrize("xml", [b"<DTE/>", f"<DTE>{TED}{TED}</DTE>".encode(CODIFICACION)])
def test_a_document_has_one_stamp(xml: bytes) -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-59"):
        cut_ted(xml)


def worst_caf(folio: int) -> CafAbierto:
    """As long as the SII makes them: the longest name and folios, keys of 512 bits."""
    xml = dte_data.make_caf_xml(TipoDte.LIQUIDACION, razon_social="&amp;" * 40, desde=folio - 1, hasta=folio).decode()
    firma = re.sub(r"(<FRMA [^>]*>)[^<]*", rf"\g<1>{base64.b64encode(bytes(64)).decode()}", xml)
    return parse_caf(firma.encode(CODIFICACION))


@pytest.mark.parametrize("nombre", ["&" * 100, "<&>" * 40, '&"' * 40])
def test_the_worst_texts_a_cashier_can_type_leave_a_stamp_that_fits_into_its_bar_code(nombre: str) -> None:
    folio = 9_999_999_999
    worst = replace(
        DATOS,
        tipo=TipoDte.LIQUIDACION,
        folio=folio,
        nombre=nombre,
        item=nombre,
        monto=1 - 10**18,
        receptor="60803000-K",
    )
    ted = sign_ted(worst, worst_caf(folio))
    assert len(ted) <= MAX_TED
    datos, _ = verify_ted(ted)
    assert datos.nombre == datos.item
    assert nombre.replace('"', "").startswith(datos.item)
    assert len(datos.item) >= 8


def test_the_longest_stamp_is_printed_at_level_5_and_no_longer_one_is() -> None:
    levels = []
    for octetos in (MAX_TED, MAX_TED + 1):
        _, (indicador, *_) = encode_bytes(b"x" * octetos).filas[1]  # the second row's says the level
        levels.append(indicador // 3)
    assert levels == [5, 4]


def test_plain_names_are_never_cut_below_forty_characters_whatever_the_caf() -> None:
    long_ = sign_ted(replace(DATOS, nombre="n" * 50, item="i" * 50), worst_caf(100))
    assert "<RSR>" + "n" * 40 + "</RSR>" in long_
    assert "<IT1>" + "i" * 40 + "</IT1>" in long_


def test_names_in_the_stamp_are_short_and_without_quotes() -> None:
    ted = sign_ted(replace(DATOS, nombre='"' + "&" * 50, item="'O'Higgins'   \"x\""), CAF)
    assert f"<RSR>{'&amp;' * 40}</RSR>" in ted
    assert "<IT1>OHiggins x</IT1>" in ted
    verify_ted(ted)

"""Text: whatever a cashier can type comes out as ISO-8859-1 that the SII's reader takes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.dte.texto import MAX_LINEA, clean_parrafo, clean_texto, escape, strip_quotes, transliterate, truncate
from shared.dte.xml import CODIFICACION

ANY_TEXT = st.text() | st.text(st.sampled_from("aÑ \t\n\r\x00\x85\xa0\xad—“”’…€™🍕&<>'\"é́￿\ud800"), max_size=60)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Té — “café” ‘x’ …", "Té - \"café\" 'x' ..."),
        ("5 € ™ • №", "5 EUR (TM) - N°"),
        ("nin\u0303o cafe\u0301", "niño café"),
        ("Łódź Dvořák Đoković Œuvre Ÿ", "Lódz Dvorák Dokovic OEuvre Y"),
        ("½ kg ① ﬁn ²", "½ kg 1 fin ²"),
        ("Pizza 🍕 grande", "Pizza grande"),
        ("a\x00b\x07c\x9fd", "abcd"),
        ("a\x0bb\x85c\u2028d\u3000e\xa0f", "a b c d e f"),
        ("  dos\t\tpalabras \r\n", "dos palabras"),
        ("漢字", ""),
        ("\ud83d", ""),
    ],
)
def test_typed_text_is_written_in_the_nearest_latin_letters(typed: str, written: str) -> None:
    assert clean_texto(typed) == written


def test_a_paragraph_keeps_its_lines_and_loses_its_blank_ones() -> None:
    assert clean_parrafo(" uno \r\n\r\n  dos\r  tres\n\n") == "uno\ndos\ntres"


@given(ANY_TEXT)
@example("\ud800")
def test_clean_text_is_latin_printable_and_stays_as_it_is(typed: str) -> None:
    for clean in (clean_texto, clean_parrafo):
        written = clean(typed)
        written.encode(CODIFICACION)
        assert all(letter == "\n" or not (ord(letter) < 32 or 127 <= ord(letter) < 160) for letter in written)
        assert clean(written) == written
        assert written == written.strip()
    assert "\n" not in clean_texto(typed)
    assert "\n\n" not in clean_parrafo(typed)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=["Cc"])))
def test_what_is_latin_already_is_not_changed(texto: str) -> None:
    assert transliterate(texto) == texto


@given(ANY_TEXT, st.integers(1, 1000))
def test_cut_text_is_a_beginning_and_fits_its_line(typed: str, maximo: int) -> None:
    texto = clean_texto(typed)
    corto = truncate(texto, maximo)
    assert texto.startswith(corto)
    assert len(corto) <= maximo
    assert len(escape(corto)) <= MAX_LINEA


def test_a_thousand_ampersands_are_cut_before_the_line_is_too_long() -> None:
    assert len(truncate("&" * 1000, 1000)) == MAX_LINEA // len("&amp;")


def test_cutting_counts_characters_and_not_their_escapes() -> None:
    assert escape(truncate("&" * 50, 40)) == "&amp;" * 40


def test_quotes_go_from_the_stamp_and_stay_elsewhere() -> None:
    assert strip_quotes("Televisor 32\" 'LED'") == "Televisor 32 LED"
    assert escape("\"'") == "\"'"

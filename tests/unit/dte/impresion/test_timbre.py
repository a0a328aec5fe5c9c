"""Stamps as images, read by others' readers: the very bytes of the document's TED."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shared.dte.impresion import Formato, render_html, render_pdf, timbre_png, timbre_svg
from shared.dte.ted import cut_ted
from shared.errors import Invalid
from tests.unit.dte.impresion.lectores import draw_pages, draw_svg, read_barcode, read_png
from tests.unit.dte.impresion.muestras import MUESTRAS, Json, factura, make_ted, noise, to_dte

FORMATOS = list(Formato)


def with_names(receptor: str, item: str) -> Json:
    """A factura whose stamp has those names."""
    return factura(
        Encabezado={"Receptor": {"RUTRecep": "76987654-5", "RznSocRecep": receptor}},
        Detalle={"NmbItem": item, "MontoItem": 1000},
    )


def expected(xml: bytes) -> bytes:
    return cut_ted(xml).encode("iso-8859-1")


@settings(max_examples=150)
@given(
    st.text(st.characters(codec="iso-8859-1", exclude_categories=["Cc"]), max_size=40),
    st.text(st.characters(codec="iso-8859-1", exclude_categories=["Cc"]), max_size=20),
    st.sampled_from(FORMATOS),
)
def test_any_names_come_back_from_the_image(receptor: str, item: str, formato: Formato) -> None:
    xml = to_dte(with_names(receptor, item))
    assert read_png(timbre_png(xml, formato)) == expected(xml)


@pytest.mark.parametrize("formato", FORMATOS)
@pytest.mark.parametrize(
    "nombre",
    [
        "Í" * 40,  # 0xCD, which an encoder in the wild is known to corrupt
        "Té & café <1kg> \"Ñandú\" 'S.A.'",
        "&&&&&&&&&&&&&&&&&&&&",
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäå",
        "æçèéêëìíîïðñòóôõö÷øùúûüýþÿ ¡¢£¤¥¦§¨©ª«¬",
    ],
)
def test_accents_and_escapes_come_back_from_png_and_svg(nombre: str, formato: Formato) -> None:
    xml = to_dte(with_names(nombre, nombre))
    assert read_png(timbre_png(xml, formato)) == expected(xml)
    assert read_barcode(draw_svg(timbre_svg(xml, formato))).bytes == expected(xml)


@pytest.mark.parametrize("formato", FORMATOS)
@pytest.mark.parametrize("tipo", MUESTRAS)
def test_the_stamp_is_read_from_the_printed_page(tipo: int, formato: Formato) -> None:
    xml = to_dte(MUESTRAS[tipo])
    *_, ultima = draw_pages(render_pdf(xml, formato, cedible=True))
    assert read_barcode(ultima).bytes == expected(xml)


@pytest.mark.parametrize("formato", FORMATOS)
def test_the_stamp_is_read_from_a_page_printed_at_the_resolution_of_a_thermal_head(formato: Formato) -> None:
    xml = to_dte(MUESTRAS[39])
    *_, ultima = draw_pages(render_pdf(xml, formato), ppp=203.2)
    assert read_barcode(ultima).bytes == expected(xml)


@pytest.mark.parametrize("formato", FORMATOS)
def test_the_stamp_is_read_from_the_html(formato: Formato) -> None:
    xml = to_dte(MUESTRAS[33])
    assert read_barcode(draw_svg(render_html(xml, formato))).bytes == expected(xml)


def test_white_space_between_the_stamps_tags_is_not_part_of_it() -> None:
    xml = to_dte(MUESTRAS[33])
    assert b"<TED version" in xml
    assert b"</DD>\n<FRMT" in xml
    assert b"</DD><FRMT" in read_png(timbre_png(xml))


@pytest.mark.parametrize(
    ("formato", "ancho_mm", "ppm"), [(Formato.CARTA, (50, 90), 12000), (Formato.ROLLO, (45, 72), 8000)]
)
def test_a_png_says_at_which_size_it_is_printed(formato: Formato, ancho_mm: tuple[int, int], ppm: int) -> None:
    png = timbre_png(to_dte(MUESTRAS[33]), formato)
    ancho, alto, bits = struct.unpack(">IIB", png[16:25])
    por_metro = struct.unpack(">IIB", png[png.index(b"pHYs") + 4 :][:9])
    assert bits == 1
    assert por_metro == (ppm, ppm, 1)
    assert ancho_mm[0] <= ancho * 1000 / ppm <= ancho_mm[1]
    assert 20 <= alto * 1000 / ppm <= 40
    assert Image.open(BytesIO(png)).size == (ancho, alto)


def test_a_png_for_80_mm_fits_a_thermal_head_dot_by_dot() -> None:
    imagen = Image.open(BytesIO(timbre_png(to_dte(MUESTRAS[39]), Formato.ROLLO)))
    assert imagen.width <= 576


def test_a_svg_has_the_size_of_the_png() -> None:
    xml = to_dte(MUESTRAS[33])
    imagen = Image.open(BytesIO(timbre_png(xml)))
    assert f'width="{imagen.width / 12:g}mm" height="{imagen.height / 12:g}mm"' in timbre_svg(xml)


def test_a_stamp_that_no_bar_code_holds_is_refused() -> None:
    with pytest.raises(Invalid) as info:
        timbre_png(to_dte(with_names("&" * 40, "&" * 40)).replace(b"COMERCIAL", b"&amp;" * 25))
    assert "no se puede imprimir" in str(info.value)
    assert info.value.fallas[0].ruta == "TED"


@pytest.mark.parametrize("sobra", ["", "dos"])
def test_a_file_without_just_one_stamp_is_refused(sobra: str) -> None:
    xml = to_dte(MUESTRAS[33])
    ted = make_ted(MUESTRAS[33]).encode("iso-8859-1")
    with pytest.raises(Invalid, match="se espera un TED"):
        timbre_svg(xml.replace(ted, ted * 2 if sobra else b""))


def test_a_stamp_with_characters_beyond_latin_1_is_printed_with_references() -> None:
    xml = to_dte(MUESTRAS[33]).decode("iso-8859-1").replace("ISO-8859-1", "UTF-8")
    con_euro = xml.replace(noise("M"), "€").encode()
    assert b"&#8364;" in read_png(timbre_png(con_euro))

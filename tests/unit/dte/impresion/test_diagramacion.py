"""Where things stand: within the page, within their columns, over each other nowhere; whole stamps, repeated heads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.dte.impresion import Formato, render_pdf
from shared.dte.impresion.carta import compose_carta
from shared.dte.impresion.lectura import read_vista
from shared.dte.impresion.letra import Estilo, Fuente, measure, wrap
from shared.dte.impresion.piezas import MM, Barras, Caja, Pagina, Texto
from shared.dte.impresion.rollo import MAX_ALTO, compose_rollo
from tests.unit.dte.impresion.feos import FEOS
from tests.unit.dte.impresion.lectores import draw_pages, read_barcode, read_pages
from tests.unit.dte.impresion.muestras import LINEAS, MUESTRAS, Json, boleta, factura, to_dte

COMPONER = {Formato.CARTA: compose_carta, Formato.ROLLO: compose_rollo}
FORMATOS = list(Formato)
MARGEN = {Formato.CARTA: 13.9 * MM, Formato.ROLLO: 3.9 * MM}


def compose(documento: Json, formato: Formato, *, cedible: bool = True) -> list[Pagina]:
    return COMPONER[formato](read_vista(to_dte(documento), cedible=cedible))


def boxes(pagina: Pagina) -> Iterator[tuple[float, float, float, float, Any]]:
    """Left, top, right and bottom of every piece, from the page's top left corner."""
    for y, bloque in pagina.bloques:
        for pieza in bloque.piezas:
            match pieza:
                case Texto():
                    arriba = y + pieza.y - 0.75 * pieza.estilo.cuerpo
                    abajo = y + pieza.y + 0.25 * pieza.estilo.cuerpo
                    yield pieza.x, arriba, pieza.x + measure(pieza.texto, pieza.estilo), abajo, pieza
                case Caja() | Barras():
                    yield pieza.x, y + pieza.y, pieza.x + pieza.ancho, y + pieza.y + pieza.alto, pieza


def check_pagina(pagina: Pagina, formato: Formato) -> None:
    """Nothing stands outside the margins, and no text over another."""
    margen = MARGEN[formato]
    piezas = list(boxes(pagina))
    for izquierda, arriba, derecha, abajo, pieza in piezas:
        assert izquierda >= margen, pieza
        assert derecha <= pagina.ancho - margen + 0.1, pieza
        assert arriba >= 0, pieza
        assert abajo <= pagina.alto, pieza
    textos = sorted((p for p in piezas if isinstance(p[4], Texto) and p[4].texto.strip()), key=lambda p: p[1])
    for numero, uno in enumerate(textos):
        for otro in textos[numero + 1 :]:
            if otro[1] >= uno[3] - 1:
                break
            assert otro[0] >= uno[2] - 0.1 or otro[2] <= uno[0] + 0.1, (uno[4], otro[4])
    for _, bloque in pagina.bloques:
        assert all(pieza.y <= bloque.alto + 2 for pieza in bloque.piezas)


@pytest.mark.parametrize("formato", FORMATOS)
@pytest.mark.parametrize("nombre", FEOS)
def test_ugly_documents_stay_in_their_columns(nombre: str, formato: Formato) -> None:
    for pagina in compose(FEOS[nombre], formato):
        check_pagina(pagina, formato)


@pytest.mark.parametrize("formato", FORMATOS)
@pytest.mark.parametrize("tipo", MUESTRAS)
def test_ordinary_documents_stay_in_their_columns(tipo: int, formato: Formato) -> None:
    (pagina,) = compose(MUESTRAS[tipo], formato)
    check_pagina(pagina, formato)


TEXTO = st.text(st.characters(codec="iso-8859-1", exclude_categories=["Cc"]), min_size=1, max_size=80)
PARRAFO = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"], include_characters="\n\t"), max_size=400)
NUMERO = st.decimals(0, 10**12, places=4).map(lambda numero: f"{numero:f}")


@settings(max_examples=60)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"NmbItem": TEXTO, "MontoItem": st.integers(0, 10**12)},
            optional={"DscItem": PARRAFO, "QtyItem": NUMERO, "PrcItem": NUMERO, "UnmdItem": TEXTO},
        ),
        max_size=80,
    ),
    st.sampled_from(FORMATOS),
    st.booleans(),
)
def test_any_lines_stay_in_their_columns_and_all_are_there(lineas: list[Json], formato: Formato, cedible: bool) -> None:
    paginas = compose(factura(Detalle=lineas), formato, cedible=cedible)
    for pagina in paginas:
        check_pagina(pagina, formato)
    escrito = "".join(pieza.texto for pagina in paginas for *_, pieza in boxes(pagina) if isinstance(pieza, Texto))
    for linea in lineas:
        assert "".join(linea["NmbItem"].split()) in "".join(escrito.split())


@pytest.mark.parametrize("cuantas", [1, 20, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 60])
def test_pages_repeat_their_head_and_only_the_last_has_totals_and_stamp(cuantas: int) -> None:
    lineas = [{**LINEAS[numero % 3], "NmbItem": f"Artículo {numero}"} for numero in range(cuantas)]
    documento = factura(Detalle=lineas)
    pdf = render_pdf(to_dte(documento), Formato.CARTA)
    paginas = read_pages(pdf)
    for numero, texto in enumerate(paginas, 1):
        seguido = " ".join(texto.split())
        assert f"Página {numero} de {len(paginas)}" in seguido
        assert "R.U.T.: 77.123.456-9 FACTURA ELECTRÓNICA N° 12345" in seguido
        assert ("$ 295.351" in seguido) == (numero == len(paginas))
        assert ("Artículo" in seguido) <= ("Descripción" in seguido)
    *antes, ultima = compose(documento, Formato.CARTA, cedible=False)
    assert not [pieza for pagina in antes for *_, pieza in boxes(pagina) if isinstance(pieza, Barras)]
    assert len([pieza for *_, pieza in boxes(ultima) if isinstance(pieza, Barras)]) == 1
    assert read_barcode(list(draw_pages(pdf))[-1]).valid


def test_sixty_lines_of_a_factura_are_all_printed_in_order() -> None:
    lineas = [{"NmbItem": f"Artículo {numero};", "MontoItem": numero} for numero in range(1, 61)]
    texto = " ".join(read_pages(render_pdf(to_dte(factura(Detalle=lineas)), Formato.CARTA)))
    lugares = [texto.index(f"Artículo {numero};") for numero in range(1, 61)]
    assert lugares == sorted(lugares)


def test_a_heading_is_never_the_last_thing_on_a_page() -> None:
    for cuantas in range(1, 80):
        documento = factura(
            Referencia=[{"TpoDocRef": 801, "FolioRef": numero} for numero in range(cuantas)], Detalle=LINEAS[:1]
        )
        for pagina in compose(documento, Formato.CARTA)[:-1]:
            *_, (_, ultimo), _ = pagina.bloques
            assert not ultimo.pegado


def test_an_ordinary_boleta_is_one_strip_as_long_as_it_takes() -> None:
    (corta,) = compose(MUESTRAS[39], Formato.ROLLO)
    (larga,) = compose(boleta(Detalle=[{"NmbItem": "Té", "MontoItem": 1}] * 50), Formato.ROLLO)
    assert corta.ancho == larga.ancho == 80 * MM
    assert corta.alto < 150 * MM
    assert larga.alto > corta.alto + 48 * 20


def test_a_boleta_of_a_thousand_lines_is_printed_to_its_end() -> None:
    lineas = [
        {"NmbItem": f"Artículo {numero};", "QtyItem": 1, "PrcItem": 1, "MontoItem": 1} for numero in range(1, 1001)
    ]
    documento = boleta(Detalle=lineas)
    paginas = compose(documento, Formato.ROLLO)
    assert len(paginas) == 2
    assert all(pagina.alto <= MAX_ALTO for pagina in paginas)
    for pagina in paginas:
        check_pagina(pagina, Formato.ROLLO)
    pdf = render_pdf(to_dte(documento), Formato.ROLLO)
    assert "Artículo 1000;" in read_pages(pdf)[-1]
    assert read_barcode(list(draw_pages(pdf, ppp=203.2))[-1]).valid


def test_columns_without_content_are_left_out() -> None:
    sola = " ".join(read_pages(render_pdf(to_dte(factura(Detalle={"NmbItem": "A", "MontoItem": 1})), Formato.CARTA)))
    llena = " ".join(read_pages(render_pdf(to_dte(factura()), Formato.CARTA)))
    for titulo in ("Código", "Cantidad", "Unidad", "Precio", "Dscto./Rec."):
        assert titulo not in sola
        assert titulo in llena


@pytest.mark.parametrize("formato", FORMATOS)
def test_the_stamp_has_the_size_that_the_sii_asks_for(formato: Formato) -> None:
    minimo = {Formato.CARTA: 50, Formato.ROLLO: 45}[formato]
    for tipo in MUESTRAS:
        (pagina,) = compose(MUESTRAS[tipo], formato)
        (barras,) = (pieza for *_, pieza in boxes(pagina) if isinstance(pieza, Barras))
        assert minimo <= barras.ancho / MM <= 90
        assert 20 <= barras.alto / MM <= 40


def test_the_frame_has_the_size_that_the_sii_asks_for() -> None:
    for tipo in MUESTRAS:
        for formato in FORMATOS:
            (pagina,) = compose(MUESTRAS[tipo], formato)
            marco = next(pieza for *_, pieza in boxes(pagina) if isinstance(pieza, Caja) and pieza.borde > 1)
            assert 55 <= marco.ancho / MM <= 80
            assert 15 <= marco.alto / MM <= 40
            assert 0.5 <= marco.borde / MM <= 1


@given(st.text(st.characters(codec="iso-8859-1", exclude_categories=["Cc"])), st.floats(20, 300))
def test_wrapped_text_fits_and_loses_nothing(texto: str, ancho: float) -> None:
    estilo = Estilo(8.5, Fuente.NEGRITA)
    lineas = wrap(texto, ancho, estilo)
    assert all(measure(linea, estilo) <= ancho + 1e-6 for linea in lineas)
    assert "".join("".join(lineas).split()) == "".join(texto.split())


def test_text_is_broken_between_words_when_it_can_be() -> None:
    estilo = Estilo(10)
    assert wrap("uno dos tres", measure("uno dos", estilo) + 1, estilo) == ["uno dos", "tres"]
    assert wrap("a\nb", 100, estilo) == ["a", "b"]
    assert wrap("WWWW", 1, estilo) == ["W", "W", "W", "W"]

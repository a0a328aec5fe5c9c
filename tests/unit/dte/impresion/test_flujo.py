"""How blocks are dealt out over pages."""

from __future__ import annotations

from shared.dte.impresion.flujo import Medida, paginate
from shared.dte.impresion.piezas import Bloque

CIERRE = Bloque(30)
TITULO = Bloque(10, pegado=True)
FILA = Bloque(20, titulo=TITULO)


def test_a_document_without_blocks_is_its_close() -> None:
    assert paginate([], Medida(100, CIERRE), al_pie=False) == [[(0, CIERRE)]]
    assert paginate([], Medida(100, CIERRE), al_pie=True) == [[(70, CIERRE)]]


def test_blocks_fill_a_page_to_its_last_point() -> None:
    bloques = [Bloque(35), Bloque(35)]
    assert paginate(bloques, Medida(100, CIERRE), al_pie=False) == [[(0, bloques[0]), (35, bloques[1]), (70, CIERRE)]]


def test_a_close_that_does_not_fit_goes_to_a_page_of_its_own() -> None:
    assert paginate([Bloque(71)], Medida(100, CIERRE), al_pie=False) == [[(0, Bloque(71))], [(0, CIERRE)]]
    assert paginate([Bloque(71)], Medida(100, CIERRE), al_pie=True) == [[(0, Bloque(71))], [(70, CIERRE)]]


def test_a_tables_head_comes_again_where_a_page_begins_inside_of_it() -> None:
    paginas = paginate([TITULO, FILA, FILA, FILA, FILA, FILA], Medida(100, CIERRE), al_pie=False)
    assert paginas == [
        [(0, TITULO), (10, FILA), (30, FILA), (50, FILA), (70, FILA)],
        [(0, TITULO), (10, FILA), (30, CIERRE)],
    ]


def test_a_heading_goes_with_what_it_is_the_head_of() -> None:
    paginas = paginate([Bloque(75), TITULO, FILA], Medida(100, CIERRE), al_pie=False)
    assert paginas == [[(0, Bloque(75))], [(0, TITULO), (10, FILA), (30, CIERRE)]]


def test_a_heading_of_nothing_is_not_lost() -> None:
    assert paginate([TITULO], Medida(100, CIERRE), al_pie=False) == [[(0, TITULO), (10, CIERRE)]]

"""A document on a strip of thermal paper, 80 mm wide: one page as long as it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.dte.impresion.flujo import Medida, paginate
from shared.dte.impresion.formato import Formato
from shared.dte.impresion.letra import Color, Estilo, Fuente, measure
from shared.dte.impresion.partes import (
    Pares,
    draw_acuse,
    draw_marco,
    draw_rule,
    draw_timbre,
    space,
    stack,
    write_lines,
)
from shared.dte.impresion.piezas import MM, Bloque, Columna, Lado, Pagina
from shared.dte.impresion.vista import Dato, Linea, Total, Vista

ANCHO = 80 * MM
MAX_ALTO = 14_000.0
"""Points: PDF readers know pages of up to 14,400. A strip of 1,000 lines goes on on a second page."""
_MARGEN = 4 * MM
_TIRA = Columna(_MARGEN, ANCHO - 2 * _MARGEN)
"""A thermal head prints 72 mm."""
_CENTRO = Columna(_TIRA.x, _TIRA.ancho, Lado.CENTRO)
_PARES = Columna(_TIRA.x, _TIRA.ancho, Lado.DERECHA)
_RAZON_SOCIAL = Estilo(10.5, Fuente.NEGRITA)
_NORMAL = Estilo(8.5)
_NEGRITA = Estilo(8.5, Fuente.NEGRITA)
_NOTA = Estilo(7.5)
_TOTAL = Estilo(12, Fuente.NEGRITA)


def compose_rollo(vista: Vista) -> list[Pagina]:
    """The strip; in pages only if it is longer than a PDF's page may be."""
    tiras = paginate(list(_compose_cuerpo(vista)), Medida(MAX_ALTO - 2 * _MARGEN, _compose_cierre(vista)), al_pie=False)
    paginas = []
    for tira in tiras:
        y, ultimo = tira[-1]
        paginas.append(
            Pagina(ANCHO, y + ultimo.alto + 2 * _MARGEN, [(_MARGEN + altura, bloque) for altura, bloque in tira])
        )
    return paginas


def _compose_cuerpo(vista: Vista) -> Iterator[Bloque]:
    yield draw_marco(vista, _CENTRO, Color.NEGRO)
    yield space(5)
    yield from write_lines([vista.emisor], _CENTRO, _RAZON_SOCIAL)
    yield from write_lines(vista.emisor_datos, _CENTRO, _NORMAL)
    yield _draw_raya()
    for datos in (vista.condiciones, vista.receptor):
        yield from _write_datos(datos)
    for grupo in vista.grupos:
        yield _draw_raya()
        yield from write_lines([grupo.titulo], _TIRA, _NEGRITA)
        yield from _write_datos(grupo.datos)
    if vista.referencias:
        yield _draw_raya()
    yield from write_lines((f"Ref.: {referencia.resumen}" for referencia in vista.referencias), _TIRA, _NORMAL)
    yield _draw_raya()
    for linea in vista.lineas:
        yield from _write_linea(linea)
    yield from Pares(_PARES, 0.66 * _PARES.ancho, _NORMAL, _NORMAL).write(vista.ajustes)
    yield _draw_raya()
    for total in vista.totales:
        yield from _write_total(total)
    if vista.observaciones:
        yield _draw_raya()
    yield from write_lines(vista.observaciones, _TIRA, _NORMAL)


def _draw_raya() -> Bloque:
    return draw_rule(_TIRA, 0.6, Color.NEGRO, 8)


def _write_datos(datos: Sequence[Dato]) -> Iterator[Bloque]:
    return write_lines((f"{dato.nombre}: {dato.valor}" for dato in datos), _TIRA, _NORMAL)


def _write_linea(linea: Linea) -> Iterator[Bloque]:
    """The name, its notes, and a row with the multiplication to the left and its result to the right."""
    titulo = " ".join(filter(None, (linea.codigo, linea.nombre)))
    nombre = list(write_lines([titulo], _TIRA, _NORMAL))
    yield from (Bloque(bloque.alto, bloque.piezas, pegado=True) for bloque in nombre)
    yield from write_lines(linea.notas, _TIRA, _NOTA)
    yield from Pares(_PARES, 0.66 * _PARES.ancho, _NORMAL, _NORMAL).write([Dato(linea.cuenta, linea.monto)])
    yield space(2)


def _write_total(total: Total) -> Iterator[Bloque]:
    estilo = _TOTAL if total.destacado else _NORMAL
    cifra = min(measure(total.valor, estilo) + 1, 0.6 * _PARES.ancho)
    return Pares(_PARES, _PARES.ancho - cifra, estilo, estilo).write([Dato(total.nombre, total.valor)])


def _compose_cierre(vista: Vista) -> Bloque:
    partes = [space(8), draw_timbre(vista, _CENTRO, Formato.ROLLO)]
    if vista.cedible:
        palabra = write_lines([vista.cedible], _CENTRO, _TOTAL)
        partes = [space(8), draw_acuse(_TIRA, 1), *partes, space(6), *palabra]
    return stack(partes)

"""A document on sheets of letter paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.dte.impresion.flujo import Medida, paginate
from shared.dte.impresion.formato import Formato
from shared.dte.impresion.letra import Color, Estilo, Fuente, wrap
from shared.dte.impresion.partes import (
    Pares,
    beside,
    draw_acuse,
    draw_marco,
    draw_rule,
    draw_timbre,
    pair_up,
    space,
    stack,
    write_lines,
)
from shared.dte.impresion.piezas import MM, Bloque, Caja, Columna, Lado, Pagina
from shared.dte.impresion.tabla import write_detalle, write_referencias
from shared.dte.impresion.vista import Dato, Grupo, Total, Vista

ANCHO, ALTO = 612.0, 792.0
_MARGEN = 14 * MM
_HOJA = Columna(_MARGEN, ANCHO - 2 * _MARGEN)
_PIE = 14.0
_MARCO = Columna(ANCHO - _MARGEN - 76 * MM, 76 * MM, Lado.CENTRO)
_EMISOR = Columna(_MARGEN, _MARCO.x - _MARGEN - 16)
_TIMBRE = Columna(_MARGEN, 90 * MM, Lado.CENTRO)
_TOTALES = Columna(_TIMBRE.x + _TIMBRE.ancho + 18, _HOJA.ancho - _TIMBRE.ancho - 18, Lado.DERECHA)
_TOTALES_AL_PIE = 14
"""Rows that stand beside the stamp. Documents with more taxes than that begin their totals higher up."""
_RAZON_SOCIAL = Estilo(13, Fuente.NEGRITA)
_NORMAL = Estilo(8.5)
_ROTULO = Estilo(7.5, Fuente.NEGRITA, Color.GRIS)
_TITULO = Estilo(8.5, Fuente.NEGRITA)
_CEDIBLE = Estilo(12, Fuente.NEGRITA)
_LETRA_CHICA = Estilo(7, color=Color.GRIS)
_MAX_EMISOR = 11
"""Lines of the issuer, which come again on every page: more than the schema's lengths make."""


def compose_carta(vista: Vista) -> list[Pagina]:
    """The pages: issuer and frame on each, totals and stamp at the foot of the last."""
    cabeza = _compose_cabeza(vista)
    inicio = _MARGEN + cabeza.alto
    medida = Medida(ALTO - inicio - _MARGEN - _PIE, _compose_cierre(vista))
    hojas = paginate(list(_compose_cuerpo(vista)), medida, al_pie=True)
    paginas = []
    for numero, hoja in enumerate(hojas, 1):
        bloques = [(_MARGEN, cabeza), *((inicio + y, bloque) for y, bloque in hoja)]
        pie = _compose_pie(f"{vista.nombre} - Página {numero} de {len(hojas)}")
        paginas.append(Pagina(ANCHO, ALTO, [*bloques, (ALTO - _MARGEN - _PIE + 4, pie)]))
    return paginas


def _compose_cabeza(vista: Vista) -> Bloque:
    nombre = wrap(vista.emisor, _EMISOR.ancho, _RAZON_SOCIAL)[:5]
    datos = list(write_lines(vista.emisor_datos, _EMISOR, _NORMAL))[:_MAX_EMISOR]
    emisor = stack((*write_lines(nombre, _EMISOR, _RAZON_SOCIAL), space(2), *datos))
    return stack((beside(emisor, draw_marco(vista, _MARCO, Color.ROJO)), space(10)))


def _compose_pie(texto: str) -> Bloque:
    linea = wrap(texto, _HOJA.ancho, _LETRA_CHICA)[-1]
    return Bloque(_PIE, tuple(Columna(_HOJA.x, _HOJA.ancho, Lado.CENTRO).write([linea], _LETRA_CHICA)))


def _compose_cuerpo(vista: Vista) -> Iterator[Bloque]:
    yield draw_rule(_HOJA)
    yield from _compose_partes(vista)
    yield draw_rule(_HOJA, alto=8)
    for grupo in vista.grupos:
        yield from _compose_grupo(grupo)
    if vista.referencias:
        yield from write_referencias(vista.referencias, _HOJA)
        yield space(6)
    if vista.lineas:
        yield from write_detalle(vista.lineas, _HOJA)
    yield space(4)
    yield from Pares(_TOTALES, 0.68 * _TOTALES.ancho, _NORMAL, _NORMAL).write(vista.ajustes)
    if vista.observaciones:
        yield space(4)
        yield from write_lines(vista.observaciones, _HOJA, _NORMAL)
    yield space(6)
    yield from _compose_totales(vista.totales[:-_TOTALES_AL_PIE])


def _compose_partes(vista: Vista) -> Iterator[Bloque]:
    """The buyer on the left, the terms on the right."""
    izquierda = Columna(_HOJA.x, 0.56 * _HOJA.ancho - 10)
    derecha = Columna(_HOJA.x + 0.56 * _HOJA.ancho, 0.44 * _HOJA.ancho)
    return pair_up(
        Pares(izquierda, 62, _ROTULO, _NORMAL).write(vista.receptor),
        Pares(derecha, 84, _ROTULO, _NORMAL).write(vista.condiciones),
    )


def _compose_grupo(grupo: Grupo) -> Iterator[Bloque]:
    """A heading, and its values in two columns, read from left to right."""
    titulo = next(write_lines([grupo.titulo], _HOJA, _TITULO))
    yield Bloque(titulo.alto + 2, titulo.piezas, pegado=True)
    medio = _HOJA.ancho / 2
    izquierda = Pares(Columna(_HOJA.x, medio - 10), 72, _ROTULO, _NORMAL)
    derecha = Pares(Columna(_HOJA.x + medio, medio), 72, _ROTULO, _NORMAL)
    for numero in range(0, len(grupo.datos), 2):
        uno, otro = grupo.datos[numero : numero + 1], grupo.datos[numero + 1 : numero + 2]
        yield from pair_up(izquierda.write(uno), derecha.write(otro))
    yield draw_rule(_HOJA, alto=8)


def _compose_totales(totales: Sequence[Total]) -> Iterator[Bloque]:
    for total in totales:
        estilo = Estilo(11, Fuente.NEGRITA) if total.destacado else Estilo(9)
        columna = Columna(_TOTALES.x + 4, _TOTALES.ancho - 8, Lado.DERECHA)
        fila = stack(Pares(columna, 0.55 * columna.ancho, estilo, estilo).write([Dato(total.nombre, total.valor)]))
        alto = fila.alto + 4
        fondo = (Caja(_TOTALES.x, 0, _TOTALES.ancho, alto, fondo=Color.FONDO),) if total.destacado else ()
        raya = Caja(_TOTALES.x, alto, _TOTALES.ancho, 0, 0.4, Color.CLARO)
        yield Bloque(alto, (*fondo, *stack([space(2), fila]).piezas, raya))


def _compose_cierre(vista: Vista) -> Bloque:
    """The stamp to the left, the totals to the right; on an assignable copy the acknowledgement above them."""
    cola = stack(_compose_totales(vista.totales[-_TOTALES_AL_PIE:]))
    partes = [beside(draw_timbre(vista, _TIMBRE, Formato.CARTA), cola)]
    if vista.cedible:
        palabra = Columna(_HOJA.x, _HOJA.ancho, Lado.DERECHA)
        partes = [draw_acuse(_HOJA, 3), space(10), *partes, *write_lines([vista.cedible], palabra, _CEDIBLE)]
    return stack(partes)

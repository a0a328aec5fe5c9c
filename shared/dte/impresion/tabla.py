"""The lines of a document as a table: columns as wide as their figures need, text in what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from shared.dte.impresion.letra import Color, Estilo, Fuente, measure, wrap
from shared.dte.impresion.piezas import Bloque, Caja, Columna, Lado
from shared.dte.impresion.vista import Linea, Referencia

_NORMAL = Estilo(8.5)
_NOTA = Estilo(7.5, color=Color.GRIS)
_TITULO = Estilo(7.5, Fuente.NEGRITA)
_ALTO = _NORMAL.interlinea
_ENTRE = 8.0
"""White between columns."""
_MINIMO = 0.35
"""Of the table's width, for the text of its lines: wider figures than that leaves room for are broken."""

Celda = Sequence[tuple[str, Estilo]]
"""Lines of text, which have yet to be broken."""


@dataclass(frozen=True, slots=True)
class Campo:
    """A column: what stands in it, and its greatest width; without one it takes what the others leave."""

    titulo: str
    celdas: Sequence[Celda]
    maximo: float | None
    lado: Lado = Lado.IZQUIERDA


def write_detalle(lineas: Sequence[Linea], columna: Columna) -> Iterator[Bloque]:
    """What was sold. Columns in which nothing stands are left out."""
    campos = (
        Campo("Código", _cells(lineas, lambda linea: [linea.codigo]), 80),
        Campo("Descripción", [_describe(linea) for linea in lineas], None),
        Campo("Cantidad", _cells(lineas, lambda linea: [linea.cantidad]), 70, Lado.DERECHA),
        Campo("Unidad", _cells(lineas, lambda linea: [linea.unidad]), 34),
        Campo("Precio", _cells(lineas, lambda linea: [linea.precio]), 85, Lado.DERECHA),
        Campo("Dscto./Rec.", _cells(lineas, lambda linea: linea.ajustes), 70, Lado.DERECHA),
        Campo("Valor", _cells(lineas, lambda linea: [linea.monto]), 85, Lado.DERECHA),
    )
    usados = [campo for campo in campos if campo.maximo is None or any(map(any, campo.celdas))]
    return _write_tabla(usados, columna)


def write_referencias(referencias: Sequence[Referencia], columna: Columna) -> Iterator[Bloque]:
    """The other documents that this one names."""
    campos = (
        Campo("Documento de referencia", [[(r.documento, _NORMAL)] for r in referencias], 170),
        Campo("Folio", [[(r.folio, _NORMAL)] for r in referencias], 95),
        Campo("Fecha", [[(r.fecha, _NORMAL)] for r in referencias], 60),
        Campo("Motivo", [[(r.motivo, _NORMAL)] for r in referencias], None),
    )
    return _write_tabla(campos, columna)


def _cells(lineas: Sequence[Linea], of: Callable[[Linea], Sequence[str]]) -> Sequence[Celda]:
    return [[(texto, _NORMAL) for texto in of(linea) if texto] for linea in lineas]


def _describe(linea: Linea) -> Celda:
    return (linea.nombre, _NORMAL), *((nota, _NOTA) for nota in linea.notas)


def _write_tabla(campos: Sequence[Campo], columna: Columna) -> Iterator[Bloque]:
    columnas = _lay_out(campos, columna)
    titulo = _write_titulo(campos, columnas, columna)
    yield titulo
    for celdas in zip(*(campo.celdas for campo in campos), strict=True):
        yield from _write_fila(celdas, columnas, columna, titulo)


def _lay_out(campos: Sequence[Campo], columna: Columna) -> Sequence[Columna]:
    """Each column as wide as its widest cell, up to its greatest width; the rest is for the one that has none."""
    anchos = [_width(campo) for campo in campos]
    disponible = columna.ancho - _ENTRE * len(campos)
    libre = max(disponible - sum(anchos), _MINIMO * disponible)
    if sum(anchos) + libre > disponible:
        anchos = [ancho * (disponible - libre) / sum(anchos) for ancho in anchos]
    columnas = []
    x = columna.x + _ENTRE / 2
    for campo, justo in zip(campos, anchos, strict=True):
        ancho = libre if campo.maximo is None else justo
        columnas.append(Columna(x, ancho, campo.lado))
        x += ancho + _ENTRE
    return columnas


def _width(campo: Campo) -> float:
    if campo.maximo is None:
        return 0
    anchos = (measure(texto, estilo) for celda in campo.celdas for texto, estilo in celda)
    return min(max(measure(campo.titulo, _TITULO), *anchos), campo.maximo) + 0.01


def _write_titulo(campos: Sequence[Campo], columnas: Sequence[Columna], columna: Columna) -> Bloque:
    fondo = Caja(columna.x, 0, columna.ancho, 15, fondo=Color.FONDO)
    textos = (
        texto
        for campo, suya in zip(campos, columnas, strict=True)
        for texto in suya.write([campo.titulo], _TITULO, 3.2)
    )
    return Bloque(17, (fondo, *textos), pegado=True)


def _write_fila(
    celdas: Sequence[Celda], columnas: Sequence[Columna], columna: Columna, titulo: Bloque
) -> Iterator[Bloque]:
    """A block for each line of text; a thin rule below the last."""
    partidas = [_break(celda, suya.ancho) for celda, suya in zip(celdas, columnas, strict=True)]
    renglones = list(zip_longest(*partidas))
    for numero, renglon in enumerate(renglones, 1):
        piezas = [
            texto
            for suya, parte in zip(columnas, renglon, strict=True)
            if parte is not None
            for texto in suya.write([parte[0]], parte[1], _NORMAL.base - parte[1].base)
        ]
        bloque = Bloque(_ALTO, piezas, titulo, pegado=numero == 1 < len(renglones))
        if numero == len(renglones):
            raya = Caja(columna.x, _ALTO + 1.5, columna.ancho, 0, 0.4, Color.CLARO)
            bloque = replace(bloque, alto=_ALTO + 3, piezas=(*piezas, raya))
        yield bloque


def _break(celda: Celda, ancho: float) -> list[tuple[str, Estilo]]:
    return [(linea, estilo) for texto, estilo in celda for linea in wrap(texto, ancho, estilo)]

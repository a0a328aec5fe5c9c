"""Pages as a PDF."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from io import BytesIO
from itertools import groupby

from reportlab import rl_config
from reportlab.lib.colors import Color as PdfColor
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from shared.dte.impresion.letra import Color
from shared.dte.impresion.patrones import FIN, INICIO
from shared.dte.impresion.pdf417 import patterns_of
from shared.dte.impresion.piezas import Barras, Caja, Pagina, Texto

rl_config.useA85 = False
"""Page contents as bytes: written as letters (ASCII85) they take a quarter more room, and a third more time in all."""


def write_pdf(paginas: Iterable[Pagina], *, titulo: str, autor: str, momento: datetime) -> bytes:
    """The pages as one file, whose bytes depend on nothing else; `momento`, local, is its date."""
    archivo = BytesIO()
    lienzo = Canvas(archivo, invariant=1)
    lienzo.setTitle(titulo)
    lienzo.setAuthor(autor)
    lienzo.setCreator("Posta")
    lienzo.setDateFormatter(lambda *_: f"D:{momento:%Y%m%d%H%M%S}")
    for pagina in paginas:
        lienzo.setPageSize((pagina.ancho, pagina.alto))
        _draw_pagina(lienzo, pagina)
        lienzo.showPage()
    lienzo.save()
    return archivo.getvalue()


def _draw_pagina(lienzo: Canvas, pagina: Pagina) -> None:
    """PDF counts heights from the bottom."""
    for y, bloque in pagina.bloques:
        piso = pagina.alto - y
        for pieza in bloque.piezas:
            match pieza:
                case Texto():
                    _draw_texto(lienzo, pieza, piso)
                case Caja():
                    _draw_caja(lienzo, pieza, piso)
                case Barras():
                    _draw_barras(lienzo, pieza, piso)


def _draw_texto(lienzo: Canvas, texto: Texto, piso: float) -> None:
    lienzo.setFillColor(_color(texto.estilo.color))
    lienzo.setFont(texto.estilo.fuente.value, texto.estilo.cuerpo)
    lienzo.drawString(texto.x, piso - texto.y, texto.texto)


def _draw_caja(lienzo: Canvas, caja: Caja, piso: float) -> None:
    lienzo.setStrokeColor(_color(caja.color))
    lienzo.setLineWidth(caja.borde)
    if caja.fondo is not None:
        lienzo.setFillColor(_color(caja.fondo))
    lienzo.rect(
        caja.x,
        piso - caja.y - caja.alto,
        caja.ancho,
        caja.alto,
        stroke=int(caja.borde > 0),
        fill=int(caja.fondo is not None),
    )


@cache
def _color(color: Color) -> PdfColor:
    return HexColor(color.value)


def _draw_barras(lienzo: Canvas, barras: Barras, piso: float) -> None:
    """The bars as rectangles of exact size, in a system of coordinates whose unit is a module wide and a row high.

    The outermost patterns, alike in all rows, are drawn in one piece: on a screen, edges that meet show a seam.
    """
    lienzo.saveState()
    lienzo.setFillColor(_color(Color.NEGRO))
    lienzo.translate(barras.x, piso - barras.y)
    lienzo.scale(barras.modulo, -barras.fila)
    filas = len(barras.simbolo.filas)
    hasta_fin = barras.simbolo.modulos - len(FIN)
    operadores = [
        f"q 1 0 0 {filas} 0 0 cm {_fill_bars(INICIO)} Q",
        f"q 1 0 0 {filas} {hasta_fin} 0 cm {_fill_bars(FIN)} Q",
    ]
    for numero, (_, *patrones, _) in enumerate(patterns_of(barras.simbolo)):
        operadores += (f"q 1 0 0 1 {len(INICIO)} {numero} cm", *map(_fill_bars, patrones), "Q")
    lienzo.addLiteral("\n".join(operadores))
    lienzo.restoreState()


@cache
def _fill_bars(patron: str) -> str:
    """Operators that fill a pattern's bars, a unit high, and go on to its right."""
    x = 0
    barras = []
    for modulo, iguales in groupby(patron):
        ancho = len(list(iguales))
        if modulo == "1":
            barras.append(f"{x} 0 {ancho} 1 re")
        x += ancho
    return f"{' '.join(barras)} f 1 0 0 1 {x} 0 cm"

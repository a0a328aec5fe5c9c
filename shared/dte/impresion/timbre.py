"""The stamp of a document as an image: PDF417 of `<TED>…</TED>` on one line, in ISO-8859-1."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from itertools import groupby

from shared.dte.codigos import Codigo
from shared.dte.impresion.formato import SILENCIO, TRAZOS, Formato, Trazo
from shared.dte.impresion.pdf417 import Simbolo, encode_bytes, patterns_of
from shared.dte.ted import cut_ted
from shared.dte.xml import CODIFICACION

SVG_NS = ' xmlns="http://www.w3.org/2000/svg"'


def timbre_png(xml: bytes, formato: Formato = Formato.CARTA) -> bytes:
    """The stamp of the document in `xml` as a PNG of one bit a pixel, which says how large it is to be printed.

    For 80 mm it has a dot of the printer's for each of its pixels: print it unscaled. Invalid unless there is exactly
    one stamp, and it fits into a PDF417.
    """
    trazo = TRAZOS[formato]
    return _write_png(encode_ted(cut_ted(xml), formato), trazo)


def timbre_svg(xml: bytes, formato: Formato = Formato.CARTA) -> str:
    """The same as SVG, in millimetres."""
    return draw_svg(encode_ted(cut_ted(xml), formato), TRAZOS[formato])


def encode_ted(ted: str, formato: Formato) -> Simbolo:
    """The symbol of a flat `<TED>…</TED>`; Invalid when it has more bytes than a PDF417 can hold."""
    datos = ted.encode(CODIFICACION, "xmlcharrefreplace")
    try:
        return encode_bytes(datos, columnas=TRAZOS[formato].columnas)
    except ValueError as error:
        raise Codigo.TED.invalid("TED", motivo=f"no se puede imprimir: {error}") from error


def draw_svg(simbolo: Simbolo, trazo: Trazo) -> str:
    """The symbol with its margin, one stroke a row: bars are drawn and spaces skipped."""
    ancho = simbolo.modulos + 2 * SILENCIO
    alto = len(simbolo.filas) * trazo.fila + 2 * SILENCIO
    trazos = []
    for numero, patrones in enumerate(patterns_of(simbolo)):
        centro = SILENCIO + (numero + 0.5) * trazo.fila
        trazos += [f"M{SILENCIO} {centro:g}", *map(_stroke, patrones)]
    return (
        f'<svg{SVG_NS} width="{ancho * trazo.modulo:g}mm" height="{alto * trazo.modulo:g}mm"'
        f' viewBox="0 0 {ancho:g} {alto:g}" shape-rendering="crispEdges"><path fill="none" stroke="#000"'
        f' stroke-width="{trazo.fila:g}" d="{"".join(trazos)}"/></svg>'
    )


@cache
def _stroke(patron: str) -> str:
    """A path along the pattern, of which there are some 3,000: down over bars, up over spaces."""
    partes = ((modulo, len(list(iguales))) for modulo, iguales in groupby(patron))
    return "".join(f"h{largo}" if modulo == "1" else f"m{largo} 0" for modulo, largo in partes)


_GRIS_DE_1_BIT = 1, 0, 0, 0, 0
"""Bits a pixel, grey, and the only compression, filtering and order that there are."""
_IGUAL = b"\x02"
"""PNG's filter "Up": zeros after it say that a line is the one above."""


def _write_png(simbolo: Simbolo, trazo: Trazo) -> bytes:
    margen = SILENCIO * trazo.puntos
    ancho = simbolo.modulos * trazo.puntos + 2 * margen
    octetos = -(-ancho // 8)
    blanco = ((1 << ancho) - 1) << (8 * octetos - ancho)
    negro = 8 * octetos - ancho + margen
    igual = _IGUAL + bytes(octetos)
    lineas = [b"\x00" + blanco.to_bytes(octetos, "big"), *[igual] * (margen - 1)]
    orilla = b"".join(lineas)
    base = 1 << trazo.puntos  # a module is a digit, so that times the highest digit it fills all of its pixels
    repetida = igual * (trazo.puntos_de_fila - 1)
    for patrones in patterns_of(simbolo):
        barras = int("".join(patrones), base) * (base - 1) << negro
        lineas += (b"\x00" + (blanco ^ barras).to_bytes(octetos, "big"), repetida)
    alto = len(simbolo.filas) * trazo.puntos_de_fila + 2 * margen
    por_metro = round(trazo.puntos / trazo.modulo * 1000)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">II5B", ancho, alto, *_GRIS_DE_1_BIT)),
            _chunk(b"pHYs", struct.pack(">IIB", por_metro, por_metro, 1)),
            _chunk(b"IDAT", zlib.compress(b"".join((*lineas, orilla)), 1)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(tipo: bytes, datos: bytes) -> bytes:
    return struct.pack(">I", len(datos)) + tipo + datos + struct.pack(">I", zlib.crc32(tipo + datos))

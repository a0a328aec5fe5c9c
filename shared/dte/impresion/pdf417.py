"""PDF417 symbols of bytes: the bar code of the stamp (ISO/IEC 15438).

Instructivo técnico "Timbre electrónico": byte compaction, error correction level 5. Nothing but bars for the bytes is
put into the symbol: no ECI, no change of mode, so that every reader gives the very bytes back.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter, mul

from shared.dte.impresion.patrones import FIN, INICIO, PATRONES

NIVEL = 5
"""Error correction level that the SII prescribes: 64 codewords, which restore 31 misread ones."""
MAX_PALABRAS = 928
"""Codewords of the largest symbol, error correction included."""
_MIN_FILAS, _MAX_FILAS = 3, 90
_MAX_COLUMNAS = 30
_PRIMO = 929
_RELLENO = 900
_BYTES, _BYTES_DE_A_6 = 901, 924
_ALTO_DE_FILA = 3
"""Modules: the lowest row that ISO/IEC 15438 recommends, and what symbols are measured with here."""


@dataclass(frozen=True, slots=True)
class Simbolo:
    """A bar code: each row as its cluster and its codewords, row indicators included."""

    columnas: int
    filas: Sequence[tuple[int, Sequence[int]]]

    @property
    def modulos(self) -> int:
        """Its width."""
        return 17 * (self.columnas + 2) + len(INICIO) + len(FIN)


def encode_bytes(datos: bytes, *, columnas: int | None = None, proporcion: float = 2.3) -> Simbolo:
    """The symbol of those bytes, at level 5 while they fit and at the highest level at which they do otherwise.

    It has as nearly as it can the number of columns asked for, or else the number that brings width to height (rows of
    three modules) nearest to `proporcion`. ValueError when the bytes fit into no symbol: more than about 1,100.
    """
    palabras = _compact(datos)
    nivel = next((nivel for nivel in range(NIVEL, -1, -1) if _count(palabras, nivel) <= MAX_PALABRAS), None)
    if nivel is None:
        raise ValueError(f"{len(datos)} bytes no caben en un PDF417")
    total = _count(palabras, nivel)
    columnas = _choose_columns(total, columnas, proporcion)
    filas = _count_rows(total, columnas)
    relleno = [_RELLENO] * (filas * columnas - total)
    mensaje = [1 + len(palabras) + len(relleno), *palabras, *relleno]
    return Simbolo(columnas, tuple(_rows([*mensaje, *_correct(mensaje, nivel)], columnas, filas, nivel)))


def _compact(datos: bytes) -> list[int]:
    """Byte compaction: six bytes are five digits of base 900; what is left over is a codeword each."""
    enteros = len(datos) // 6 * 6
    palabras = [_BYTES_DE_A_6 if enteros == len(datos) else _BYTES]
    for alto, bajo in struct.iter_unpack(">HI", datos[:enteros]):
        mayores, menores = divmod(alto << 32 | bajo, 900**2)
        mayor, medias = divmod(mayores, 900**2)
        palabras += (mayor, medias // 900, medias % 900, menores // 900, menores % 900)
    return [*palabras, *datos[enteros:]]


def _count(palabras: Sequence[int], nivel: int) -> int:
    """Codewords of the whole symbol before it is filled up: its length, the message, its error correction."""
    return 1 + len(palabras) + _correction(nivel)


def _correction(nivel: int) -> int:
    return 2 << nivel


@cache
def _choose_columns(total: int, pedidas: int | None, proporcion: float) -> int:
    posibles = [
        columnas
        for columnas in range(1, _MAX_COLUMNAS + 1)
        if _count_rows(total, columnas) <= min(_MAX_FILAS, MAX_PALABRAS // columnas)
    ]
    if pedidas is not None:
        return min(posibles, key=lambda columnas: abs(columnas - pedidas))
    return min(posibles, key=lambda columnas: abs(_shape(total, columnas) - proporcion))


def _count_rows(total: int, columnas: int) -> int:
    return max(-(-total // columnas), _MIN_FILAS)


def _shape(total: int, columnas: int) -> float:
    """Width to height."""
    return Simbolo(columnas, ()).modulos / (_ALTO_DE_FILA * _count_rows(total, columnas))


def _rows(palabras: Sequence[int], columnas: int, filas: int, nivel: int) -> Iterator[tuple[int, Sequence[int]]]:
    """The rows between their indicators, which tell a reader the row, the number of rows and columns and the level."""
    dicho = ((filas - 1) // 3, 3 * nivel + (filas - 1) % 3, columnas - 1)
    for fila in range(filas):
        cluster = fila % 3
        base = 30 * (fila // 3)
        contenido = palabras[fila * columnas : (fila + 1) * columnas]
        yield cluster, (base + dicho[cluster], *contenido, base + dicho[cluster - 1])


_BITS = 32
"""Of one coefficient in the long numbers below: it gathers at most 926 products of two numbers under 929."""


def _correct(mensaje: Sequence[int], nivel: int) -> Sequence[int]:
    """Reed-Solomon over GF(929): the remainder of the message by the level's generator, its signs changed.

    The remainder of a sum is the sum of the remainders: each codeword adds as many times the remainder of its power of
    x. Those are kept as long numbers, a coefficient every 32 bits. One by one they take fifty times longer.
    """
    cuantos = _correction(nivel)
    suma = sum(map(mul, reversed(mensaje), _remainders(nivel)))
    coeficientes = struct.unpack(f">{cuantos}I", suma.to_bytes(4 * cuantos, "big"))
    return [-coeficiente % _PRIMO for coeficiente in coeficientes]


@cache
def _remainders(nivel: int) -> Sequence[int]:
    """The powers of x that a message's codewords stand at, the last one's first, modulo the generator."""
    generador = [1]
    for potencia in range(1, _correction(nivel) + 1):
        raiz = pow(3, potencia, _PRIMO)
        desplazado = [*generador, 0]
        for grado, coeficiente in enumerate(generador, 1):
            desplazado[grado] = (desplazado[grado] - raiz * coeficiente) % _PRIMO
        generador = desplazado
    opuesto = [-coeficiente % _PRIMO for coeficiente in generador[1:]]
    restos, resto = [], opuesto
    for _ in range(MAX_PALABRAS - len(opuesto)):
        restos.append(int.from_bytes(struct.pack(f">{len(resto)}I", *resto), "big"))
        mayor, *otros = *resto, 0
        resto = [(otro + mayor * uno) % _PRIMO for otro, uno in zip(otros, opuesto, strict=True)]
    return tuple(restos)


def patterns_of(simbolo: Simbolo) -> Iterator[Sequence[str]]:
    """The rows from top to bottom, each as its patterns from left to right: modules, `1` a bar and `0` a space.

    Every pattern begins with a bar, and all but the last of a row end with a space.
    """
    for cluster, palabras in simbolo.filas:
        yield INICIO, *itemgetter(*palabras)(PATRONES[cluster]), FIN

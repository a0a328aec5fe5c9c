"""Text as it will stand on paper: how wide it is, and where it breaks.

Helvetica and Helvetica-Bold are fonts that every PDF reader has, in an encoding that covers ISO-8859-1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import accumulate

from reportlab.pdfbase.pdfmetrics import getFont

CODIFICACION = "cp1252"
"""WinAnsiEncoding."""


class Fuente(StrEnum):
    NORMAL = "Helvetica"
    NEGRITA = "Helvetica-Bold"


class Color(StrEnum):
    NEGRO = "#000000"
    GRIS = "#595959"
    CLARO = "#bfbfbf"
    FONDO = "#f0f0f0"
    ROJO = "#c8102e"


@dataclass(frozen=True, slots=True)
class Estilo:
    """How text looks; sizes in points."""

    cuerpo: float
    fuente: Fuente = Fuente.NORMAL
    color: Color = Color.NEGRO

    @property
    def interlinea(self) -> float:
        return self.cuerpo * 1.22

    @property
    def base(self) -> float:
        """From the top of a line to its base line."""
        return self.cuerpo * 0.95


def measure(texto: str, estilo: Estilo) -> float:
    """The width of one line of text in points."""
    anchos = _widths(estilo.fuente)
    return sum([anchos[letra] for letra in texto.encode(CODIFICACION, "replace")]) * estilo.cuerpo / 1000


@cache
def _widths(fuente: Fuente) -> Sequence[int]:
    anchos: Sequence[int] = getFont(fuente.value).widths
    return tuple(ancho or 0 for ancho in anchos)


def wrap(texto: str, ancho: float, estilo: Estilo) -> list[str]:
    """The text in lines not wider than `ancho`, broken between words, and inside of those that are wider alone."""
    lineas: list[str] = []
    for parrafo in texto.split("\n"):
        if measure(parrafo, estilo) <= ancho:
            lineas.append(parrafo)
        else:
            lineas += _fill(parrafo, ancho, estilo)
    return lineas


def _fill(parrafo: str, ancho: float, estilo: Estilo) -> Iterator[str]:
    espacio = measure(" ", estilo)
    linea: list[str] = []
    ocupado = 0.0
    for palabra in _words(parrafo, ancho, estilo):
        largo = measure(palabra, estilo)
        if linea and ocupado + espacio + largo > ancho:
            yield " ".join(linea)
            linea, ocupado = [], 0.0
        ocupado += largo + (espacio if linea else 0.0)
        linea.append(palabra)
    if linea:
        yield " ".join(linea)


def _words(parrafo: str, ancho: float, estilo: Estilo) -> Iterator[str]:
    """The words; those wider than a line in pieces of a line's width."""
    for palabra in parrafo.split():
        resto = palabra
        while measure(resto, estilo) > ancho and len(resto) > 1:
            corte = _cut_at(resto, ancho, estilo)
            yield resto[:corte]
            resto = resto[corte:]
        yield resto


def _cut_at(palabra: str, ancho: float, estilo: Estilo) -> int:
    """How many of its letters fit: one at least."""
    anchos = _widths(estilo.fuente)
    hasta = list(accumulate(anchos[letra] for letra in palabra.encode(CODIFICACION, "replace")))
    return max(bisect_right(hasta, ancho * 1000 / estilo.cuerpo), 1)

"""Blocks one below the other, over as many pages as it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.dte.impresion.piezas import Bloque


@dataclass(frozen=True, slots=True)
class Medida:
    """A page's usable height, and what must be at the foot of the last one."""

    alto: float
    cierre: Bloque


Puesto = tuple[float, Bloque]


def paginate(bloques: Sequence[Bloque], medida: Medida, *, al_pie: bool) -> list[list[Puesto]]:
    """For each page its blocks with their heights from the top of the usable part, in order, overlapping nowhere.

    Where a page begins inside of a table, its head is said again. The closing block is never split; it stands at the
    foot of the last page (`al_pie`) or right below the rest.
    """
    paginas: list[list[Puesto]] = [[]]
    y = 0.0
    for grupo in _together(bloques):
        alto = sum(bloque.alto for bloque in grupo)
        if paginas[-1] and y + alto > medida.alto:
            paginas.append([])
            y = _place(paginas[-1], 0.0, [titulo] if (titulo := grupo[0].titulo) else [])
        y = _place(paginas[-1], y, grupo)
    if paginas[-1] and y + medida.cierre.alto > medida.alto:
        paginas.append([])
        y = 0.0
    paginas[-1].append((max(y, medida.alto - medida.cierre.alto) if al_pie else y, medida.cierre))
    return paginas


def _together(bloques: Sequence[Bloque]) -> Iterator[list[Bloque]]:
    """Each block with the headings right before it."""
    grupo: list[Bloque] = []
    for bloque in bloques:
        grupo.append(bloque)
        if not bloque.pegado:
            yield grupo
            grupo = []
    if grupo:
        yield grupo


def _place(pagina: list[Puesto], y: float, bloques: Sequence[Bloque]) -> float:
    """The height after them."""
    for bloque in bloques:
        pagina.append((y, bloque))
        y += bloque.alto
    return y

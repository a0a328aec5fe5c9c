"""The states of a document and the moves between them. This table and nothing else: who moves a document is elsewhere.

generado ─▶ enviando ─▶ enviado ─▶ aceptado | reparo | rechazado
               │ │          └────▶ pendiente       the whole envelope was refused: go again, in halves
               │ ├────▶ incierto ─▶ enviado | pendiente
               │ └────▶ rechazado
               └──────▶ pendiente ─▶ enviando
generado ─▶ pendiente       a note on a document that was refused: parked, and never tried
"""

from __future__ import annotations

from enum import StrEnum


class Estado(StrEnum):
    """Where a document stands."""

    GENERADO = "generado"
    """Signed and stored; nobody has tried to deliver it yet."""
    ENVIANDO = "enviando"
    """In an envelope that is being uploaded, or whose upload was cut short."""
    ENVIADO = "enviado"
    """The SII has it; the verdict is not known yet."""
    INCIERTO = "incierto"
    """Bytes left and no answer came: the SII is asked before anything else is done."""
    PENDIENTE = "pendiente"
    """Waits for its next attempt (`proximo_intento`), or for a person when that is null."""
    ACEPTADO = "aceptado"
    REPARO = "reparo"
    """Accepted with objections: valid."""
    RECHAZADO = "rechazado"


MOVES: dict[Estado, frozenset[Estado]] = {
    Estado.GENERADO: frozenset({Estado.ENVIANDO, Estado.PENDIENTE}),
    Estado.PENDIENTE: frozenset({Estado.ENVIANDO}),
    Estado.ENVIANDO: frozenset({Estado.ENVIADO, Estado.INCIERTO, Estado.PENDIENTE, Estado.RECHAZADO}),
    Estado.INCIERTO: frozenset({Estado.ENVIADO, Estado.PENDIENTE}),
    Estado.ENVIADO: frozenset({Estado.ACEPTADO, Estado.REPARO, Estado.RECHAZADO, Estado.PENDIENTE}),
    Estado.ACEPTADO: frozenset(),
    Estado.REPARO: frozenset(),
    Estado.RECHAZADO: frozenset(),
}

FINALES = frozenset(estado for estado, moves in MOVES.items() if not moves)
"""States that a document never leaves."""

ENVIABLES = frozenset(estado for estado, moves in MOVES.items() if Estado.ENVIANDO in moves)
"""States from which a document may enter an envelope."""


def sources(destino: Estado) -> frozenset[Estado]:
    """The states from which `destino` can be reached in one move: the condition of every conditional update."""
    return frozenset(estado for estado, moves in MOVES.items() if destino in moves)

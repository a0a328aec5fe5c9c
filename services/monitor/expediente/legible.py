"""XML to be read by people: the same text on lines, indented. Never to be signed, stored or sent."""

from __future__ import annotations

import re

from shared.dte.xml import CODIFICACION

_PIECE = re.compile(r"<[^>]*>|[^<]+")
_SANGRIA = "  "


def write_legible(xml: bytes) -> str:
    """Each element on a line of its own, with its text beside it if it holds nothing else."""
    lines: list[str] = []
    depth, opened = 0, False
    for piece in _PIECE.findall(xml.decode(CODIFICACION, errors="replace")):
        if not piece.startswith("<"):
            _append(lines, piece.strip(), depth, beside=opened)
            continue
        closes = piece.startswith("</")
        depth -= closes
        _append(lines, piece, depth, beside=closes and opened)
        opened = not closes and not piece.endswith("/>") and piece[1] not in "?!"
        depth += opened
    return "\n".join(lines)


def _append(lines: list[str], piece: str, depth: int, *, beside: bool) -> None:
    if beside and lines:
        lines[-1] += piece
    elif piece:
        lines.append(_SANGRIA * max(depth, 0) + piece)

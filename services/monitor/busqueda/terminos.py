"""What was typed into the search field, taken apart into terms; what they mean is decided elsewhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″", '"'))
_TERM = re.compile(
    r"""
    (?: (?P<campo> [^\W\d_]\w* ) : (?: \s+ (?! [^\W\d_]\w*: ) )? )?   # a name, and its colon
    (?P<valor> (?: "[^"]*"? | [^\s"] )* )
    """,
    re.VERBOSE,
)
_VALUE = re.compile(r'(?:"[^"]*"?|[^,"])+')


@dataclass(frozen=True, slots=True)
class Termino:
    """One condition: `campo:valor`, or a bare value with `campo` None. Commas separate values."""

    campo: str | None
    """Folded: lower case, without accents."""
    valores: tuple[str, ...]
    crudo: str
    """As it was typed."""


def split_terminos(texto: str) -> list[Termino]:
    """The terms in their order. Quotes of any kind keep a value together; spaces after a colon are forgiven."""
    plain = unicodedata.normalize("NFC", texto).translate(_QUOTES)
    plain = "".join(letra if letra.isprintable() else " " for letra in plain)
    found = (match for match in _TERM.finditer(plain) if match[0].strip())
    return [_to_termino(match) for match in found]


def join_terminos(terminos: Iterable[Termino]) -> str:
    """The text that gives these terms again."""
    return " ".join(termino.crudo for termino in terminos)


def fold(texto: str) -> str:
    """The same word however it is written: lower case, no accents, single spaces for everything between words."""
    bare = "".join(letra for letra in unicodedata.normalize("NFKD", texto) if not unicodedata.combining(letra))
    return re.sub(r"[\s_\-./]+", " ", bare.casefold()).strip()


def quote(valor: str) -> str:
    """The value as it has to be typed to be one value."""
    return f'"{valor}"' if re.search(r"[\s,:]", valor) else valor


def _to_termino(match: re.Match[str]) -> Termino:
    campo, valor = match["campo"], match["valor"]
    pieces = [valor] if campo is None else _VALUE.findall(valor)
    valores = tuple(filter(None, (piece.replace('"', "").strip() for piece in pieces)))
    return Termino(fold(campo) if campo else None, valores, match[0].strip())

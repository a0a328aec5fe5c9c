"""Text as the SII takes it: in ISO-8859-1, without control characters, no longer than its field.

Formato DTE v2.5, "Formato de los datos". The SII's reader also works by lines of about 4,090 bytes (CHR-00002).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from itertools import accumulate

MAX_LINEA = 3_900
"""Bytes of one escaped text: with its tags it stays under a line of 4,000."""

_REEMPLAZOS = str.maketrans(
    {
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"',
        "‹": "<", "›": ">", "…": "...", "•": "-", "€": "EUR", "™": "(TM)", "℠": "(SM)", "№": "N°",
        "Œ": "OE", "œ": "oe", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "Ÿ": "Y",
    }
)  # fmt: skip
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_ESPACIO = re.compile(r"\s+")
_ESPACIO_EN_LINEA = re.compile(r"[^\S\n]+")
_FIN_DE_LINEA = re.compile(r"\r\n?")
_ENTRE_LINEAS = re.compile(r" ?\n[ \n]*")
_LARGO_ESCAPADO = {letra: len(escapada) for letra, escapada in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))}
_MAX_ESCAPADO = max(_LARGO_ESCAPADO.values())


def clean_texto(texto: str) -> str:
    """One line of text in ISO-8859-1, without control characters, trimmed, with single spaces."""
    if _is_clean(texto):
        return texto
    return _ESPACIO.sub(" ", transliterate(_ESPACIO.sub(" ", texto))).strip()


def clean_parrafo(texto: str) -> str:
    """The same, but its line breaks stay (as LF); blank lines go."""
    if _is_clean(texto):
        return texto
    lineas = _ESPACIO_EN_LINEA.sub(" ", _FIN_DE_LINEA.sub("\n", texto))
    return _ENTRE_LINEAS.sub("\n", _ESPACIO_EN_LINEA.sub(" ", transliterate(lineas))).strip()


def transliterate(texto: str) -> str:
    """The same text in printable ISO-8859-1: look-alikes replaced, accents composed or dropped, the rest dropped."""
    if not texto.isascii():
        texto = unicodedata.normalize("NFC", texto).translate(_REEMPLAZOS)
    if not _is_latin(texto):
        texto = "".join(map(_to_latin, texto))
    return _CONTROL.sub("", texto)


def truncate(texto: str, maximo: int, escapado: int = MAX_LINEA) -> str:
    """The first `maximo` characters, fewer where their escaped form would have more than `escapado` bytes: by default,
    what makes a line too long for the SII's reader.
    """
    corto = texto[:maximo]
    if _MAX_ESCAPADO * len(corto) > escapado and len(escape(corto)) > escapado:
        largos = list(accumulate(_LARGO_ESCAPADO.get(letra, 1) for letra in corto))
        corto = corto[: bisect_right(largos, escapado)]
    return corto.rstrip()


def escape(texto: str) -> str:
    """The text as element content: `&`, `<` and `>` escaped, quotes as they are."""
    return texto.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def strip_quotes(texto: str) -> str:
    """The text without `'` and `"`: whether the SII escapes them again before it checks a TED is not known."""
    return _ESPACIO.sub(" ", texto.replace("'", "").replace('"', "")).strip()


def _is_clean(texto: str) -> bool:
    """Whether the text is as it is to be already, which nearly all is: printable, with single spaces inside only."""
    return texto.isprintable() and "  " not in texto and texto == texto.strip() and _is_latin(texto)


def _is_latin(texto: str) -> bool:
    try:
        texto.encode("iso-8859-1")
    except UnicodeEncodeError:
        return False
    return True


def _to_latin(letra: str) -> str:
    """One character in ISO-8859-1: itself, its compatible or unaccented form, or nothing."""
    if _is_latin(letra):
        return letra
    descompuesta = unicodedata.normalize("NFKD", letra).translate(_REEMPLAZOS)
    return "".join(filter(_is_latin, descompuesta))

"""The glossary as somebody reads it who looks a word up."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

GLOSARIO = Path(__file__).parents[2] / "GLOSSARY.md"


def test_its_words_stand_in_the_order_of_the_alphabet_and_each_of_them_once() -> None:
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", GLOSARIO.read_text(encoding="utf-8"), re.MULTILINE)
    plain = [_to_plain(word) for word in words]
    assert len(words) > 50
    assert plain == sorted({*plain})


def _to_plain(word: str) -> str:
    """Without accents and capitals, which nobody thinks of while looking for it."""
    return "".join(sign for sign in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(sign))

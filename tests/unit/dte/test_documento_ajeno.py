"""Bytes of somebody else's that are no document of ours."""

from __future__ import annotations

import pytest

from shared.dte.documento import read_dte
from shared.errors import Invalid

JUNK: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "POSTA-DTE-40"),
    "text": (b"hola", "POSTA-DTE-40"),
    "another document": (b"<html/>", "POSTA-DTE-44"),
    "an empty one": (b"<DTE/>", "POSTA-DTE-44"),
    "one without a header": (b"<DTE><Documento/></DTE>", "POSTA-DTE-44"),
}


@pytest.mark.parametrize("case", JUNK.values(), ids=JUNK.keys())
def test_junk_is_no_document(case: tuple[bytes, str]) -> None:
    xml, codigo = case
    with pytest.raises(Invalid, match=codigo):
        read_dte(xml)

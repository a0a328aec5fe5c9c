"""Documents cut out of an envelope, byte by byte: the form in which the SII verifies each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.dte.codigos import Codigo
from shared.dte.xml import CODIFICACION, LIMITE, local_name, parse_xml

_PIEZA = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<DTE(?=[\s/>])|</DTE\s*>", re.DOTALL)
"""Where a document begins and ends, and what could hide something that only looks like it."""


def extract_dtes(sobre: bytes, limit: int = LIMITE) -> list[bytes]:
    """The literal `<DTE …>…</DTE>` of every document in the envelope, in order; Invalid if the envelope is not one.

    From an envelope in another encoding than ISO-8859-1 they come re-encoded, which no signature notices.
    """
    raiz = parse_xml(sobre, limit)
    codificacion = raiz.getroottree().docinfo.encoding or CODIFICACION
    fragmentos = list(_cut(sobre))
    esperados = sum(local_name(elemento) == "DTE" for elemento in raiz.iter())
    if len(fragmentos) != esperados:
        raise Codigo.SOBRE_ILEGIBLE.invalid(motivo="tiene un <DTE/> vacío o que no se cierra con </DTE>")
    if codificacion.lower() == CODIFICACION:
        return fragmentos
    return [fragmento.decode(codificacion).encode(CODIFICACION, "xmlcharrefreplace") for fragmento in fragmentos]


def _cut(sobre: bytes) -> Iterator[bytes]:
    inicio = None
    for pieza in _PIEZA.finditer(sobre):
        if pieza[0].startswith(b"<DTE"):
            inicio = pieza.start() if inicio is None else inicio
        elif pieza[0].startswith(b"</DTE") and inicio is not None:
            yield sobre[inicio : pieza.end()]
            inicio = None

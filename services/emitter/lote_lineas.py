"""NDJSON as the network brings it: pieces of any size in, numbered lines out, never more than one line in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.emitter.answers import ProblemError
from services.emitter.terminals import read_clave
from shared.dte.json import read_json

CLAVE = "clave"
"""The name under which a line brings its own key."""
_CLAVE_JSON = b'"clave"'


@dataclass(frozen=True, slots=True)
class Linea:
    """One line that is not blank; `numero` counts from 1, blank ones included, as an editor does."""

    numero: int
    cuerpo: bytes
    demasiado_larga: bool = False


class Lineas:
    """Cuts a stream into lines. What passes `max_bytes` is told as too long, and its rest is dropped as it comes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._resto = bytearray()
        self._demasiado_larga = False
        self._numero = 0

    def feed(self, trozo: bytes) -> Iterator[Linea]:
        """The lines that end in this piece."""
        *finales, resto = trozo.split(b"\n")
        for final in finales:
            self._append(final)
            yield from self.end()
        self._append(resto)

    def end(self) -> Iterator[Linea]:
        """The line that ends here, unless it is blank."""
        self._numero += 1
        cuerpo = bytes(self._resto).strip()
        if cuerpo or self._demasiado_larga:
            yield Linea(self._numero, cuerpo, self._demasiado_larga)
        self._resto.clear()
        self._demasiado_larga = False

    def _append(self, trozo: bytes) -> None:
        if self._demasiado_larga or len(self._resto) + len(trozo) > self._max_bytes + 1:  # a CR more
            self._demasiado_larga = True
            self._resto.clear()
        else:
            self._resto += trozo


def find_clave(cuerpo: bytes) -> str | None:
    """The key that a line brings with it; None if it brings none.

    MalformedJson if it is not JSON, ProblemError (400) if its key is not one.
    """
    if _CLAVE_JSON not in cuerpo:
        return None  # and so it need not be read here: most of what it costs is saved
    venta = read_json(cuerpo)
    if not isinstance(venta, dict) or CLAVE not in venta:
        return None
    clave = venta[CLAVE]
    if not isinstance(clave, str):
        detail = "«clave» debe ser un texto de 1 a 128 caracteres ASCII imprimibles, distinto para cada venta"
        raise ProblemError(400, "clave-invalida", "La clave no es un texto", detail)
    return read_clave(clave)

"""What the unidad de fomento is worth in pesos on each day, from a file that an operator keeps (`POSTA_UF_FILE`).

One line a day, date and value as the SII and the Banco Central publish them until the 9th of the next month:
`2026-11-24;39.812,45`. Programs may write `2026-11-24,39812.45`. Titles and lines that begin with # count for nothing.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from shared.errors import Misconfigured
from shared.log import get_logger

log = get_logger("posta.uf")

_NUMERO = re.compile(r"\d{1,3}(?:\.\d{3})*(?:,\d+)?|\d+(?:[.,]\d+)?")
_MILES = re.compile(r"\d{1,3}(?:\.\d{3})+")
_TITULO = re.compile(r"\s*(?:[A-Za-z].*|#.*)?")
_POSIBLES = range(30_000, 200_000)
"""Pesos: whatever lies outside of it is a slip of the pen."""


class ValoresUf:
    """The values of a file, read again whenever it changes. Without a file it knows none."""

    def __init__(self, archivo: Path | None) -> None:
        """Misconfigured names the line that is wrong."""
        self._archivo = archivo
        self._version = _version(archivo)
        self._valores = _read(archivo) if archivo is not None else {}

    def find(self, fecha: date) -> Decimal | None:
        """Pesos of one UF on that day; None when the file does not say."""
        if self._archivo is not None and (version := _version(self._archivo)) != self._version:
            self._version = version
            self._reread(self._archivo)
        return self._valores.get(fecha)

    def _reread(self, archivo: Path) -> None:
        """The new values; the ones from before where somebody is half-way through the file: sales go on."""
        try:
            self._valores = _read(archivo)
        except Misconfigured as error:
            log.exception("uf_ilegible", motivo=str(error))


def _version(archivo: Path | None) -> tuple[int, int] | None:
    """What changes with the file."""
    try:
        estado = archivo.stat() if archivo is not None else None
    except OSError:
        return None
    return (estado.st_mtime_ns, estado.st_size) if estado is not None else None


def _read(archivo: Path) -> dict[date, Decimal]:
    try:
        lineas = archivo.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"POSTA_UF_FILE: no se puede leer {archivo}: {error}") from error
    numeradas = ((numero, linea) for numero, linea in enumerate(lineas, 1) if not _TITULO.fullmatch(linea))
    return dict(_parse(archivo, numero, linea) for numero, linea in numeradas)


def _parse(archivo: Path, numero: int, linea: str) -> tuple[date, Decimal]:
    fecha, valor = (*map(str.strip, re.split("[;,\t]", linea, maxsplit=1)), "")[:2]
    try:
        return _parse_fecha(fecha), parse_valor(valor)
    except ValueError as error:
        raise Misconfigured(f"POSTA_UF_FILE: {archivo}, línea {numero}: {error}") from error


def _parse_fecha(texto: str) -> date:
    try:
        return date.fromisoformat(texto)
    except ValueError as error:
        raise ValueError(f"«{texto}» no es una fecha AAAA-MM-DD: se espera 2026-11-24;39.812,45") from error


def parse_valor(texto: str) -> Decimal:
    """Pesos of one UF, written with a decimal comma and dots between thousands, or with a decimal point.

    ValueError says, in Spanish, why it cannot be.
    """
    if not _NUMERO.fullmatch(texto):
        raise ValueError(f"«{texto}» no es un valor: escríbalo como 39.812,45")
    chileno = "," in texto or _MILES.fullmatch(texto)
    valor = Decimal(texto.replace(".", "").replace(",", ".") if chileno else texto)
    if int(valor) not in _POSIBLES:
        raise ValueError(f"{valor} pesos no es el valor de una UF")
    return valor

"""A search as a file for a spreadsheet: what Excel in Chile opens by a double click, and no cell of it is a formula.

UTF-8 with its mark, semicolons (the comma is the decimal sign there), CRLF, dates as people write them.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import AsyncIterator, Iterable
from datetime import datetime

from services.monitor.documento import Documento, describe_documento
from services.monitor.formato import format_fecha_hora
from shared.clock import chile
from shared.messages import Dte

COLUMNAS = (
    "identidad", "emisor", "tipo", "documento", "folio", "fecha", "creado", "tienda", "caja", "receptor", "monto",
    "moneda", "estado", "cambiado", "intentos", "proximo_intento", "causa", "codigo", "glosa", "track_id", "sobre",
)  # fmt: skip
BOM = "\ufeff"
_FORMULA = re.compile(r"[\s\x00-\x20]*[=+\-@|%]|[\t\r\n]")
_NOMBRE_MAX = 60


async def write_csv(parts: AsyncIterator[list[Dte]]) -> AsyncIterator[bytes]:
    """The file, a part at a time: memory holds one part, however many there are."""
    yield (BOM + _to_lines([COLUMNAS])).encode()
    async for dtes in parts:
        yield _to_lines(to_fila(describe_documento(dte)) for dte in dtes).encode()


def to_fila(documento: Documento) -> tuple[str, ...]:
    """One row. Amounts have a decimal comma and no thousands."""
    error = documento.error
    cells = (
        documento.id, documento.emisor, documento.tipo, documento.tipo_nombre, documento.folio,
        f"{documento.fecha:%d-%m-%Y}", _moment(documento.creado), documento.tienda, documento.caja, documento.receptor,
        f"{documento.monto_exacto:f}".replace(".", ","), documento.moneda, documento.estado.value,
        _moment(documento.cambiado), documento.intentos, _moment(documento.proximo_intento),
        error and error.causa, error and error.codigo, error and error.glosa, documento.track_id, documento.envio,
    )  # fmt: skip
    return tuple("" if cell is None else neutralize(str(cell)) for cell in cells)


def neutralize(texto: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before what begins like one (OWASP)."""
    return f"'{texto}" if _FORMULA.match(texto) else texto


def name_file(texto: str, momento: datetime) -> str:
    """`documentos-20261124-1843-estado-rechazado.csv`: what was searched and when, in letters that any disk takes."""
    bare = unicodedata.normalize("NFKD", texto).encode("ascii", "ignore").decode().lower()
    what = re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:_NOMBRE_MAX].strip("-")
    return f"documentos-{chile(momento):%Y%m%d-%H%M}{what and '-'}{what}.csv"


def _moment(momento: datetime | None) -> str | None:
    return None if momento is None else format_fecha_hora(momento)


def _to_lines(rows: Iterable[tuple[str, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    return out.getvalue()

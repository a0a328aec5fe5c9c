"""Models as XML text: one element a line, in the model's order, nothing for what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal

from shared.dte.modelo.nodo import Nodo
from shared.dte.texto import escape


def write_nodo(nombre: str, nodo: Nodo) -> Iterator[str]:
    """The element's lines, without line ends; none when it has no content, because the SII refuses empty elements."""
    contenido = [linea for campo in type(nodo).model_fields for linea in _write(campo, getattr(nodo, campo))]
    if contenido:
        yield f"<{nombre}>"
        yield from contenido
        yield f"</{nombre}>"


def _write(campo: str, valor: object) -> Iterator[str]:
    if valor is None or valor == "":
        return
    if isinstance(valor, tuple):
        for elemento in valor:
            yield from _write(campo, elemento)
    elif isinstance(valor, Nodo):
        yield from write_nodo(campo, valor)
    else:
        yield f"<{campo}>{format_valor(valor)}</{campo}>"


def format_valor(valor: object) -> str:
    """A value as the SII writes it: decimals with significant digits only, dates in ISO form, text escaped."""
    if isinstance(valor, Decimal):
        return format_decimal(valor)
    if isinstance(valor, int):
        return str(int(valor))
    if isinstance(valor, date | datetime | time):
        return valor.isoformat()
    return escape(str(valor))


def format_decimal(valor: Decimal) -> str:
    """`1.5`, never `1.500000` nor `1E+3` (Formato DTE v2.5, "Formato de los datos")."""
    texto = f"{valor:f}"
    return texto.rstrip("0").rstrip(".") if "." in texto else texto

"""Models as XML text: one element a line, in the model's order, nothing for what is not there."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from shared.dte.modelo.nodo import Nodo
from shared.dte.texto import escape


def write_nodo(nombre: str, nodo: Nodo) -> list[str]:
    """The element's lines, without line ends; none when it has no content, because the SII refuses empty elements."""
    lineas = [f"<{nombre}>"]
    for campo in type(nodo).model_fields:
        _append(lineas, campo, getattr(nodo, campo))
    if len(lineas) == 1:
        return []
    lineas.append(f"</{nombre}>")
    return lineas


def _append(lineas: list[str], campo: str, valor: object) -> None:
    if valor is None:
        return
    if isinstance(valor, tuple):
        for elemento in valor:
            _append(lineas, campo, elemento)
    elif isinstance(valor, Nodo):
        lineas += write_nodo(campo, valor)
    else:
        lineas.append(f"<{campo}>{format_valor(valor)}</{campo}>")


def format_valor(valor: object) -> str:
    """A value as the SII writes it: decimals with significant digits only, dates in ISO form, text escaped."""
    match valor:
        case str():
            return escape(valor)
        case int():
            return f"{valor:d}"
        case Decimal():
            return format_decimal(valor)
        case date() | time():
            return valor.isoformat()
        case _:
            raise TypeError(f"no XML form for {type(valor).__name__}")


def format_decimal(valor: Decimal) -> str:
    """`1.5`, never `1.500000` nor `1E+3` (Formato DTE v2.5, "Formato de los datos")."""
    texto = f"{valor:f}"
    return texto.rstrip("0").rstrip(".") if "." in texto else texto

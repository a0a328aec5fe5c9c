"""Models as XML text: one element a line, in the model's order, nothing for what is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from shared.dte.modelo.nodo import Nodo
from shared.dte.texto import escape
from shared.dte.tipos import TipoDte


def write_nodo(nombre: str, nodo: Nodo) -> list[str]:
    """The element's lines, without line ends; none when it has no content, because the SII refuses empty elements."""
    lineas = [f"<{nombre}>"]
    for campo, valor in vars(nodo).items():  # pydantic keeps them in the model's order
        if valor is None:
            continue
        formato = _FORMATOS.get(type(valor))
        if formato is not None:  # first and here, because nearly every child is a plain value
            lineas.append(f"<{campo}>{formato(valor)}</{campo}>")
        else:
            for elemento in valor if isinstance(valor, tuple) else (valor,):
                lineas += _write_elemento(campo, elemento)
    if len(lineas) == 1:
        return []
    lineas.append(f"</{nombre}>")
    return lineas


def _write_elemento(nombre: str, valor: object) -> list[str]:
    if isinstance(valor, Nodo):
        return write_nodo(nombre, valor)
    formato = _FORMATOS.get(type(valor))
    if formato is None:
        raise TypeError(f"no XML form for {type(valor).__name__}")
    return [f"<{nombre}>{formato(valor)}</{nombre}>"]


def format_decimal(valor: Decimal) -> str:
    """`1.5`, never `1.500000` nor `1E+3` (Formato DTE v2.5, "Formato de los datos")."""
    texto = str(valor)
    if "E" in texto:
        texto = f"{valor:f}"
    return texto.rstrip("0").rstrip(".") if "." in texto else texto


_FORMATOS: Mapping[type, Callable[[Any], str]] = {
    str: escape,
    int: str,
    TipoDte: lambda tipo: f"{tipo:d}",
    Decimal: format_decimal,
    date: date.isoformat,
    datetime: datetime.isoformat,
    time: time.isoformat,
}
"""How the SII writes each kind of value: decimals with significant digits only, dates in ISO form, text escaped."""

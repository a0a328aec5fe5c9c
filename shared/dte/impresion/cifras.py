"""Numbers, amounts, dates and RUTs as people in Chile read them: `1.234,5`, `$ 1.190`, `3 de febrero de 2026`."""

from __future__ import annotations

import re
from datetime import date, datetime

_NUMERO = re.compile(r"(-?)([0-9]{1,40})(?:\.([0-9]{1,40}))?")
_MESES = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)


def format_numero(texto: str, decimales: int = 0) -> str:
    """A number of the XML with dots, a comma and at least so many decimals. What is no number, as it is."""
    partes = _NUMERO.fullmatch(texto)
    if partes is None:
        return texto
    fraccion = (partes[3] or "").rstrip("0").ljust(decimales, "0")
    return f"{partes[1]}{int(partes[2]):,}".replace(",", ".") + (f",{fraccion}" if fraccion else "")


def format_pesos(texto: str) -> str:
    """`$ 1.190`, `-$ 315`; nothing for nothing."""
    numero = format_numero(texto)
    return f"-$ {numero[1:]}" if numero.startswith("-") else f"$ {numero}" if numero else ""


def format_tasa(texto: str) -> str:
    """`20,5%`; nothing for nothing."""
    return f"{format_numero(texto)}%" if texto else ""


def negate(texto: str) -> str:
    """The same amount with the other sign; zero and nothing stay."""
    return texto.removeprefix("-") if texto.startswith("-") else f"-{texto}" if texto.strip("0.") else texto


def format_fecha(texto: str) -> str:
    """`AAAA-MM-DD` in words: `3 de febrero de 2026`. What is no date, as it is."""
    fecha = read_fecha(texto)
    return f"{fecha.day} de {_MESES[fecha.month - 1]} de {fecha.year}" if fecha else texto


def format_fecha_corta(texto: str) -> str:
    """`AAAA-MM-DD` for tables: `03-02-2026`. What is no date, as it is."""
    fecha = read_fecha(texto)
    return f"{fecha:%d-%m-}{fecha.year}" if fecha else texto


def format_momento(texto: str) -> str:
    """`AAAA-MM-DDTHH:MM:SS` as `03-02-2026 10:15`."""
    fecha, _, hora = texto.partition("T")
    return f"{format_fecha_corta(fecha)} {hora[:5]}".rstrip()


def read_fecha(texto: str) -> date | None:
    """The date, when the text is one."""
    try:
        return date.fromisoformat(texto)
    except ValueError:
        return None


def read_momento(texto: str) -> datetime | None:
    """The local moment, when the text is one."""
    try:
        return datetime.fromisoformat(texto).replace(tzinfo=None)
    except ValueError:
        return None


def format_rut(texto: str) -> str:
    """`77.123.456-9`."""
    cuerpo, guion, dv = texto.partition("-")
    return f"{format_numero(cuerpo)}{guion}{dv}"

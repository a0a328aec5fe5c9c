"""What a till is told about a sale that is issued: texts that were changed, and what the SII will object to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from shared.dte import advertencias
from shared.dte.modelo import Venta

_MAX = 20
_LETRAS = 60


def find_advertencias(datos: object, venta: Venta, hoy: date, uf: Decimal | None = None) -> tuple[str, ...]:
    """One sentence for each text that is not in the document as it was given, the first twenty, and for each reparo.

    `hoy` is the Chilean date on which the complete sale is issued, `uf` the value of that day.
    """
    found = (f"{ruta}: quedó como «{_short(texto)}»" for ruta, texto in _changed(datos, venta, ""))
    textos = (aviso for aviso, _ in zip(found, range(_MAX), strict=False))
    return (*textos, *map(str, advertencias.find_advertencias(venta, hoy=hoy, uf=uf)))


def _changed(dado: object, hecho: object, ruta: str) -> Iterator[tuple[str, str]]:
    """Paths of texts that differ, and what they are now. Both trees have one shape, but for single objects in lists."""
    if isinstance(hecho, tuple):
        partes = dado if isinstance(dado, list) else [dado]
        for indice, (parte, nodo) in enumerate(zip(partes, hecho, strict=False)):
            yield from _changed(parte, nodo, f"{ruta}[{indice}]")
    elif isinstance(dado, dict):
        for campo, valor in dado.items():
            if not campo.startswith("RUT"):  # dots and a small k are only another spelling
                yield from _changed(valor, getattr(hecho, campo, None), f"{ruta}.{campo}".removeprefix("."))
    elif isinstance(dado, str) and isinstance(hecho, str) and dado.split() != hecho.split():
        yield ruta, hecho


def _short(texto: str) -> str:
    return texto if len(texto) <= _LETRAS else f"{texto[:_LETRAS]}…"

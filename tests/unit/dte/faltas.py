"""What the tests of the rules have in common: a sale changed in some places, and the faults of a sale."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shared.dte.documento import complete_venta
from shared.dte.modelo import parse_venta
from shared.errors import Invalid
from tests import dte_data
from tests.ventas import Datos, with_campo


def codes(datos: Datos, uf: Decimal | None = None) -> list[tuple[str, str]]:
    """Path and number of every fault."""
    try:
        complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA, uf=uf)
    except Invalid as error:
        return [(falla.ruta, falla.codigo.removeprefix("POSTA-DTE-")) for falla in error.fallas]
    return []


def referencia(tipo: object, codigo: int | None, **campos: Any) -> Datos:
    datos = {"TpoDocRef": tipo, "FolioRef": 7, "FchRef": "2026-01-30", "CodRef": codigo}
    return datos | campos


R0 = "Referencia[0]"
ID = "Encabezado.IdDoc"
RECEP = "Encabezado.Receptor"
EMIS = "Encabezado.Emisor"


def mutate(datos: Datos, cambios: dict[str, object]) -> Datos:
    for ruta, valor in cambios.items():
        datos = with_campo(datos, ruta, valor)
    return datos

"""A sale as the SII shapes it: one model per body, which validates, documents and orders it.

The models are the single source: field order is element order, field types are the schema's, descriptions document the
API.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from shared.dte.codigos import Codigo
from shared.dte.modelo.boleta import Boleta
from shared.dte.modelo.empresa import DatosEmisor
from shared.dte.modelo.exportacion import Exportacion
from shared.dte.modelo.factura import Factura
from shared.dte.modelo.lectura import read_modelo, show
from shared.dte.modelo.liquidacion import Liquidacion
from shared.dte.modelo.montos import (
    Totales,
    TotalesBoleta,
    TotalesExportacion,
    TotalesFactura,
    TotalesLiquidacion,
)
from shared.dte.tipos import BOLETAS, EXPORTACIONES, TipoDte

__all__ = [
    "Boleta",
    "DatosEmisor",
    "Exportacion",
    "Factura",
    "Liquidacion",
    "Totales",
    "TotalesBoleta",
    "TotalesExportacion",
    "TotalesFactura",
    "TotalesLiquidacion",
    "Venta",
    "parse_venta",
]

Venta = Factura | Liquidacion | Exportacion | Boleta

MODELOS: Mapping[TipoDte, type[Venta]] = {
    **dict.fromkeys(TipoDte, Factura),
    **dict.fromkeys(BOLETAS, Boleta),
    **dict.fromkeys(EXPORTACIONES, Exportacion),
    TipoDte.LIQUIDACION: Liquidacion,
}
"""The body of each document: those of the factura's kind share its model, and `reglas` tells them apart."""


def parse_venta(datos: object) -> Venta:
    """The sale in DTE-shaped JSON (already decoded), with its text transliterated and cut to the SII's lengths.

    Single objects are taken where lists are meant, and numbers as numbers or strings. Invalid carries one Falla per
    problem, with its path. Fields and lengths: DTE_v10.xsd, EnvioBOLETA_v11.xsd.
    """
    return read_modelo(MODELOS[_find_tipo(datos)], datos)


def _find_tipo(datos: object) -> TipoDte:
    """Which document this is: the one thing that must be known before anything else can be checked."""
    ruta = ""
    for paso in ("Encabezado", "IdDoc", "TipoDTE"):
        if not isinstance(datos, dict):
            raise Codigo.FORMA.invalid(ruta, esperado="un objeto", dado=show(datos))
        ruta = f"{ruta}.{paso}".removeprefix(".")
        if datos.get(paso) is None:
            raise Codigo.FALTA.invalid(ruta)
        datos = datos[paso]
    return _to_tipo(datos, ruta)


def _to_tipo(dado: object, ruta: str) -> TipoDte:
    with suppress(ValueError):
        if isinstance(dado, int | str):
            return TipoDte(int(dado))
    raise Codigo.TIPO_DTE.invalid(ruta, dado=show(dado), esperado=", ".join(f"{tipo:d}" for tipo in MODELOS))

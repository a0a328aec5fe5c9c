"""The SII's additional taxes and withholdings: what each is called, its rate, and which way it moves the total.

Formato DTE v2.5, table "Códigos de impuestos y retenciones". A tax without a rate is counted per unit or over a margin
that the lines do not show: the seller states its amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

TASA_IVA = Decimal(19)
"""Per cent, since 2003 (D.L. 825)."""


class Efecto(IntEnum):
    """The sign with which an amount enters the total."""

    SUMA = 1
    """Additional or advance tax: the buyer pays it on top."""
    RESTA = -1
    """Withholding: the buyer keeps it and pays it to the treasury."""


@dataclass(frozen=True, slots=True)
class Impuesto:
    """One row of the SII's table; `tasa` in per cent of the net amount, None where the amount must be given."""

    codigo: str
    nombre: str
    tasa: Decimal | None
    efecto: Efecto


def _adicional(codigo: str, nombre: str, tasa: str | None = None) -> Impuesto:
    return Impuesto(codigo, nombre, Decimal(tasa) if tasa else None, Efecto.SUMA)


def _retencion(codigo: str, nombre: str, tasa: str = str(TASA_IVA)) -> Impuesto:
    return Impuesto(codigo, nombre, Decimal(tasa), Efecto.RESTA)


IMPUESTOS: Mapping[str, Impuesto] = {
    impuesto.codigo: impuesto
    for impuesto in (
        _adicional("14", "IVA de margen de comercialización"),
        _retencion("15", "IVA retenido total"),
        _adicional("17", "IVA anticipado faenamiento de carne", "5"),
        _adicional("18", "IVA anticipado carne", "5"),
        _adicional("19", "IVA anticipado harina", "12"),
        _adicional("23", "Artículos suntuarios", "15"),
        _adicional("24", "Licores, piscos, destilados", "31.5"),
        _adicional("25", "Vinos", "20.5"),
        _adicional("26", "Cervezas y bebidas alcohólicas", "20.5"),
        _adicional("27", "Bebidas analcohólicas y minerales", "10"),
        _adicional("271", "Bebidas con alto contenido de azúcar", "18"),
        _adicional("28", "Específico diésel"),
        _retencion("30", "IVA retenido legumbres", "10"),
        _retencion("301", "IVA retenido legumbres total"),
        _retencion("31", "IVA retenido silvestres total"),
        _retencion("32", "IVA retenido ganado", "8"),
        _retencion("321", "IVA retenido ganado total"),
        _retencion("33", "IVA retenido madera", "8"),
        _retencion("331", "IVA retenido madera total"),
        _retencion("34", "IVA retenido trigo", "4"),
        _retencion("341", "IVA retenido trigo total"),
        _adicional("35", "Específico gasolina"),
        _retencion("36", "IVA retenido arroz", "10"),
        _retencion("361", "IVA retenido arroz total"),
        _retencion("37", "IVA retenido hidrobiológicas", "10"),
        _retencion("371", "IVA retenido hidrobiológicas total"),
        _retencion("38", "IVA retenido chatarra total"),
        _retencion("39", "IVA retenido PPA total"),
        _retencion("41", "IVA retenido construcción total"),
        _adicional("44", "Artículos suntuarios, primera venta", "15"),
        _adicional("45", "Pirotecnia", "50"),
        _retencion("46", "IVA retenido oro total"),
        _retencion("47", "IVA retenido cartones total"),
        _retencion("48", "IVA retenido frambuesas", "14"),
        _retencion("481", "IVA retenido frambuesas total"),
        _retencion("49", "Factura de compra sin retención", "0"),
        _adicional("50", "IVA de margen de instrumentos de prepago"),
        _adicional("51", "Específico gas natural comprimido"),
        _adicional("52", "Específico gas licuado"),
        _retencion("53", "Retención suplementeros", "0.5"),
    )
}


def find_impuesto(codigo: str) -> Impuesto:
    """The tax of that code; one that the table does not explain (16, 40, 54, 55) adds whatever amount is stated."""
    return IMPUESTOS.get(codigo) or _adicional(codigo, f"Impuesto {codigo}")

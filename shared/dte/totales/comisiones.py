"""Commissions and other charges of a document, which come off its total (Formato DTE v2.5, zone "Comisiones")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from shared.dte.impuestos import TASA_IVA
from shared.dte.modelo.factura import LineaComision
from shared.dte.modelo.liquidacion import ComisionLiquidacion
from shared.dte.modelo.montos import TotalComisiones, TotalComisionesLiquidacion
from shared.dte.moneda import percent_of

Comision = LineaComision | ComisionLiquidacion
Total = TypeVar("Total", TotalComisiones, TotalComisionesLiquidacion)


def complete_comision(linea: Comision) -> Comision:
    """The line with its IVA, where it has a net amount."""
    iva = _iva(linea) if linea.ValComNeto or linea.ValComIVA else linea.ValComIVA
    return linea.model_copy(update={"ValComIVA": iva})


def compute_comisiones(lineas: Sequence[Comision], dado: Total | None, clase: type[Total]) -> Total | None:
    """The sums of the lines; without lines, what the seller states."""
    if not lineas:
        return dado
    return clase(
        ValComNeto=sum(linea.ValComNeto for linea in lineas) or None,
        ValComExe=sum(linea.ValComExe for linea in lineas) or None,
        ValComIVA=sum(map(_iva, lineas)) or None,
    )


def sum_comisiones(total: TotalComisiones | TotalComisionesLiquidacion | None) -> int:
    """What comes off the document's total."""
    if total is None:
        return 0
    return sum(valor or 0 for valor in (total.ValComNeto, total.ValComExe, total.ValComIVA))


def _iva(linea: Comision) -> int:
    return percent_of(linea.ValComNeto, TASA_IVA) if linea.ValComIVA is None else linea.ValComIVA

"""Net amount and IVA of a sum, whichever of the two the prices include."""

from __future__ import annotations

from decimal import Decimal

from shared.dte.impuestos import TASA_IVA
from shared.dte.moneda import Numero, percent_of, to_pesos

_FACTOR_IVA = 1 + TASA_IVA / 100


def add_iva(neto: Numero) -> tuple[Numero, int]:
    """Net amount and IVA of a sum that is net."""
    return neto, percent_of(neto, TASA_IVA)


def split_bruto(bruto: Numero) -> tuple[int, Numero]:
    """Net amount and IVA of a sum that includes IVA. The IVA is the rest, so that the price charged stays the total."""
    neto = to_pesos(Decimal(bruto) / _FACTOR_IVA)
    return neto, bruto - neto

"""What the buyer owes beyond the sale: amounts that are shown and not billed, and an earlier balance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.dte.grupos import Grupos
from shared.dte.lineas import Linea
from shared.dte.modelo import TotalesBoleta, TotalesFactura, TotalesLiquidacion
from shared.dte.moneda import Numero

NO_FACTURABLES = frozenset({2, 6})
"""`IndExe` of lines that the document shows and does not bill."""


@dataclass(frozen=True, slots=True)
class Periodo:
    """The rows after `MntTotal`; None where a row is not written."""

    no_facturable: Numero | None
    total: Numero | None
    _total_venta: Numero

    @classmethod
    def of(cls, lineas: Sequence[Linea], grupos: Grupos, total: Numero, dado: int | None) -> Periodo:
        """Written where the sale has lines that are not billed, or where the seller states it."""
        hay = any(linea.IndExe in NO_FACTURABLES for linea in lineas)
        no_facturable = grupos.no_facturable if hay else None
        escrito = hay or dado is not None
        return cls(no_facturable, total + grupos.no_facturable if escrito else None, total)

    def add_saldo(self, dado: TotalesFactura | TotalesLiquidacion | TotalesBoleta) -> Numero | None:
        """What is to be paid, where an earlier balance or the amount itself is stated."""
        if dado.SaldoAnterior is None and dado.VlrPagar is None:
            return None
        return (self._total_venta if self.total is None else self.total) + (dado.SaldoAnterior or 0)

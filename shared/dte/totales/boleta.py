"""Totales of a boleta (Formato Boletas Electrónicas v4.2): its prices include the IVA, unless it says otherwise."""

from __future__ import annotations

from shared.dte.grupos import Grupos, is_afecta
from shared.dte.modelo import Boleta, TotalesBoleta
from shared.dte.totales.iva import add_iva, split_bruto
from shared.dte.totales.periodo import Periodo

_SIN_TOTALES = TotalesBoleta()


def compute_boleta(venta: Boleta, grupos: Grupos) -> TotalesBoleta:
    """Net and exempt amounts, and the IVA that remains of the price."""
    dado = venta.Encabezado.Totales or _SIN_TOTALES
    neto, iva = add_iva(grupos.afecto) if venta.Encabezado.IdDoc.IndMntNeto else split_bruto(grupos.afecto)
    afecta = any(map(is_afecta, venta.Detalle))
    total = neto + iva + grupos.exento
    periodo = Periodo.of(venta.Detalle, grupos, total, dado.TotalPeriodo)
    return dado.model_copy(
        update={
            "MntNeto": neto if afecta else None,
            "MntExe": grupos.exento or None,
            "IVA": iva if afecta else None,
            "MntTotal": total,
            "MontoNF": periodo.no_facturable,
            "TotalPeriodo": periodo.total,
            "VlrPagar": periodo.add_saldo(dado),
        }
    )

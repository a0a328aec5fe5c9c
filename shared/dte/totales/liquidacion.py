"""Totals of a liquidación-factura: what was sold for the principal, less the agent's commissions; each has a sign."""

from __future__ import annotations

from shared.dte.grupos import Grupos, is_afecta
from shared.dte.impuestos import TASA_IVA
from shared.dte.modelo import Liquidacion, TotalesLiquidacion
from shared.dte.modelo.montos import TotalComisionesLiquidacion
from shared.dte.totales.comisiones import compute_comisiones, sum_comisiones
from shared.dte.totales.impuestos import compute_impuestos, sum_impuestos
from shared.dte.totales.iva import add_iva, split_bruto
from shared.dte.totales.periodo import Periodo


def compute_liquidacion(venta: Liquidacion, grupos: Grupos) -> TotalesLiquidacion:
    """Net and exempt amounts, IVA, taxes and commissions; the commissions are the sums of their lines."""
    dado = venta.Encabezado.Totales or TotalesLiquidacion()
    neto, iva = split_bruto(grupos.afecto) if venta.Encabezado.IdDoc.MntBruto else add_iva(grupos.afecto)
    impuestos = tuple(compute_impuestos(grupos.bases, dado.ImptoReten))
    comisiones = compute_comisiones(venta.Comisiones, dado.Comisiones, TotalComisionesLiquidacion)
    total = neto + grupos.exento + iva + sum_impuestos(impuestos) - sum_comisiones(comisiones)
    periodo = Periodo.of(venta.Detalle, grupos, total, dado.MontoPeriodo)
    afecta = any(map(is_afecta, venta.Detalle))
    return dado.model_copy(
        update={
            "MntNeto": neto if afecta else None,
            "MntExe": grupos.exento or None,
            "TasaIVA": TASA_IVA if afecta else None,
            "IVA": iva if afecta else None,
            "ImptoReten": impuestos,
            "Comisiones": comisiones,
            "MntTotal": total,
            "MontoPeriodo": periodo.total,
            "VlrPagar": periodo.add_saldo(dado),
        }
    )

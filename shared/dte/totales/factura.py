"""Totals of the body that facturas, guías and notes share (Formato DTE v2.5, "Totales")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from shared.dte.codigos import Codigo
from shared.dte.grupos import Grupos, is_afecta
from shared.dte.impuestos import TASA_IVA
from shared.dte.modelo import Factura, Totales, TotalesFactura
from shared.dte.modelo.montos import TotalComisiones
from shared.dte.moneda import Numero, percent_of
from shared.dte.tipos import TipoDte
from shared.dte.totales.comisiones import compute_comisiones, sum_comisiones
from shared.dte.totales.impuestos import Fila, compute_impuestos, sum_impuestos, sum_iva_retenido
from shared.dte.totales.iva import add_iva, split_bruto
from shared.dte.totales.periodo import Periodo
from shared.errors import Falla

_SIN_TOTALES = TotalesFactura()
TASA_CONSTRUCTORAS = Decimal(65)
"""Per cent of the IVA that a construction firm may credit (D.L. 910, art. 21)."""


def compute_factura(venta: Factura, grupos: Grupos) -> TotalesFactura:
    """Net and exempt amounts, IVA, additional taxes, withholdings, deposits, credits and commissions."""
    dado = venta.Encabezado.Totales or _SIN_TOTALES
    neto, iva = split_bruto(grupos.afecto) if venta.Encabezado.IdDoc.MntBruto else add_iva(grupos.afecto)
    impuestos = tuple(compute_impuestos(grupos.bases, dado.ImptoReten))
    comisiones = compute_comisiones(venta.Comisiones, dado.Comisiones, TotalComisiones)
    credito, garantia = dado.CredEC or 0, grupos.garantia or dado.GrntDep or 0
    total = neto + grupos.exento + iva + sum_impuestos(impuestos) + garantia - credito - sum_comisiones(comisiones)
    periodo = Periodo.of(venta.Detalle, grupos, total, dado.MontoPeriodo)
    afecta = any(map(is_afecta, venta.Detalle)) and not _only_moves(venta, total, dado)
    return dado.model_copy(
        update={
            "MntNeto": neto if afecta else None,
            "MntExe": grupos.exento or None,
            "TasaIVA": TASA_IVA if afecta else None,
            "IVA": iva if afecta else None,
            "ImptoReten": impuestos,
            "IVANoRet": _iva_no_retenido(venta, iva, impuestos, dado.IVANoRet),
            "GrntDep": garantia or None,
            "Comisiones": comisiones,
            "MntTotal": total,
            "MontoNF": periodo.no_facturable,
            "MontoPeriodo": periodo.total,
            "VlrPagar": periodo.add_saldo(dado),
        }
    )


def check_factura(calculado: Totales, ruta: str) -> Iterator[Falla]:
    """Stated parts and credits that the IVA has no room for."""
    iva = getattr(calculado, "IVA", None) or 0
    propio, terceros = getattr(calculado, "IVAProp", None), getattr(calculado, "IVATerc", None)
    if propio is not None and terceros is not None and propio + terceros != iva:
        yield Codigo.NO_CUADRA.falla(f"{ruta}.IVATerc", dado=terceros, calculado=iva - propio)
    credito, maximo = getattr(calculado, "CredEC", None) or 0, percent_of(iva, TASA_CONSTRUCTORAS)
    if credito and credito > maximo:
        yield Codigo.CREDITO_EXCESIVO.falla(f"{ruta}.CredEC", dado=credito, esperado=maximo)


def _only_moves(venta: Factura, total: Numero, dado: TotalesFactura) -> bool:
    """A guía of goods that nobody pays for says a total of 0, and no more unless the seller does.

    Formato DTE v2.5, `IndTraslado`.
    """
    return venta.Encabezado.IdDoc.TipoDTE is TipoDte.GUIA and total == 0 and dado.MntNeto is None


def _iva_no_retenido(venta: Factura, iva: Numero, impuestos: Sequence[Fila], dado: int | None) -> Numero | None:
    """What the seller is still paid of the IVA in a purchase where the buyer withholds a part."""
    retenido = sum_iva_retenido(impuestos)
    if not retenido or not is_compra(venta):
        return dado
    return max(iva - retenido, 0) or None


def is_compra(venta: Factura) -> bool:
    """Whether this is a factura de compra, or a note that corrects one."""
    return venta.Encabezado.IdDoc.TipoDTE is TipoDte.FACTURA_COMPRA or any(
        referencia.TpoDocRef in ("45", "46") and referencia.CodRef for referencia in venta.Referencia
    )

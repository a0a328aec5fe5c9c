"""The sums at the foot of a document, from its lines: exact decimals, every rounding half away from zero.

Formato DTE v2.5 and Formato Boletas Electrónicas v4.2, "Totales". Factura: net amounts, and the IVA on top by rate.
Boleta: the price that was charged is the total, and the IVA is what remains of it after the net amount.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.dte.codigos import Codigo
from shared.dte.grupos import Grupos, apply_globales, is_afecta, sum_lineas
from shared.dte.impuestos import TASA_IVA, find_impuesto
from shared.dte.lineas import check_monto, percent_of, to_pesos
from shared.dte.modelo import Boleta, Factura, Totales, TotalesBoleta, TotalesFactura, Venta
from shared.dte.modelo.montos import ImpuestoRetenido
from shared.errors import Falla

RUTA = "Encabezado.Totales"
NO_FACTURABLES = frozenset({2, 6})
"""`IndExe` of lines that the document shows and does not bill."""
_FACTOR_IVA = 1 + TASA_IVA / 100


def compute_totales(venta: Venta) -> Totales:
    """The totals of a sale, in pesos. What does not follow from the lines (credits, balances) is taken as given."""
    grupos = apply_globales(sum_lineas(venta.Detalle), venta.DscRcgGlobal)
    if isinstance(venta, Boleta):
        return _boleta(venta, grupos, venta.Encabezado.Totales or TotalesBoleta())
    return _factura(venta, grupos, venta.Encabezado.Totales or TotalesFactura())


def check_totales(venta: Venta) -> Iterator[Falla]:
    """What the sale states and the arithmetic denies, and sums that no document may have."""
    calculado, dado = compute_totales(venta), venta.Encabezado.Totales
    for campo in ("MntNeto", "MntExe", "MntTotal"):
        yield from check_monto(f"{RUTA}.{campo}", getattr(calculado, campo) or 0)
    if dado is not None:
        yield from _differences(dado, calculado)
    if isinstance(venta, Factura):
        bases = apply_globales(sum_lineas(venta.Detalle), venta.DscRcgGlobal).bases
        yield from _check_impuestos(dado.ImptoReten if isinstance(dado, TotalesFactura) else (), bases)


def _factura(venta: Factura, grupos: Grupos, dado: TotalesFactura) -> TotalesFactura:
    neto, iva = _split_bruto(grupos.afecto) if venta.Encabezado.IdDoc.MntBruto else _add_iva(grupos.afecto)
    afecta = any(map(is_afecta, venta.Detalle))
    impuestos = tuple(_impuestos(grupos.bases, dado.ImptoReten))
    credito, garantia = dado.CredEC or 0, grupos.garantia or dado.GrntDep or 0
    total = neto + grupos.exento + iva + _sum_impuestos(impuestos) + garantia - credito - _sum_comisiones(dado)
    periodo = Periodo.of(venta, grupos, total, dado.MontoPeriodo)
    return dado.model_copy(
        update={
            "MntNeto": neto if afecta else None,
            "MntExe": grupos.exento or None,
            "TasaIVA": TASA_IVA if afecta else None,
            "IVA": iva if afecta else None,
            "ImptoReten": impuestos,
            "GrntDep": garantia or None,
            "MntTotal": total,
            "MontoNF": periodo.no_facturable,
            "MontoPeriodo": periodo.total,
            "VlrPagar": periodo.add_saldo(dado),
        }
    )


def _boleta(venta: Boleta, grupos: Grupos, dado: TotalesBoleta) -> TotalesBoleta:
    neto, iva = _add_iva(grupos.afecto) if venta.Encabezado.IdDoc.IndMntNeto else _split_bruto(grupos.afecto)
    afecta = any(map(is_afecta, venta.Detalle))
    total = neto + iva + grupos.exento
    periodo = Periodo.of(venta, grupos, total, dado.TotalPeriodo)
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


def _add_iva(neto: int) -> tuple[int, int]:
    """Net amount and IVA of a sum that is net."""
    return neto, percent_of(neto, TASA_IVA)


def _split_bruto(bruto: int) -> tuple[int, int]:
    """Net amount and IVA of a sum that includes IVA. The IVA is the rest, so that the price charged stays the total."""
    neto = to_pesos(Decimal(bruto) / _FACTOR_IVA)
    return neto, bruto - neto


def _impuestos(bases: Mapping[str, int], dados: Sequence[ImpuestoRetenido]) -> Iterator[ImpuestoRetenido]:
    """One row for each additional tax of the lines: by its rate, or as stated where it has none.

    Not validated here: an amount beyond the schema is told as a fault of the sums, with its path.
    """
    for codigo, base in bases.items():
        tasa = find_impuesto(codigo).tasa
        if tasa is None:
            yield from (dado for dado in dados if dado.TipoImp == codigo)
        elif tasa:
            yield ImpuestoRetenido.model_construct(TipoImp=codigo, TasaImp=tasa, MontoImp=percent_of(base, tasa))


def _sum_impuestos(impuestos: Sequence[ImpuestoRetenido]) -> int:
    return sum(find_impuesto(impuesto.TipoImp).efecto * impuesto.MontoImp for impuesto in impuestos)


def _sum_comisiones(dado: TotalesFactura) -> int:
    if dado.Comisiones is None:
        return 0
    return sum(
        valor or 0 for valor in (dado.Comisiones.ValComNeto, dado.Comisiones.ValComExe, dado.Comisiones.ValComIVA)
    )


@dataclass(frozen=True, slots=True)
class Periodo:
    """What the buyer owes beyond this sale: amounts that are not billed, and an earlier balance."""

    no_facturable: int | None
    total: int | None
    _total_venta: int

    @classmethod
    def of(cls, venta: Venta, grupos: Grupos, total: int, dado: int | None) -> Periodo:
        """Written where the sale has lines that are not billed, or where the seller states it."""
        hay = any(linea.IndExe in NO_FACTURABLES for linea in venta.Detalle)
        no_facturable = grupos.no_facturable if hay else None
        escrito = hay or dado is not None
        return cls(no_facturable, total + grupos.no_facturable if escrito else None, total)

    def add_saldo(self, dado: Totales) -> int | None:
        """What is to be paid, where an earlier balance or the amount itself is stated."""
        if dado.SaldoAnterior is None and dado.VlrPagar is None:
            return None
        return (self._total_venta if self.total is None else self.total) + (dado.SaldoAnterior or 0)


def _differences(dado: Totales, calculado: Totales) -> Iterator[Falla]:
    for campo in type(dado).model_fields:
        valor, correcto = getattr(dado, campo), getattr(calculado, campo)
        if campo != "ImptoReten" and valor is not None and valor != (correcto or 0):
            yield Codigo.NO_CUADRA.falla(f"{RUTA}.{campo}", dado=valor, calculado=correcto or 0)


def _check_impuestos(dados: Sequence[ImpuestoRetenido], bases: Mapping[str, int]) -> Iterator[Falla]:
    calculados = {impuesto.TipoImp: impuesto for impuesto in _impuestos(bases, dados)}
    for posicion, dado in enumerate(dados):
        ruta = f"{RUTA}.ImptoReten[{posicion}]"
        correcto = calculados.get(dado.TipoImp)
        if correcto is None:
            yield Codigo.IMPUESTO_AJENO.falla(f"{ruta}.TipoImp", impuesto=dado.TipoImp)
        elif dado.MontoImp != correcto.MontoImp:
            yield Codigo.NO_CUADRA.falla(f"{ruta}.MontoImp", dado=dado.MontoImp, calculado=correcto.MontoImp)
        elif dado.TasaImp not in (None, correcto.TasaImp):
            yield Codigo.NO_CUADRA.falla(f"{ruta}.TasaImp", dado=dado.TasaImp, calculado=correcto.TasaImp)
    for codigo in bases:
        if codigo not in calculados and find_impuesto(codigo).tasa is None:
            yield Codigo.IMPUESTO_SIN_MONTO.falla(f"{RUTA}.ImptoReten", impuesto=codigo)

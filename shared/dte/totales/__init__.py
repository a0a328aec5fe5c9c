"""The sums at the foot of a document, from its lines: exact decimals, every rounding half away from zero.

Formato DTE v2.5 and Formato Boletas Electrónicas v4.2, "Totales". Factura: net amounts, and the IVA on top by rate.
Boleta: the price that was charged is the total, and the IVA is what remains of it after the net amount. Liquidación:
the factura's sums with a sign, less commissions. Export: one exempt sum in its own currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.dte.codigos import Codigo
from shared.dte.grupos import Grupos, sum_venta
from shared.dte.impuestos import TASA_IVA
from shared.dte.lineas import Linea, MontosLinea, compute_linea, moneda_of
from shared.dte.modelo import Boleta, Exportacion, Factura, Liquidacion, Totales, Venta
from shared.dte.modelo.nodo import Nodo
from shared.dte.totales.boleta import compute_boleta
from shared.dte.totales.exportacion import check_otra_moneda, compute_exportacion
from shared.dte.totales.factura import check_factura, compute_factura
from shared.dte.totales.impuestos import check_impuestos
from shared.dte.totales.liquidacion import compute_liquidacion
from shared.errors import Falla

RUTA = "Encabezado.Totales"


@dataclass(frozen=True, slots=True)
class Cuenta:
    """A sale added up: what follows from each of its lines, the sums of its groups, its totals."""

    lineas: Sequence[MontosLinea]
    grupos: Grupos
    totales: Totales


def compute_cuenta(venta: Venta) -> Cuenta:
    """The sale added up. What does not follow from the lines (credits, balances) is taken as given."""
    detalle: Sequence[Linea] = venta.Detalle
    lineas = [compute_linea(linea) for linea in detalle]
    grupos = sum_venta(venta, lineas)
    return Cuenta(lineas, grupos, _compute(venta, grupos))


def check_totales(venta: Venta, cuenta: Cuenta) -> Iterator[Falla]:
    """What the sale states and its arithmetic denies, and sums that no document may have."""
    calculado, dado = cuenta.totales, venta.Encabezado.Totales
    moneda = moneda_of(venta.Detalle[0])
    for campo in ("MntNeto", "MntExe", "MntTotal"):
        yield from moneda.check(f"{RUTA}.{campo}", getattr(calculado, campo, None) or 0)
    if dado is not None:
        yield from _differences(dado, calculado, RUTA)
    if isinstance(venta, Factura | Liquidacion):
        dados = venta.Encabezado.Totales.ImptoReten if venta.Encabezado.Totales is not None else ()
        yield from check_impuestos(dados, cuenta.grupos.bases, f"{RUTA}.ImptoReten")
        yield from check_factura(calculado, RUTA)
    elif isinstance(venta, Exportacion):
        yield from check_otra_moneda(venta, cuenta.grupos)


def _compute(venta: Venta, grupos: Grupos) -> Totales:
    match venta:
        case Factura():
            return compute_factura(venta, grupos)
        case Liquidacion():
            return compute_liquidacion(venta, grupos)
        case Exportacion():
            return compute_exportacion(venta, grupos)
        case Boleta():
            return compute_boleta(venta, grupos)


def _differences(dado: Nodo, calculado: Nodo | None, ruta: str) -> Iterator[Falla]:
    """Given amounts that are not the computed ones; taxes are compared one by one elsewhere."""
    for campo in type(dado).model_fields:
        valor, correcto = getattr(dado, campo), getattr(calculado, campo, None)
        if campo == "TasaIVA" and correcto is None and valor == TASA_IVA:
            continue  # the rate of nothing is no difference
        if isinstance(valor, Nodo):
            yield from _differences(valor, correcto, f"{ruta}.{campo}")
        elif campo != "ImptoReten" and valor is not None and valor != (correcto or 0):
            yield Codigo.NO_CUADRA.falla(f"{ruta}.{campo}", dado=valor, calculado=correcto or 0)

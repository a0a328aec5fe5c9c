"""The amount of one line: quantity by price, less its discount, plus its surcharge, in the document's currency.

Formato DTE v2.5, zone B. An export's lines have four decimals; those of a liquidación-factura may be negative.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from shared.dte.codigos import Codigo
from shared.dte.modelo.boleta import DetalleBoleta
from shared.dte.modelo.detalle import DetalleFactura
from shared.dte.modelo.exportacion import DetalleExportacion
from shared.dte.modelo.liquidacion import DetalleLiquidacion
from shared.dte.moneda import DIVISA, EXACTO, PESOS, PESOS_CON_SIGNO, Moneda, Numero
from shared.errors import Falla

LineaConDescuento = DetalleFactura | DetalleBoleta | DetalleExportacion
Linea = LineaConDescuento | DetalleLiquidacion

_UNO = Decimal(1)
_MONEDAS: Mapping[type[Linea], Moneda] = {
    DetalleFactura: PESOS,
    DetalleBoleta: PESOS,
    DetalleLiquidacion: PESOS_CON_SIGNO,
    DetalleExportacion: DIVISA,
}


def moneda_of(linea: Linea) -> Moneda:
    """How this line's amounts are rounded."""
    return _MONEDAS[type(linea)]


class MontosLinea(NamedTuple):
    """What follows from a line's price."""

    descuento: Numero
    recargo: Numero
    monto: Numero


_CALCULADOS = ("DescuentoMonto", "RecargoMonto", "MontoItem")
"""Where a document says them."""


def compute_linea(linea: Linea) -> MontosLinea:
    """The line's amounts. A line without a price has the amount that it states."""
    if isinstance(linea, DetalleLiquidacion):
        return MontosLinea(0, 0, _liquidado(linea))
    if linea.PrcItem is None:
        return MontosLinea(linea.DescuentoMonto or 0, linea.RecargoMonto or 0, linea.MontoItem or 0)
    bruto = _bruto(linea, linea.PrcItem)
    if not _is_adjusted(linea):
        return MontosLinea(0, 0, bruto)
    descuento = _adjustment(linea, bruto, linea.DescuentoPct, linea.DescuentoMonto, _sub_descuentos(linea))
    recargo = _adjustment(linea, bruto, linea.RecargoPct, linea.RecargoMonto, _sub_recargos(linea))
    return MontosLinea(descuento, recargo, moneda_of(linea).round(bruto - descuento + recargo))


def check_linea(linea: Linea, montos: MontosLinea, ruta: str) -> Iterator[Falla]:
    """What the line states and its own arithmetic, `montos`, denies."""
    yield from moneda_of(linea).check(f"{ruta}.MontoItem", montos.monto)
    if linea.PrcItem is not None:
        for campo, calculado in zip(_CALCULADOS, montos, strict=True):
            dado = getattr(linea, campo, None)
            if dado is not None and dado != calculado:
                yield Codigo.NO_CUADRA.falla(f"{ruta}.{campo}", dado=dado, calculado=calculado)


def complete_linea(linea: Linea, montos: MontosLinea, numero: int) -> Linea:
    """The line with its number and amounts written, and without the zeros that the schema refuses."""
    hecho: dict[str, object] = {
        "NroLinDet": numero,
        "QtyItem": linea.QtyItem or (_UNO if linea.PrcItem else None),
        "PrcItem": linea.PrcItem or None,
        "MontoItem": montos.monto,
    }
    if isinstance(linea, DetalleExportacion):
        hecho["IndExe"] = linea.IndExe or 1
    if not isinstance(linea, DetalleLiquidacion):
        hecho |= {
            "DescuentoPct": linea.DescuentoPct or None,
            "DescuentoMonto": _writable(montos.descuento),
            "RecargoPct": linea.RecargoPct or None,
            "RecargoMonto": _writable(montos.recargo),
        }
    return linea.model_copy(update=hecho)


def _bruto(linea: Linea, precio: Decimal) -> Numero:
    return moneda_of(linea).round(EXACTO.multiply(linea.QtyItem or _UNO, precio))


def _is_adjusted(linea: LineaConDescuento) -> bool:
    """Whether the line has a discount or a surcharge; most have none."""
    return bool(
        linea.DescuentoPct
        or linea.DescuentoMonto
        or linea.RecargoPct
        or linea.RecargoMonto
        or _sub_descuentos(linea)
        or _sub_recargos(linea)
    )


def _liquidado(linea: DetalleLiquidacion) -> Numero:
    """Quantity by price with the sign of the stated amount: prices have none, and credit notes are settled too."""
    if linea.PrcItem is None:
        return linea.MontoItem or 0
    bruto = _bruto(linea, linea.PrcItem)
    return -bruto if (linea.MontoItem or 0) < 0 else bruto


def _writable(ajuste: Numero) -> int | None:
    """A discount or surcharge as `MntImpType` holds it: whole and not zero. An export's other ones show as a rate."""
    return int(ajuste) if ajuste and ajuste == int(ajuste) else None


def _adjustment(
    linea: LineaConDescuento,
    bruto: Numero,
    tasa: Decimal | None,
    dado: int | None,
    partes: Sequence[tuple[str, Decimal]],
) -> Numero:
    """A discount or surcharge: by its rate, else the sum of its parts, else the given amount.

    An export may state a rate's amount in whole units only, so there the stated one is the one that counts.
    """
    moneda = moneda_of(linea)
    if tasa:
        por_tasa = moneda.percent(bruto, tasa)
        return dado if dado and moneda.decimales and -1 < dado - por_tasa < 1 else por_tasa
    if partes:
        return sum(moneda.percent(bruto, valor) if tipo == "%" else moneda.round(valor) for tipo, valor in partes)
    return dado or 0


def _sub_descuentos(linea: LineaConDescuento) -> Sequence[tuple[str, Decimal]]:
    if isinstance(linea, DetalleBoleta):
        return ()
    return [(parte.TipoDscto, parte.ValorDscto) for parte in linea.SubDscto]


def _sub_recargos(linea: LineaConDescuento) -> Sequence[tuple[str, Decimal]]:
    if isinstance(linea, DetalleBoleta):
        return ()
    return [(parte.TipoRecargo, parte.ValorRecargo) for parte in linea.SubRecargo]

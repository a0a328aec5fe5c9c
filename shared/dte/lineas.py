"""The amount of one line: quantity by price, less its discount, plus its surcharge, in whole pesos.

Formato DTE v2.5, zone B. Every rounding is half away from zero, as people on both sides of a counter round.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from shared.dte.codigos import Codigo
from shared.dte.modelo.boleta import DetalleBoleta
from shared.dte.modelo.detalle import DetalleFactura
from shared.errors import Falla

Linea = DetalleFactura | DetalleBoleta

MAX_MONTO = 10**18 - 1
"""The schema's amounts have 18 digits."""

_EXACTO = Context(prec=60, rounding=ROUND_HALF_UP)
"""Room for quantity by price, 18 digits each, without a rounding on the way."""
_PESO = Decimal(1)
_CIEN = Decimal(100)


def to_pesos(monto: Decimal) -> int:
    """The amount in whole pesos, half away from zero."""
    return int(monto.quantize(_PESO, context=_EXACTO))


def percent_of(monto: int, tasa: Decimal) -> int:
    """`tasa` per cent of an amount, in whole pesos."""
    return to_pesos(_EXACTO.divide(_EXACTO.multiply(Decimal(monto), tasa), _CIEN))


@dataclass(frozen=True, slots=True)
class MontosLinea:
    """What follows from a line's price; all in pesos."""

    descuento: int
    recargo: int
    monto: int


def compute_linea(linea: Linea) -> MontosLinea:
    """The line's amounts. A line without a price has the amount that it states."""
    if linea.PrcItem is None:
        return MontosLinea(linea.DescuentoMonto or 0, linea.RecargoMonto or 0, linea.MontoItem or 0)
    bruto = to_pesos(_EXACTO.multiply(linea.QtyItem or _PESO, linea.PrcItem))
    descuento = _adjustment(bruto, linea.DescuentoPct, linea.DescuentoMonto, _sub_descuentos(linea))
    recargo = _adjustment(bruto, linea.RecargoPct, linea.RecargoMonto, _sub_recargos(linea))
    return MontosLinea(descuento, recargo, bruto - descuento + recargo)


def check_linea(linea: Linea, ruta: str) -> Iterator[Falla]:
    """What the line states and its own arithmetic denies."""
    montos = compute_linea(linea)
    if linea.PrcItem is None and linea.MontoItem is None:
        yield Codigo.LINEA_SIN_MONTO.falla(ruta)
    yield from check_monto(f"{ruta}.MontoItem", montos.monto)
    if linea.PrcItem is not None:
        calculados = {
            "DescuentoMonto": montos.descuento,
            "RecargoMonto": montos.recargo,
            "MontoItem": montos.monto,
        }
        for campo, calculado in calculados.items():
            dado = getattr(linea, campo)
            if dado is not None and dado != calculado:
                yield Codigo.NO_CUADRA.falla(f"{ruta}.{campo}", dado=dado, calculado=calculado)


def check_monto(ruta: str, monto: int) -> Iterator[Falla]:
    """A computed amount that the schema has no room for."""
    if monto < 0:
        yield Codigo.MONTO_NEGATIVO.falla(ruta, calculado=monto)
    if monto > MAX_MONTO:
        yield Codigo.RANGO.falla(ruta, esperado="un monto de hasta 18 dígitos", dado=monto)


def complete_linea(linea: Linea, numero: int) -> Linea:
    """The line with its number and amounts written, and without the zeros that the schema refuses."""
    montos = compute_linea(linea)
    return linea.model_copy(
        update={
            "NroLinDet": numero,
            "QtyItem": linea.QtyItem or (_PESO if linea.PrcItem else None),
            "PrcItem": linea.PrcItem or None,
            "DescuentoPct": linea.DescuentoPct or None,
            "DescuentoMonto": montos.descuento or None,
            "RecargoPct": linea.RecargoPct or None,
            "RecargoMonto": montos.recargo or None,
            "MontoItem": montos.monto,
        }
    )


def _adjustment(bruto: int, tasa: Decimal | None, dado: int | None, partes: Sequence[tuple[str, Decimal]]) -> int:
    """A discount or surcharge in pesos: by its rate, else the sum of its parts, else the given amount."""
    if tasa:
        return percent_of(bruto, tasa)
    if partes:
        return sum(percent_of(bruto, valor) if tipo == "%" else to_pesos(valor) for tipo, valor in partes)
    return dado or 0


def _sub_descuentos(linea: Linea) -> Sequence[tuple[str, Decimal]]:
    if isinstance(linea, DetalleBoleta):
        return ()
    return [(parte.TipoDscto, parte.ValorDscto) for parte in linea.SubDscto]


def _sub_recargos(linea: Linea) -> Sequence[tuple[str, Decimal]]:
    if isinstance(linea, DetalleBoleta):
        return ()
    return [(parte.TipoRecargo, parte.ValorRecargo) for parte in linea.SubRecargo]

"""Does the document add up? Its lines by their prices, and its totals by its lines.

Others round where we do not: unit prices that were rounded after the amount was computed, and the IVA of a boleta by
rate or by subtraction. So a line may differ by what the last decimal of its price is worth, and a total by a peso.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from lxml import etree

from shared.dte.codigos import Codigo
from shared.dte.lineas import Linea, compute_linea
from shared.dte.modelo import Venta
from shared.dte.relectura import read_cuerpo
from shared.dte.totales import RUTA, compute_cuenta
from shared.dte.verificador.resultado import Control
from shared.errors import Falla, Invalid

NOMBRE = "aritmetica"
_UN_PESO = 1
_MEDIO = Decimal("0.5")


def check_aritmetica(cuerpo: etree._Element) -> Control:
    """The totals recomputed, with every difference; no_aplica when the document cannot be read into its model."""
    try:
        venta = read_cuerpo(cuerpo)
        fallas = [*_check_lineas(venta.Detalle), *_check_totales(venta)]
    except Invalid as error:
        return Control.no_aplica(NOMBRE, f"no se pudo recalcular: {error.fallas[0]}")
    return Control.falla(NOMBRE, fallas) if fallas else Control.ok(NOMBRE, "los totales corresponden a las líneas")


def _check_lineas(lineas: Sequence[Linea]) -> Iterator[Falla]:
    for posicion, linea in enumerate(lineas):
        calculado = compute_linea(linea).monto
        if linea.MontoItem is not None and abs(Decimal(linea.MontoItem) - calculado) > _tolerance(linea):
            yield Codigo.NO_CUADRA.falla(f"Detalle[{posicion}].MontoItem", dado=linea.MontoItem, calculado=calculado)


def _tolerance(linea: Linea) -> Decimal:
    """What a price that was rounded to the decimals that are written can be wrong by, and a peso."""
    if linea.PrcItem is None:
        return Decimal(_UN_PESO)
    decimales = -int(linea.PrcItem.as_tuple().exponent)
    return (linea.QtyItem or Decimal(1)) * _MEDIO.scaleb(-decimales) + _UN_PESO


def _check_totales(venta: Venta) -> Iterator[Falla]:
    """Totals against the lines' amounts as they are written."""
    detalle: Sequence[Linea] = venta.Detalle
    escritas = tuple(_as_written(linea) for linea in detalle)
    dado, calculado = venta.Encabezado.Totales, compute_cuenta(venta.model_copy(update={"Detalle": escritas})).totales
    for campo, valor in dado or ():
        tasa_de_nada = campo == "TasaIVA" and getattr(calculado, campo) is None
        if isinstance(valor, int | Decimal) and not tasa_de_nada:
            correcto = getattr(calculado, campo) or 0
            if abs(Decimal(valor) - correcto) > _UN_PESO:
                yield Codigo.NO_CUADRA.falla(f"{RUTA}.{campo}", dado=valor, calculado=correcto)


def _as_written(linea: Linea) -> Linea:
    return linea if linea.MontoItem is None else linea.model_copy(update={"PrcItem": None})

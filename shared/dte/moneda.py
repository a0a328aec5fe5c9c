"""How the amounts of a document are rounded, and which of them its schema has room for.

Every rounding is half away from zero, as people on both sides of a counter round. Formato DTE v2.5, "Formato de los
datos": pesos are whole; exports have four decimals of their own currency.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from shared.dte.codigos import Codigo
from shared.errors import Falla

Numero = int | Decimal
"""An amount: whole pesos are `int`, foreign currency is `Decimal`."""

EXACTO = Context(prec=60, rounding=ROUND_HALF_UP)
"""Room for quantity by price, 18 digits each, without a rounding on the way."""
_PESO = Decimal(1)
_CIEN = Decimal(100)


def to_pesos(monto: Numero) -> int:
    """The amount in whole pesos, half away from zero."""
    return monto if isinstance(monto, int) else int(monto.quantize(_PESO, context=EXACTO))


def percent_of(monto: Numero, tasa: Decimal) -> int:
    """`tasa` per cent of an amount, in whole pesos."""
    return to_pesos(_percent(monto, tasa))


@dataclass(frozen=True, slots=True)
class Moneda:
    """The decimals of a document's amounts, and the least and the greatest of them."""

    decimales: int
    minimo: Decimal
    maximo: Decimal

    def round(self, monto: Numero) -> Numero:
        """The amount with this currency's decimals, half away from zero; without zeros at its end."""
        if not self.decimales:
            return to_pesos(monto)
        redondo = Decimal(monto).quantize(Decimal(1).scaleb(-self.decimales), context=EXACTO)
        entero = redondo.to_integral_value()
        return entero if redondo == entero else redondo.normalize(EXACTO)

    def percent(self, monto: Numero, tasa: Decimal) -> Numero:
        """`tasa` per cent of an amount."""
        return self.round(_percent(monto, tasa))

    def check(self, ruta: str, monto: Numero) -> Iterator[Falla]:
        """A computed amount that the schema has no room for."""
        if monto < self.minimo:
            codigo = Codigo.RANGO if self.minimo else Codigo.MONTO_NEGATIVO
            yield codigo.falla(ruta, calculado=monto, dado=monto, esperado=f"{self.minimo:f} o más")
        elif monto > self.maximo:
            enteros = self.maximo.adjusted() + 1
            yield Codigo.RANGO.falla(ruta, esperado=f"un monto de hasta {enteros} dígitos", dado=monto)


_MAXIMO = Decimal(10**18 - 1)
PESOS = Moneda(0, Decimal(0), _MAXIMO)
"""MontoType."""
PESOS_CON_SIGNO = Moneda(0, -_MAXIMO, _MAXIMO)
"""ValorType: the liquidación-factura."""
DIVISA = Moneda(4, Decimal(0), Decimal("99999999999999.9999"))
"""The amounts of Exportaciones."""


def _percent(monto: Numero, tasa: Decimal) -> Decimal:
    return EXACTO.divide(EXACTO.multiply(Decimal(monto), tasa), _CIEN)

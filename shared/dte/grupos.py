"""The lines of a sale added up by what the tax law makes of them, and the global discounts that move those sums.

Formato DTE v2.5, zones B and C.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.dte.codigos import Codigo
from shared.dte.lineas import Linea, MontosLinea, moneda_of
from shared.dte.modelo import Exportacion, Liquidacion, Venta
from shared.dte.modelo.boleta import DescuentoGlobalBoleta, DetalleBoleta
from shared.dte.modelo.exportacion import DetalleExportacion
from shared.dte.modelo.factura import DescuentoGlobalFactura
from shared.dte.moneda import Moneda, Numero
from shared.errors import Falla

DescuentoGlobal = DescuentoGlobalFactura | DescuentoGlobalBoleta

EXENTO = 1
"""`IndExe` and `IndExeDR` of what pays no IVA."""


_NO_FACTURABLE, _GARANTIA, _MENOS = 2, 3, 6
"""`IndExe` of what is shown and not billed, of deposits on containers, and of what is taken off the first."""


@dataclass(frozen=True, slots=True)
class Grupos:
    """Sums. `bases` holds the part of `afecto` that each additional tax is charged on, by its code."""

    afecto: Numero
    exento: Numero
    no_facturable: Numero
    garantia: Numero
    bases: Mapping[str, Numero]


def grupo_of(linea: Linea) -> int | None:
    """The line's `IndExe`; None when IVA is charged on it. Everything exported is exempt."""
    return linea.IndExe or (EXENTO if type(linea) is DetalleExportacion else None)


def is_afecta(linea: Linea) -> bool:
    """Whether IVA is charged on the line."""
    return grupo_of(linea) is None


def sum_venta(venta: Venta, montos: Sequence[MontosLinea]) -> Grupos:
    """The groups of a sale with these amounts on its lines, its global discounts and surcharges included."""
    return _apply_globales(sum_lineas(venta.Detalle, montos), globales_of(venta), moneda_of(venta.Detalle[0]))


def globales_of(venta: Venta) -> Sequence[DescuentoGlobal]:
    """The global discounts and surcharges; a liquidación-factura has none. Those of an export are on what is exempt."""
    if isinstance(venta, Liquidacion):
        return ()
    if isinstance(venta, Exportacion):
        return [uno.model_copy(update={"IndExeDR": uno.IndExeDR or EXENTO}) for uno in venta.DscRcgGlobal]
    return venta.DscRcgGlobal


def sum_lineas(lineas: Sequence[Linea], montos: Sequence[MontosLinea]) -> Grupos:
    """The lines' amounts by group: `IndExe` absent, 1, 2 less 6, and 3. Lines 4 (not sold) and 5 count nowhere."""
    sumas: dict[int | None, Numero] = {}
    bases: dict[str, Numero] = {}
    for linea, (*_, monto) in zip(lineas, montos, strict=True):
        grupo = grupo_of(linea)
        sumas[grupo] = sumas.get(grupo, 0) + monto
        for codigo in _impuestos(linea):
            bases[codigo] = bases.get(codigo, 0) + monto
    afecto, exento, garantia = (sumas.get(grupo, 0) for grupo in (None, EXENTO, _GARANTIA))
    return Grupos(afecto, exento, sumas.get(_NO_FACTURABLE, 0) - sumas.get(_MENOS, 0), garantia, bases)


def _apply_globales(grupos: Grupos, globales: Sequence[DescuentoGlobal], moneda: Moneda) -> Grupos:
    """The groups after each global discount or surcharge, one after the other, each rounded."""
    for descuento in globales:
        move = _mover(descuento, moneda)
        if descuento.IndExeDR is None:
            bases = {codigo: move(base) for codigo, base in grupos.bases.items()}
            grupos = replace(grupos, afecto=move(grupos.afecto), bases=bases)
        elif descuento.IndExeDR == EXENTO:
            grupos = replace(grupos, exento=move(grupos.exento))
        else:
            grupos = replace(grupos, no_facturable=move(grupos.no_facturable))
    return grupos


def check_globales(venta: Venta) -> Iterator[Falla]:
    """Discounts on a group that has no lines, and amounts that nobody can divide among different taxes."""
    globales = globales_of(venta)
    if not globales:
        return
    lineas: Sequence[Linea] = venta.Detalle
    grupos = {grupo_of(linea) for linea in lineas}
    mezcla = len({_impuestos(linea) for linea in lineas if is_afecta(linea)}) > 1
    for posicion, descuento in enumerate(globales):
        if descuento.IndExeDR is None and None not in grupos:
            yield Codigo.DESCUENTO_SIN_GRUPO.falla(f"DscRcgGlobal[{posicion}].IndExeDR")
        if mezcla and descuento.TpoValor == "$" and descuento.IndExeDR is None:
            yield Codigo.DESCUENTO_MIXTO.falla(f"DscRcgGlobal[{posicion}].ValorDR")


def _impuestos(linea: Linea) -> tuple[str, ...]:
    if isinstance(linea, DetalleBoleta | DetalleExportacion) or not is_afecta(linea):
        return ()
    return linea.CodImpAdic


def _mover(descuento: DescuentoGlobal, moneda: Moneda) -> Callable[[Numero], Numero]:
    signo = -1 if descuento.TpoMov == "D" else 1
    valor = descuento.ValorDR
    if descuento.TpoValor == "%":
        return lambda monto: moneda.round(monto + signo * moneda.percent(monto, valor))
    return lambda monto: moneda.round(monto + signo * moneda.round(valor))

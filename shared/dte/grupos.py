"""The lines of a sale added up by what the tax law makes of them, and the global discounts that move those sums.

Formato DTE v2.5, zones B and C.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.dte.codigos import Codigo
from shared.dte.lineas import Linea, compute_linea, percent_of, to_pesos
from shared.dte.modelo.boleta import DescuentoGlobalBoleta, DetalleBoleta
from shared.dte.modelo.factura import DescuentoGlobalFactura
from shared.errors import Falla

DescuentoGlobal = DescuentoGlobalFactura | DescuentoGlobalBoleta


@dataclass(frozen=True, slots=True)
class Grupos:
    """Sums in pesos. `bases` holds the part of `afecto` that each additional tax is charged on, by its code."""

    afecto: int
    exento: int
    no_facturable: int
    garantia: int
    bases: Mapping[str, int]


def is_afecta(linea: Linea) -> bool:
    """Whether IVA is charged on the line."""
    return linea.IndExe is None


def sum_lineas(lineas: Sequence[Linea]) -> Grupos:
    """The lines' amounts by group: `IndExe` absent, 1, 2 less 6, and 3. Lines 4 (not sold) and 5 count nowhere."""
    montos = [(linea, compute_linea(linea).monto) for linea in lineas]

    def total(ind_exe: int | None) -> int:
        return sum(monto for linea, monto in montos if linea.IndExe == ind_exe)

    bases: dict[str, int] = {}
    for linea, monto in montos:
        for codigo in _impuestos(linea):
            bases[codigo] = bases.get(codigo, 0) + monto
    return Grupos(total(None), total(1), total(2) - total(6), total(3), bases)


def apply_globales(grupos: Grupos, globales: Sequence[DescuentoGlobal]) -> Grupos:
    """The groups after each global discount or surcharge, one after the other, each rounded to pesos."""
    for descuento in globales:
        move = _mover(descuento)
        if descuento.IndExeDR is None:
            bases = {codigo: move(base) for codigo, base in grupos.bases.items()}
            grupos = replace(grupos, afecto=move(grupos.afecto), bases=bases)
        elif descuento.IndExeDR == 1:
            grupos = replace(grupos, exento=move(grupos.exento))
        else:
            grupos = replace(grupos, no_facturable=move(grupos.no_facturable))
    return grupos


def check_globales(lineas: Sequence[Linea], globales: Sequence[DescuentoGlobal]) -> Iterator[Falla]:
    """Amounts in pesos that nobody can divide: lines with different additional taxes share no common base."""
    mezcla = len({_impuestos(linea) for linea in lineas if is_afecta(linea)}) > 1
    for posicion, descuento in enumerate(globales):
        if mezcla and descuento.TpoValor == "$" and descuento.IndExeDR is None:
            yield Codigo.DESCUENTO_MIXTO.falla(f"DscRcgGlobal[{posicion}].ValorDR")


def _impuestos(linea: Linea) -> tuple[str, ...]:
    return () if isinstance(linea, DetalleBoleta) or not is_afecta(linea) else linea.CodImpAdic


def _mover(descuento: DescuentoGlobal) -> Callable[[int], int]:
    signo = -1 if descuento.TpoMov == "D" else 1
    valor = descuento.ValorDR
    if descuento.TpoValor == "%":
        return lambda monto: monto + signo * percent_of(monto, valor)
    return lambda monto: monto + signo * to_pesos(valor)

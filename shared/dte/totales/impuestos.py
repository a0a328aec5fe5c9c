"""Rows of additional taxes and withholdings: by their rate from the lines' bases, or as the seller states them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from shared.dte.codigos import Codigo
from shared.dte.impuestos import Efecto, find_impuesto
from shared.dte.modelo.montos import ImpuestoLiquidacion, ImpuestoRetenido
from shared.dte.moneda import Numero, percent_of
from shared.errors import Falla

Fila = ImpuestoRetenido | ImpuestoLiquidacion


def compute_impuestos(bases: Mapping[str, Numero], dados: Sequence[Fila]) -> Iterator[Fila]:
    """One row for each additional tax of the lines: by its rate, or as stated where it has none.

    Not validated here: an amount beyond the schema is told as a fault of the sums, with its path.
    """
    for codigo, base in bases.items():
        tasa = find_impuesto(codigo).tasa
        if tasa is None:
            yield from (dado for dado in dados if dado.TipoImp == codigo)
        elif tasa:
            yield ImpuestoRetenido.model_construct(TipoImp=codigo, TasaImp=tasa, MontoImp=percent_of(base, tasa))


def sum_impuestos(filas: Sequence[Fila]) -> int:
    """What they add to the total, withholdings taken off."""
    return sum(find_impuesto(fila.TipoImp).efecto * fila.MontoImp for fila in filas)


def sum_iva_retenido(filas: Sequence[Fila]) -> int:
    """The part of the IVA that the buyer keeps."""
    retenciones = (fila for fila in filas if find_impuesto(fila.TipoImp).efecto is Efecto.RESTA)
    return sum(fila.MontoImp for fila in retenciones if fila.TipoImp not in _NO_SON_IVA)


_NO_SON_IVA = frozenset({"53"})
"""Withheld for the income tax."""


def check_impuestos(dados: Sequence[Fila], bases: Mapping[str, Numero], ruta_lista: str) -> Iterator[Falla]:
    """Stated rows that the lines deny, and lines whose tax has no rate and no stated amount."""
    calculados = {impuesto.TipoImp: impuesto for impuesto in compute_impuestos(bases, dados)}
    for posicion, dado in enumerate(dados):
        ruta = f"{ruta_lista}[{posicion}]"
        correcto = calculados.get(dado.TipoImp)
        if correcto is None:
            yield Codigo.IMPUESTO_AJENO.falla(f"{ruta}.TipoImp", impuesto=dado.TipoImp)
        elif dado.MontoImp != correcto.MontoImp:
            yield Codigo.NO_CUADRA.falla(f"{ruta}.MontoImp", dado=dado.MontoImp, calculado=correcto.MontoImp)
        elif dado.TasaImp not in (None, correcto.TasaImp):
            yield Codigo.NO_CUADRA.falla(f"{ruta}.TasaImp", dado=dado.TasaImp, calculado=correcto.TasaImp)
    for codigo in bases:
        if codigo not in calculados and find_impuesto(codigo).tasa is None:
            yield Codigo.IMPUESTO_SIN_MONTO.falla(ruta_lista, impuesto=codigo)

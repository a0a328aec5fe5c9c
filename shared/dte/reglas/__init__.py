"""What the SII would reject although the schema allows it, found before a folio is spent.

A rule is a function from a sale to the faults it finds; `REGLAS` says which document obeys which. Sources: Formato DTE
v2.5, Formato Boletas Electrónicas v4.2, and the SII's own error codes (REF-3-415, REF-3-758). What it only objects to
is told by `advertencias`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared.dte.modelo import Boleta, Venta
from shared.dte.reglas.boleta import check_espectaculo, check_servicio, check_uf
from shared.dte.reglas.compra import check_retenciones
from shared.dte.reglas.comunes import (
    NUMERADAS,
    check_algo_afecto,
    check_bruto,
    check_folio,
    check_lineas,
    check_nada_afecto,
    check_numeracion,
    check_periodo,
)
from shared.dte.reglas.guia import check_traslado
from shared.dte.reglas.receptor import check_exportacion, check_origen, check_receptor, check_turista
from shared.dte.reglas.referencias import check_nota, check_referencias
from shared.dte.tipos import TipoDte
from shared.dte.totales import Cuenta, check_totales
from shared.errors import Falla

__all__ = ["NUMERADAS", "REGLAS", "Regla", "check_venta"]

Regla = Callable[[Any], Iterator[Falla]]
"""Takes the body that it is listed for."""

_SIEMPRE: Sequence[Regla] = (check_folio, check_numeracion, check_periodo)
_FACTURA: Sequence[Regla] = (*_SIEMPRE, check_bruto, check_referencias, check_turista)
_EXPORTACION: Sequence[Regla] = (*_SIEMPRE, check_referencias, check_exportacion)

REGLAS: Mapping[TipoDte, Sequence[Regla]] = {
    TipoDte.FACTURA: (*_FACTURA, check_algo_afecto, check_receptor),
    TipoDte.FACTURA_EXENTA: (*_FACTURA, check_nada_afecto, check_receptor),
    TipoDte.BOLETA: (*_SIEMPRE, check_algo_afecto, check_servicio, check_espectaculo),
    TipoDte.BOLETA_EXENTA: (*_SIEMPRE, check_nada_afecto, check_servicio, check_espectaculo),
    TipoDte.LIQUIDACION: (*_SIEMPRE, check_bruto, check_referencias, check_origen),
    TipoDte.FACTURA_COMPRA: (*_FACTURA, check_receptor, check_retenciones),
    TipoDte.GUIA: (*_FACTURA, check_traslado),
    TipoDte.NOTA_DEBITO: (*_FACTURA, check_nota),
    TipoDte.NOTA_CREDITO: (*_FACTURA, check_nota),
    TipoDte.EXPORTACION: _EXPORTACION,
    TipoDte.EXPORTACION_DEBITO: (*_EXPORTACION, check_nota),
    TipoDte.EXPORTACION_CREDITO: (*_EXPORTACION, check_nota),
}


def check_venta(venta: Venta, cuenta: Cuenta, *, uf: Decimal | None = None) -> Iterator[Falla]:
    """Every fault of the sale that its lines' shape does not show; `cuenta` is the sale added up.

    `uf` is the value in pesos of the unidad de fomento on the day of issue: without it nobody can tell which boletas
    are beyond 135 UF, and those are not checked.
    """
    for regla in REGLAS[venta.Encabezado.IdDoc.TipoDTE]:
        yield from regla(venta)
    yield from check_lineas(venta, cuenta)
    yield from check_totales(venta, cuenta)
    if uf is not None and isinstance(venta, Boleta):
        yield from check_uf(venta, cuenta, uf)

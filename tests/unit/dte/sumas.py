"""What the tests of the arithmetic have in common: a sale made complete, its sums, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.dte.documento import complete_venta
from shared.dte.modelo import Totales, Venta, parse_venta
from shared.errors import Invalid
from tests import dte_data
from tests.ventas import Datos

Builder = Callable[..., dict[str, Any]]


def complete(datos: Datos) -> Venta:
    return complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)


def totals(datos: Datos) -> dict[str, Any]:
    """The computed totals, without what is absent; decimals as strings."""
    calculados: Totales | None = complete(datos).Encabezado.Totales
    assert calculados is not None
    return {campo: valor for campo, valor in calculados.model_dump(mode="json").items() if valor not in (None, [])}


def exact_totals(datos: Datos) -> dict[str, Any]:
    """The computed amounts as they are: without rates and currencies."""
    calculados = complete(datos).Encabezado.Totales
    assert calculados is not None
    presentes = calculados.model_dump(exclude_none=True, exclude={"TasaIVA", "TpoMoneda"})
    return {campo: valor for campo, valor in presentes.items() if valor != ()}


def messages(datos: Datos) -> str:
    with pytest.raises(Invalid) as caught:
        complete(datos)
    return str(caught.value)


def faults(datos: Datos) -> list[tuple[str, str]]:
    """Path and number of every fault."""
    with pytest.raises(Invalid) as caught:
        complete(datos)
    return [(falla.ruta, falla.codigo.removeprefix("POSTA-DTE-")) for falla in caught.value.fallas]


def linea(**campos: Any) -> Datos:
    return {"NmbItem": "Ítem", "QtyItem": 1, "PrcItem": 1000, **campos}


def liquidada(monto: int, **campos: Any) -> Datos:
    return {"TpoDocLiq": "33", "NmbItem": "Facturas", "MontoItem": monto, **campos}


def comision(neto: int, exento: int = 0, **campos: Any) -> Datos:
    return {"TipoMovim": "C", "Glosa": "Comisión", "ValComNeto": neto, "ValComExe": exento, **campos}

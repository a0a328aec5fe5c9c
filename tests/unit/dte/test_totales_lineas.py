"""What one line costs: quantity by price, discounts and surcharges, and what its schema can hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from shared.errors import Invalid
from tests.dte_data import venta_boleta, venta_factura
from tests.unit.dte.sumas import Builder, complete, faults, linea

LINES = {
    "quantity by price, rounded half up": (linea(QtyItem="0.5", PrcItem=1001), 501),
    "no quantity means one": ({"NmbItem": "Ítem", "PrcItem": 990}, 990),
    "no price takes the stated amount": ({"NmbItem": "Ítem", "MontoItem": 700}, 700),
    "price zero is a gift": (linea(PrcItem=0), 0),
    "discount by rate": (linea(QtyItem=5, PrcItem=25000, DescuentoPct=10), 112500),
    "discount of a rounded amount, rounded": (linea(QtyItem="1.5", PrcItem=333, DescuentoPct="12.5"), 437),
    "discount in pesos": (linea(DescuentoMonto=1), 999),
    "surcharge by rate": (linea(RecargoPct=5), 1050),
    "surcharge in pesos": (linea(RecargoMonto=7), 1007),
    "both": (linea(DescuentoPct=10, RecargoMonto=50), 950),
    "zeros mean none": (linea(DescuentoPct=0, DescuentoMonto=0, RecargoPct=0, RecargoMonto=0), 1000),
}


@pytest.mark.parametrize("case", LINES.values(), ids=LINES.keys())
@pytest.mark.parametrize("venta", [venta_boleta, venta_factura])
def test_a_line_costs_what_its_numbers_say(venta: Builder, case: tuple[dict[str, Any], int]) -> None:
    datos, esperado = case
    completa = complete(venta(Detalle=[datos, linea()]))
    assert completa.Detalle[0].MontoItem == esperado


def test_a_line_is_written_with_what_follows_from_it_and_without_zeros() -> None:
    lineas: tuple[Any, ...] = complete(
        venta_factura(
            Detalle=[
                {"NmbItem": "x", "PrcItem": 990, "DescuentoPct": 10, "RecargoPct": 0},
                {"NmbItem": "x", "MontoItem": 700, "RecargoMonto": 5, "DescuentoMonto": 3},
                {"NmbItem": "x", "PrcItem": 0},
                {"NmbItem": "x", "MontoItem": 700},
            ]
        )
    ).Detalle
    priced, stated, gift, plain = lineas
    assert (plain.DescuentoMonto, plain.RecargoMonto, plain.MontoItem) == (None, None, 700)
    assert (priced.QtyItem, priced.DescuentoMonto, priced.RecargoPct, priced.RecargoMonto) == (
        Decimal(1),
        99,
        None,
        None,
    )
    assert (stated.QtyItem, stated.MontoItem, stated.RecargoMonto, stated.DescuentoMonto) == (None, 700, 5, 3)
    assert (gift.QtyItem, gift.PrcItem, gift.MontoItem) == (None, None, 0)


def test_the_parts_of_a_discount_add_up() -> None:
    partes = [{"TipoDscto": "%", "ValorDscto": 10}, {"TipoDscto": "$", "ValorDscto": 5}]
    recargo = {"TipoRecargo": "$", "ValorRecargo": "2.5"}
    detalle: Any = complete(venta_factura(Detalle=linea(SubDscto=partes, SubRecargo=recargo))).Detalle[0]
    assert (detalle.DescuentoMonto, detalle.RecargoMonto, detalle.MontoItem) == (105, 3, 898)


@pytest.mark.parametrize(
    ("campo", "dado", "calculado"),
    [("MontoItem", 999, "1000"), ("DescuentoMonto", 5, "100"), ("RecargoMonto", 5, "0"), ("NroLinDet", 2, "1")],
)
def test_a_line_that_states_something_else_is_refused_with_both_values(campo: str, dado: int, calculado: str) -> None:
    tasa = {"DescuentoPct": 10} if campo == "DescuentoMonto" else {"RecargoPct": "0.01"} if campo[0] == "R" else {}
    with pytest.raises(Invalid) as caught:
        complete(venta_boleta(Detalle=[linea(**{**tasa, campo: dado})]))
    falla = caught.value.fallas[0]
    assert (falla.ruta, falla.codigo) == (f"Detalle[0].{campo}", "POSTA-DTE-20")
    assert str(dado) in falla.mensaje
    assert calculado in falla.mensaje


def test_a_line_without_price_or_amount_is_refused() -> None:
    assert faults(venta_boleta(Detalle=[{"NmbItem": "Ítem", "QtyItem": 2}])) == [("Detalle[0]", "31")]


def test_a_discount_larger_than_its_line_is_refused() -> None:
    assert ("Detalle[0].MontoItem", "27") in faults(venta_boleta(Detalle=[linea(DescuentoMonto=1001)]))


def test_amounts_that_the_schema_cannot_hold_are_refused() -> None:
    enorme = linea(QtyItem="999999999999", PrcItem="999999999999")
    assert ("Detalle[0].MontoItem", "05") in faults(venta_boleta(Detalle=[enorme]))
    lineas = [{"NmbItem": "Pisco", "MontoItem": 10**18 - 1, "CodImpAdic": 45}] * 3
    assert faults(venta_factura(Detalle=lineas))[0] == ("Encabezado.Totales.MntNeto", "05")


def test_the_largest_amount_is_one_of_18_digits() -> None:
    most = {"NmbItem": "x", "QtyItem": 1_000_000, "PrcItem": "999999999999"}
    assert complete(venta_boleta(Detalle={**most, "RecargoMonto": 999_999})).Detalle[0].MontoItem == 10**18 - 1
    assert ("Detalle[0].MontoItem", "05") in faults(venta_boleta(Detalle={**most, "RecargoMonto": 1_000_000}))

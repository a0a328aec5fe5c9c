"""The arithmetic of exports: four decimals, a currency of their own, and the same in pesos."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from shared.dte.modelo import Exportacion
from shared.dte.moneda import DIVISA, PESOS, PESOS_CON_SIGNO
from shared.dte.tipos import TipoDte
from tests.unit.dte.sumas import complete, exact_totals, faults, linea
from tests.ventas import Datos, venta_de, with_campo

EXPORTS: dict[str, tuple[dict[str, Any], str]] = {
    "four decimals, half up": ({"Detalle": linea(QtyItem="0.5", PrcItem="0.0001")}, "0.0001"),
    "exact below": ({"Detalle": linea(QtyItem="0.499999", PrcItem="0.0001")}, "0"),
    "no IVA": ({"Detalle": linea(PrcItem="50.25")}, "50.25"),
    "a rate": ({"Detalle": linea(PrcItem="9.9999", DescuentoPct=10)}, "8.9999"),
    "a rate and its whole amount": ({"Detalle": linea(PrcItem=105, DescuentoPct=10, DescuentoMonto=10)}, "95"),
    "a surcharge": ({"Detalle": linea(PrcItem="0.33", RecargoMonto=2)}, "2.33"),
    "parts of a discount": (
        {
            "Detalle": linea(
                PrcItem=10, SubDscto=[{"TipoDscto": "%", "ValorDscto": "1.5"}, {"TipoDscto": "$", "ValorDscto": "0.25"}]
            )
        },
        "9.6",
    ),
    "parts of a surcharge": (
        {"Detalle": linea(PrcItem=10, SubRecargo={"TipoRecargo": "$", "ValorRecargo": "0.05"})},
        "10.05",
    ),
    "a discount on everything": (
        {
            "Detalle": [linea(PrcItem="10.01"), linea(PrcItem=5)],
            "DscRcgGlobal": {"TpoMov": "D", "TpoValor": "%", "ValorDR": 3},
        },
        "14.5597",
    ),
    "an amount off": (
        {"Detalle": linea(PrcItem=5), "DscRcgGlobal": {"TpoMov": "D", "TpoValor": "$", "ValorDR": "0.99"}},
        "4.01",
    ),
    "what is not billed does not count": ({"Detalle": [linea(PrcItem=5), linea(PrcItem=1, IndExe=2)]}, "5"),
}


@pytest.mark.parametrize("case", EXPORTS.values(), ids=EXPORTS.keys())
def test_the_totals_of_an_export(case: tuple[dict[str, Any], str]) -> None:
    partes, esperado = case
    datos = venta_de(TipoDte.EXPORTACION, **({"DscRcgGlobal": None} | partes))
    assert exact_totals(datos) == {"MntExe": Decimal(esperado), "MntTotal": Decimal(esperado)}


def test_an_exports_discount_that_is_not_whole_shows_as_a_rate() -> None:
    lineas: Any = complete(
        venta_de(TipoDte.EXPORTACION, Detalle=[linea(DescuentoPct="0.33"), linea(DescuentoPct=5)])
    ).Detalle
    assert [(uno.DescuentoMonto, uno.MontoItem) for uno in lineas] == [(None, Decimal("996.7")), (50, 950)]


def test_a_whole_amount_far_from_its_rate_is_refused() -> None:
    datos = venta_de(TipoDte.EXPORTACION, Detalle=linea(PrcItem=105, DescuentoPct=10, DescuentoMonto=12))
    assert faults(datos) == [("Detalle[0].DescuentoMonto", "20")]


@pytest.mark.parametrize(
    ("bloque", "exento", "total"),
    [
        ({"TpoMoneda": "PESO CL", "TpoCambio": "945.37"}, "47505", "47505"),
        ({"TpoMoneda": "EURO", "TpoCambio": "0.9123"}, "45.8431", "45.8431"),
        ({"TpoMoneda": "PESO CL", "TpoCambio": "945.37", "MntTotOtrMnda": "47504.84"}, "47505", "47504.84"),
        ({"TpoMoneda": "PESO CL", "MntTotOtrMnda": 47000}, None, "47000"),
    ],
)
def test_an_export_is_told_in_another_currency(bloque: Datos, exento: str | None, total: str) -> None:
    datos = venta_de(TipoDte.EXPORTACION, Detalle=linea(PrcItem="50.25"), DscRcgGlobal=None)
    completa = complete(with_campo(datos, "Encabezado.OtraMoneda", bloque))
    assert isinstance(completa, Exportacion)
    otra = completa.Encabezado.OtraMoneda
    assert otra is not None
    assert otra.MntExeOtrMnda == (exento and Decimal(exento))
    assert otra.MntTotOtrMnda == Decimal(total)


@pytest.mark.parametrize("campo", ["MntExeOtrMnda", "MntTotOtrMnda"])
def test_another_exchange_than_the_rates_is_refused(campo: str) -> None:
    datos = venta_de(TipoDte.EXPORTACION, Detalle=linea(PrcItem="50.25"), DscRcgGlobal=None)
    assert faults(with_campo(datos, f"Encabezado.OtraMoneda.{campo}", 47504)) == [
        (f"Encabezado.OtraMoneda.{campo}", "20")
    ]


def test_amounts_that_an_export_cannot_hold_are_refused() -> None:
    datos = venta_de(TipoDte.EXPORTACION, Detalle=linea(QtyItem=10**6, PrcItem=10**8), DscRcgGlobal=None)
    assert faults(datos)[0] == ("Detalle[0].MontoItem", "05")
    assert faults(datos)[-1] == ("Encabezado.OtraMoneda.MntTotOtrMnda", "05")


def test_currencies_round_half_away_from_zero() -> None:
    assert (PESOS.round(Decimal("0.5")), PESOS_CON_SIGNO.round(Decimal("-0.5"))) == (1, -1)
    assert str(DIVISA.round(Decimal("1.00005"))) == "1.0001"
    assert str(DIVISA.round(Decimal("1200.00000"))) == "1200"
    assert DIVISA.percent(Decimal("0.0003"), Decimal(50)) == Decimal("0.0002")

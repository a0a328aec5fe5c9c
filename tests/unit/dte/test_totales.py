"""The arithmetic, to the peso: published cases, and each rule of a factura and a boleta by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.dte_data import venta_boleta, venta_factura
from tests.unit.dte.sumas import Builder, faults, linea, messages, totals

CASES = json.loads((Path(__file__).parents[2] / "data" / "totales.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_every_published_case_gets_its_totals_to_the_peso(case: dict[str, Any]) -> None:
    calculados = totals(case["documento"])
    assert {campo: _numbers(calculados.get(campo)) for campo in case["totales"]} == _numbers(case["totales"])


def _numbers(valor: Any) -> Any:
    """Numbers that are told in one way, whether they are codes, pesos or decimals."""
    if isinstance(valor, dict):
        return {campo: _numbers(parte) for campo, parte in valor.items()}
    return [_numbers(parte) for parte in valor] if isinstance(valor, list) else valor and Decimal(str(valor))


def globales(**campos: Any) -> dict[str, Any]:
    return {"TpoMov": "D", "TpoValor": "%", "ValorDR": 10, **campos}


MIXED = [linea(PrcItem=10000), linea(IndExe=1, PrcItem=5000), linea(IndExe=2, PrcItem=700), linea(IndExe=6, PrcItem=50)]
FACTURAS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the four groups": (
        {"Detalle": MIXED},
        {
            "MntNeto": 10000,
            "MntExe": 5000,
            "TasaIVA": "19",
            "IVA": 1900,
            "MntTotal": 16900,
            "MontoNF": 650,
            "MontoPeriodo": 17550,
        },
    ),
    "a discount touches only the taxable group": (
        {"Detalle": MIXED[:2], "DscRcgGlobal": globales()},
        {"MntNeto": 9000, "MntExe": 5000, "TasaIVA": "19", "IVA": 1710, "MntTotal": 15710},
    ),
    "a discount on each group": (
        {"Detalle": MIXED, "DscRcgGlobal": [globales(), globales(IndExeDR=1), globales(IndExeDR=2)]},
        {
            "MntNeto": 9000,
            "MntExe": 4500,
            "TasaIVA": "19",
            "IVA": 1710,
            "MntTotal": 15210,
            "MontoNF": 585,
            "MontoPeriodo": 15795,
        },
    ),
    "one after the other, rounding at each step": (
        {
            "Detalle": linea(PrcItem=1005),
            "DscRcgGlobal": [globales(), globales(TpoMov="R", TpoValor="$", ValorDR="0.5")],
        },
        {"MntNeto": 905, "TasaIVA": "19", "IVA": 172, "MntTotal": 1077},
    ),
    "gross prices stay the total": (
        {"Detalle": linea(PrcItem=680), "bruto": 1},
        {"MntNeto": 571, "TasaIVA": "19", "IVA": 109, "MntTotal": 680},
    ),
    "two additional taxes on two lines": (
        {"Detalle": [linea(CodImpAdic=24), linea(CodImpAdic=[27]), linea()], "DscRcgGlobal": globales()},
        {
            "MntNeto": 2700,
            "TasaIVA": "19",
            "IVA": 513,
            "MntTotal": 3587,
            "ImptoReten": [
                {"TipoImp": "24", "TasaImp": "31.5", "MontoImp": 284},
                {"TipoImp": "27", "TasaImp": "10", "MontoImp": 90},
            ],
        },
    ),
    "an amount off lines that share their tax": (
        {"Detalle": [linea(CodImpAdic=24), linea(CodImpAdic=24)], "DscRcgGlobal": globales(TpoValor="$", ValorDR=500)},
        {
            "MntNeto": 1500,
            "TasaIVA": "19",
            "IVA": 285,
            "MntTotal": 2258,
            "ImptoReten": [{"TipoImp": "24", "TasaImp": "31.5", "MontoImp": 473}],
        },
    ),
    "a withholding is kept by the buyer": (
        {"Detalle": linea(CodImpAdic=15)},
        {
            "MntNeto": 1000,
            "TasaIVA": "19",
            "IVA": 190,
            "MntTotal": 1000,
            "ImptoReten": [{"TipoImp": "15", "TasaImp": "19", "MontoImp": 190}],
        },
    ),
    "a tax without a rate is stated": (
        {"Detalle": linea(CodImpAdic=28), "totales": {"ImptoReten": {"TipoImp": 28, "MontoImp": 77}}},
        {
            "MntNeto": 1000,
            "TasaIVA": "19",
            "IVA": 190,
            "MntTotal": 1267,
            "ImptoReten": [{"TipoImp": "28", "TasaImp": None, "MontoImp": 77}],
        },
    ),
    "a tax of rate zero is not written": (
        {"Detalle": linea(CodImpAdic=49)},
        {"MntNeto": 1000, "TasaIVA": "19", "IVA": 190, "MntTotal": 1190},
    ),
    "deposits add, credits and commissions subtract": (
        {
            "Detalle": [linea(PrcItem=100000), linea(IndExe=3, PrcItem=300), linea(IndExe=4, PrcItem=9)],
            "totales": {"CredEC": 12350, "Comisiones": {"ValComNeto": 100, "ValComIVA": 19}},
        },
        {
            "MntNeto": 100000,
            "TasaIVA": "19",
            "IVA": 19000,
            "CredEC": 12350,
            "GrntDep": 300,
            "MntTotal": 106831,
            "Comisiones": {"ValComNeto": 100, "ValComExe": None, "ValComIVA": 19},
        },
    ),
    "a stated deposit": (
        {"Detalle": linea(), "totales": {"GrntDep": 50}},
        {"MntNeto": 1000, "TasaIVA": "19", "IVA": 190, "GrntDep": 50, "MntTotal": 1240},
    ),
    "an earlier balance": (
        {"Detalle": linea(), "totales": {"SaldoAnterior": -200}},
        {"MntNeto": 1000, "TasaIVA": "19", "IVA": 190, "MntTotal": 1190, "SaldoAnterior": -200, "VlrPagar": 990},
    ),
    "an earlier balance and what is not billed": (
        {"Detalle": MIXED, "totales": {"SaldoAnterior": 1000}},
        {
            "MntNeto": 10000,
            "MntExe": 5000,
            "TasaIVA": "19",
            "IVA": 1900,
            "MntTotal": 16900,
            "MontoNF": 650,
            "MontoPeriodo": 17550,
            "SaldoAnterior": 1000,
            "VlrPagar": 18550,
        },
    ),
    "a period that is stated": (
        {"Detalle": linea(), "totales": {"MontoPeriodo": 1190, "VlrPagar": 1190}},
        {"MntNeto": 1000, "TasaIVA": "19", "IVA": 190, "MntTotal": 1190, "MontoPeriodo": 1190, "VlrPagar": 1190},
    ),
}


def factura_of(partes: dict[str, Any]) -> dict[str, Any]:
    datos = venta_factura(**{parte: valor for parte, valor in partes.items() if parte[0].isupper()})
    if "bruto" in partes:
        datos["Encabezado"]["IdDoc"]["MntBruto"] = partes["bruto"]
    datos["Encabezado"]["Totales"] = partes.get("totales")
    return datos


@pytest.mark.parametrize("case", FACTURAS.values(), ids=FACTURAS.keys())
def test_the_totals_of_a_factura(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
    partes, esperado = case
    assert totals(factura_of(partes)) == esperado


BOLETAS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "IVA is what remains of the price": (
        {"Detalle": linea(PrcItem=680)},
        {"MntNeto": 571, "IVA": 109, "MntTotal": 680},
    ),
    "the four groups": (
        {"Detalle": MIXED},
        {
            "MntNeto": 8403,
            "MntExe": 5000,
            "IVA": 1597,
            "MntTotal": 15000,
            "MontoNF": 650,
            "TotalPeriodo": 15650,
        },
    ),
    "a discount touches only the taxable group": (
        {"Detalle": MIXED[:2], "DscRcgGlobal": [globales(), globales(IndExeDR=1, TpoValor="$", ValorDR=1)]},
        {"MntNeto": 7563, "MntExe": 4999, "IVA": 1437, "MntTotal": 13999},
    ),
    "net lines": ({"Detalle": linea(PrcItem=571), "neto": 2}, {"MntNeto": 571, "IVA": 108, "MntTotal": 679}),
    "an earlier balance": (
        {"Detalle": linea(PrcItem=680), "totales": {"SaldoAnterior": 20}},
        {"MntNeto": 571, "IVA": 109, "MntTotal": 680, "SaldoAnterior": 20, "VlrPagar": 700},
    ),
    "all of it given away": ({"Detalle": linea(PrcItem=0)}, {"MntNeto": 0, "IVA": 0, "MntTotal": 0}),
}


@pytest.mark.parametrize("case", BOLETAS.values(), ids=BOLETAS.keys())
def test_the_totals_of_a_boleta(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
    partes, esperado = case
    datos = venta_boleta(**{parte: valor for parte, valor in partes.items() if parte[0].isupper()})
    datos["Encabezado"]["IdDoc"]["IndMntNeto"] = partes.get("neto")
    datos["Encabezado"]["Totales"] = partes.get("totales")
    assert totals(datos) == esperado


@pytest.mark.parametrize(
    ("stated", "ruta"),
    [
        ({"MntNeto": 31499}, "MntNeto"),
        ({"TasaIVA": 18}, "TasaIVA"),
        ({"IVA": 5986}, "IVA"),
        ({"MntExe": 1}, "MntExe"),
        ({"MntTotal": 37484}, "MntTotal"),
        ({"MontoNF": 1}, "MontoNF"),
        ({"MontoPeriodo": 1}, "MontoPeriodo"),
        ({"VlrPagar": 1}, "VlrPagar"),
    ],
)
def test_a_stated_total_that_the_arithmetic_denies_is_refused(stated: dict[str, int], ruta: str) -> None:
    datos = factura_of({"Detalle": linea(QtyItem=450, PrcItem=70), "totales": stated})
    assert (f"Encabezado.Totales.{ruta}", "20") in faults(datos)


def test_a_total_that_should_not_be_there_is_computed_as_nothing() -> None:
    datos = factura_of({"Detalle": linea(), "totales": {"MntExe": 5}})
    assert "se recibió 5 y el cálculo da 0;" in messages(datos)


def test_totals_that_agree_may_be_stated() -> None:
    stated = {"MntNeto": 31500, "MntExe": 0, "TasaIVA": 19, "IVA": "5985", "MntTotal": 37485}
    datos = factura_of({"Detalle": linea(QtyItem=450, PrcItem=70), "totales": stated})
    assert totals(datos)["MntTotal"] == 37485


TAXES: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "another amount": ({"TipoImp": 24, "MontoImp": 314}, ("ImptoReten[0].MontoImp", "20")),
    "another rate": ({"TipoImp": 24, "TasaImp": 31, "MontoImp": 315}, ("ImptoReten[0].TasaImp", "20")),
    "a tax of no line": ({"TipoImp": 27, "MontoImp": 100}, ("ImptoReten[0].TipoImp", "36")),
}


@pytest.mark.parametrize("case", TAXES.values(), ids=TAXES.keys())
def test_a_stated_tax_that_the_lines_deny_is_refused(case: tuple[dict[str, Any], tuple[str, str]]) -> None:
    stated, (ruta, codigo) = case
    datos = factura_of({"Detalle": linea(CodImpAdic=24), "totales": {"ImptoReten": stated}})
    assert (f"Encabezado.Totales.{ruta}", codigo) in faults(datos)


def test_a_tax_without_a_rate_must_be_stated() -> None:
    assert ("Encabezado.Totales.ImptoReten", "28") in faults(factura_of({"Detalle": linea(CodImpAdic=35)}))


def test_an_amount_cannot_be_taken_off_lines_with_different_taxes() -> None:
    datos = factura_of({"Detalle": [linea(CodImpAdic=24), linea()], "DscRcgGlobal": globales(TpoValor="$", ValorDR=5)})
    assert faults(datos) == [("DscRcgGlobal[0].ValorDR", "26")]


@pytest.mark.parametrize("venta", [venta_boleta, venta_factura])
def test_a_discount_larger_than_the_sale_is_refused(venta: Builder) -> None:
    datos = venta(Detalle=linea(), DscRcgGlobal=globales(TpoValor="$", ValorDR=1001))
    assert ("Encabezado.Totales.MntNeto", "27") in faults(datos)

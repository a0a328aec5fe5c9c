"""The arithmetic, to the peso: published cases, hand-made cases for each rule, and laws that hold for every sale."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dte.documento import complete_venta
from shared.dte.modelo import Totales, Venta, parse_venta
from shared.dte.moneda import percent_of, to_pesos
from shared.errors import Invalid
from tests import dte_data
from tests.dte_data import venta_boleta, venta_factura

CASES = json.loads((Path(__file__).parents[2] / "data" / "totales.json").read_text(encoding="utf-8"))
Builder = Callable[..., dict[str, Any]]


def complete(datos: dict[str, Any]) -> Venta:
    return complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)


def totals(datos: dict[str, Any]) -> dict[str, Any]:
    """The computed totals, without what is absent; decimals as strings."""
    calculados: Totales | None = complete(datos).Encabezado.Totales
    assert calculados is not None
    return {campo: valor for campo, valor in calculados.model_dump(mode="json").items() if valor not in (None, [])}


def messages(datos: dict[str, Any]) -> str:
    with pytest.raises(Invalid) as caught:
        complete(datos)
    return str(caught.value)


def faults(datos: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        complete(datos)
    return [(falla.ruta, falla.codigo) for falla in caught.value.fallas]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_every_published_case_gets_its_totals_to_the_peso(case: dict[str, Any]) -> None:
    calculados = totals(case["documento"])
    assert {campo: _numbers(calculados.get(campo)) for campo in case["totales"]} == _numbers(case["totales"])


def _numbers(valor: Any) -> Any:
    """Numbers that are told in one way, whether they are codes, pesos or decimals."""
    if isinstance(valor, dict):
        return {campo: _numbers(parte) for campo, parte in valor.items()}
    return [_numbers(parte) for parte in valor] if isinstance(valor, list) else valor and Decimal(str(valor))


def linea(**campos: Any) -> dict[str, Any]:
    return {"NmbItem": "Ítem", "QtyItem": 1, "PrcItem": 1000, **campos}


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
    assert faults(venta_boleta(Detalle=[{"NmbItem": "Ítem", "QtyItem": 2}])) == [("Detalle[0]", "POSTA-DTE-31")]


def test_a_discount_larger_than_its_line_is_refused() -> None:
    assert ("Detalle[0].MontoItem", "POSTA-DTE-27") in faults(venta_boleta(Detalle=[linea(DescuentoMonto=1001)]))


def test_amounts_that_the_schema_cannot_hold_are_refused() -> None:
    enorme = linea(QtyItem="999999999999", PrcItem="999999999999")
    assert ("Detalle[0].MontoItem", "POSTA-DTE-05") in faults(venta_boleta(Detalle=[enorme]))
    lineas = [{"NmbItem": "Pisco", "MontoItem": 10**18 - 1, "CodImpAdic": 45}] * 3
    assert faults(venta_factura(Detalle=lineas))[0] == ("Encabezado.Totales.MntNeto", "POSTA-DTE-05")


def test_the_largest_amount_is_one_of_18_digits() -> None:
    most = {"NmbItem": "x", "QtyItem": 1_000_000, "PrcItem": "999999999999"}
    assert complete(venta_boleta(Detalle={**most, "RecargoMonto": 999_999})).Detalle[0].MontoItem == 10**18 - 1
    assert ("Detalle[0].MontoItem", "POSTA-DTE-05") in faults(venta_boleta(Detalle={**most, "RecargoMonto": 1_000_000}))


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
    assert (f"Encabezado.Totales.{ruta}", "POSTA-DTE-20") in faults(datos)


def test_a_total_that_should_not_be_there_is_computed_as_nothing() -> None:
    datos = factura_of({"Detalle": linea(), "totales": {"MntExe": 5}})
    assert "se recibió 5 y el cálculo da 0;" in messages(datos)


def test_totals_that_agree_may_be_stated() -> None:
    stated = {"MntNeto": 31500, "MntExe": 0, "TasaIVA": 19, "IVA": "5985", "MntTotal": 37485}
    datos = factura_of({"Detalle": linea(QtyItem=450, PrcItem=70), "totales": stated})
    assert totals(datos)["MntTotal"] == 37485


TAXES: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "another amount": ({"TipoImp": 24, "MontoImp": 314}, ("ImptoReten[0].MontoImp", "POSTA-DTE-20")),
    "another rate": ({"TipoImp": 24, "TasaImp": 31, "MontoImp": 315}, ("ImptoReten[0].TasaImp", "POSTA-DTE-20")),
    "a tax of no line": ({"TipoImp": 27, "MontoImp": 100}, ("ImptoReten[0].TipoImp", "POSTA-DTE-36")),
}


@pytest.mark.parametrize("case", TAXES.values(), ids=TAXES.keys())
def test_a_stated_tax_that_the_lines_deny_is_refused(case: tuple[dict[str, Any], tuple[str, str]]) -> None:
    stated, (ruta, codigo) = case
    datos = factura_of({"Detalle": linea(CodImpAdic=24), "totales": {"ImptoReten": stated}})
    assert (f"Encabezado.Totales.{ruta}", codigo) in faults(datos)


def test_a_tax_without_a_rate_must_be_stated() -> None:
    assert ("Encabezado.Totales.ImptoReten", "POSTA-DTE-28") in faults(factura_of({"Detalle": linea(CodImpAdic=35)}))


def test_an_amount_cannot_be_taken_off_lines_with_different_taxes() -> None:
    datos = factura_of({"Detalle": [linea(CodImpAdic=24), linea()], "DscRcgGlobal": globales(TpoValor="$", ValorDR=5)})
    assert faults(datos) == [("DscRcgGlobal[0].ValorDR", "POSTA-DTE-26")]


@pytest.mark.parametrize("venta", [venta_boleta, venta_factura])
def test_a_discount_larger_than_the_sale_is_refused(venta: Builder) -> None:
    datos = venta(Detalle=linea(), DscRcgGlobal=globales(TpoValor="$", ValorDR=1001))
    assert ("Encabezado.Totales.MntNeto", "POSTA-DTE-27") in faults(datos)


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=6))
def test_rounding_is_half_away_from_zero(monto: Decimal) -> None:
    exact = Fraction(monto)
    whole = int(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)
    assert to_pesos(monto) == whole


def test_rounding_is_not_the_bankers() -> None:
    assert percent_of(1350, Decimal(19)) == 257
    assert to_pesos(Decimal("0.5")) == 1
    assert to_pesos(Decimal("-0.5")) == -1
    assert to_pesos(Decimal("123456789012345678.4999999999995")) == 123456789012345678


LINE = st.fixed_dictionaries(
    {
        "NmbItem": st.just("Ítem"),
        "QtyItem": st.decimals("0.001", 9999, places=3).map(str),
        "PrcItem": st.decimals("0.01", 99999, places=2).map(str),
    },
    optional={
        "IndExe": st.sampled_from([1, 2, 6]),
        "DescuentoPct": st.integers(0, 100),
        "RecargoMonto": st.integers(0, 5000),
    },
)
GLOBAL = st.fixed_dictionaries(
    {
        "TpoMov": st.sampled_from("DR"),
        "TpoValor": st.just("%"),
        "ValorDR": st.decimals("0.01", 100, places=2).map(str),
    },
    optional={"IndExeDR": st.sampled_from([1, 2])},
)
SALE = st.fixed_dictionaries(
    {"Detalle": st.lists(LINE, max_size=8), "DscRcgGlobal": st.lists(GLOBAL, max_size=3)},
)


@given(SALE)
def test_the_sums_of_any_factura_agree(partes: dict[str, Any]) -> None:
    calculados = totals(venta_factura(Detalle=[linea(), *partes["Detalle"]], DscRcgGlobal=partes["DscRcgGlobal"]))
    neto, iva = calculados["MntNeto"], calculados["IVA"]
    assert calculados["MntTotal"] == neto + iva + calculados.get("MntExe", 0)
    assert iva == (Decimal(neto) * 19 / 100).quantize(Decimal(1), ROUND_HALF_UP)
    if "MontoPeriodo" in calculados:
        assert calculados["MontoPeriodo"] == calculados["MntTotal"] + calculados["MontoNF"]


@given(SALE)
def test_the_sums_of_any_boleta_agree_and_the_price_is_the_total(partes: dict[str, Any]) -> None:
    completa = complete(venta_boleta(Detalle=[linea(), *partes["Detalle"]], DscRcgGlobal=partes["DscRcgGlobal"]))
    calculados = completa.Encabezado.Totales
    assert calculados is not None
    neto, iva, exento = (getattr(calculados, campo) or 0 for campo in ("MntNeto", "IVA", "MntExe"))
    assert calculados.MntTotal == neto + iva + exento
    assert abs(iva - percent_of(neto, Decimal(19))) <= 1
    if not partes["DscRcgGlobal"]:
        assert neto + iva == sum(linea.MontoItem or 0 for linea in completa.Detalle if linea.IndExe is None)


@given(SALE, st.sampled_from([venta_boleta, venta_factura]))
def test_completing_a_complete_sale_changes_nothing(partes: dict[str, Any], venta: Builder) -> None:
    completa = complete(venta(Detalle=[linea(), *partes["Detalle"]], DscRcgGlobal=partes["DscRcgGlobal"]))
    again = complete_venta(completa, dte_data.EMISOR, fecha=dte_data.FECHA)
    assert again == completa
    dicho = parse_venta(completa.model_dump(mode="json"))
    assert complete_venta(dicho, dte_data.EMISOR, fecha=dte_data.FECHA) == completa

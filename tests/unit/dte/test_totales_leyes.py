"""Laws of the arithmetic that hold for every sale, of whatever kind."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.dte.documento import complete_venta
from shared.dte.modelo import Venta, parse_venta
from shared.dte.moneda import percent_of, to_pesos
from shared.dte.tipos import EXPORTACIONES, TipoDte
from tests import dte_data
from tests.dte_data import venta_boleta, venta_factura
from tests.unit.dte.sumas import Builder, complete, linea, totals
from tests.ventas import venta_de

IVA = Decimal(19)


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


PARTS = st.fixed_dictionaries(
    {
        "NmbItem": st.just("Ítem"),
        "QtyItem": st.decimals("0.001", 999, places=3).map(str),
        "PrcItem": st.decimals("0.0001", 9999, places=4).map(str),
    },
    optional={"IndExe": st.sampled_from([1, 2]), "DescuentoPct": st.integers(0, 100)},
)


def _taken(tipo: TipoDte, parte: dict[str, Any]) -> dict[str, Any]:
    """The line as that kind of document takes it."""
    if tipo in (TipoDte.FACTURA_EXENTA, TipoDte.BOLETA_EXENTA):
        return parte | {"IndExe": parte.get("IndExe", 1)}
    return parte | {"TpoDocLiq": "33", "DescuentoPct": None} if tipo is TipoDte.LIQUIDACION else parte


def _sums(venta: Venta) -> tuple[Decimal, Decimal]:
    """Taxable and exempt lines."""
    lineas: Any = venta.Detalle
    exportada = venta.Encabezado.IdDoc.TipoDTE in EXPORTACIONES
    afecto = sum(Decimal(uno.MontoItem) for uno in lineas if uno.IndExe is None and not exportada)
    return Decimal(afecto), Decimal(sum(Decimal(uno.MontoItem) for uno in lineas if uno.IndExe == 1))


@settings(max_examples=150)
@given(st.sampled_from(list(TipoDte)), st.lists(PARTS, min_size=1, max_size=6))
def test_the_parts_of_any_document_make_its_total(tipo: TipoDte, partes: list[dict[str, Any]]) -> None:
    primera = _taken(tipo, linea(IndExe=1) if tipo in (34, 41) else linea())
    detalle = [primera, *(_taken(tipo, parte) for parte in partes)]
    completa = complete(venta_de(tipo, Detalle=detalle, DscRcgGlobal=None, Comisiones=None))
    calculados: Any = completa.Encabezado.Totales
    afecto, exento = _sums(completa)
    neto, iva = (Decimal(getattr(calculados, campo, None) or 0) for campo in ("MntNeto", "IVA"))
    assert calculados.MntTotal == neto + iva + exento
    assert (calculados.MntExe or 0) == exento
    if tipo is TipoDte.BOLETA:
        assert neto + iva == afecto
    else:
        assert (neto, iva) == (afecto, (afecto * IVA / 100).quantize(Decimal(1), ROUND_HALF_UP))
    assert iva == 0 or abs(iva - percent_of(neto, IVA)) <= 1
    assert complete_venta(completa, dte_data.EMISOR, fecha=dte_data.FECHA) == completa

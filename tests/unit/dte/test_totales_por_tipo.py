"""The arithmetic of each kind of document: liquidaciones with a sign, purchases, guías, notes, and exports."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.dte.documento import complete_venta
from shared.dte.impuestos import IMPUESTOS, Efecto
from shared.dte.modelo import Exportacion, Venta, parse_venta
from shared.dte.moneda import DIVISA, PESOS, PESOS_CON_SIGNO, percent_of
from shared.dte.tipos import EXPORTACIONES, TipoDte
from shared.errors import Invalid
from tests import dte_data
from tests.ventas import Datos, venta_de, with_campo

IVA = Decimal(19)


def complete(datos: Datos) -> Venta:
    return complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)


def totals(datos: Datos) -> dict[str, Any]:
    calculados = complete(datos).Encabezado.Totales
    assert calculados is not None
    presentes = calculados.model_dump(exclude_none=True, exclude={"TasaIVA", "TpoMoneda"})
    return {campo: valor for campo, valor in presentes.items() if valor != ()}


def faults(datos: Datos) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        complete(datos)
    return [(falla.ruta, falla.codigo.removeprefix("POSTA-DTE-")) for falla in caught.value.fallas]


def linea(**campos: Any) -> Datos:
    return {"NmbItem": "Ítem", "QtyItem": 1, "PrcItem": 1000, **campos}


def liquidada(monto: int, **campos: Any) -> Datos:
    return {"TpoDocLiq": "33", "NmbItem": "Facturas", "MontoItem": monto, **campos}


def comision(neto: int, exento: int = 0, **campos: Any) -> Datos:
    return {"TipoMovim": "C", "Glosa": "Comisión", "ValComNeto": neto, "ValComExe": exento, **campos}


PURCHASES: dict[str, tuple[object, dict[str, Any]]] = {
    "nothing withheld": (linea(), {"MntNeto": 1000, "IVA": 190, "MntTotal": 1190}),
    "declared without withholding": (linea(CodImpAdic=49), {"MntNeto": 1000, "IVA": 190, "MntTotal": 1190}),
    "everything withheld": (
        linea(CodImpAdic=15),
        {
            "MntNeto": 1000,
            "IVA": 190,
            "ImptoReten": ({"TipoImp": "15", "TasaImp": IVA, "MontoImp": 190},),
            "MntTotal": 1000,
        },
    ),
    "a part withheld": (
        linea(CodImpAdic=30),
        {
            "MntNeto": 1000,
            "IVA": 190,
            "ImptoReten": ({"TipoImp": "30", "TasaImp": Decimal(10), "MontoImp": 100},),
            "IVANoRet": 90,
            "MntTotal": 1090,
        },
    ),
    "a part of one line": (
        [linea(CodImpAdic=30), linea()],
        {
            "MntNeto": 2000,
            "IVA": 380,
            "ImptoReten": ({"TipoImp": "30", "TasaImp": Decimal(10), "MontoImp": 100},),
            "IVANoRet": 280,
            "MntTotal": 2280,
        },
    ),
    "two products whose roundings exceed the IVA by a peso": (
        [linea(PrcItem=3, CodImpAdic=301), linea(PrcItem=3, CodImpAdic=321)],
        {
            "MntNeto": 6,
            "IVA": 1,
            "ImptoReten": (
                {"TipoImp": "301", "TasaImp": IVA, "MontoImp": 1},
                {"TipoImp": "321", "TasaImp": IVA, "MontoImp": 1},
            ),
            "MntTotal": 5,
        },
    ),
    "withheld for the income tax": (
        linea(CodImpAdic=53),
        {
            "MntNeto": 1000,
            "IVA": 190,
            "ImptoReten": ({"TipoImp": "53", "TasaImp": Decimal("0.5"), "MontoImp": 5},),
            "MntTotal": 1185,
        },
    ),
}


@pytest.mark.parametrize("case", PURCHASES.values(), ids=PURCHASES.keys())
def test_the_totals_of_a_purchase(case: tuple[object, dict[str, Any]]) -> None:
    detalle, esperado = case
    assert totals(venta_de(TipoDte.FACTURA_COMPRA, Detalle=detalle)) == esperado


def test_a_note_of_a_purchase_tells_what_was_not_withheld_and_other_notes_do_not() -> None:
    detalle = linea(CodImpAdic=30)
    compra = venta_de(TipoDte.NOTA_CREDITO, Detalle=detalle)
    assert totals(with_campo(compra, "Referencia.TpoDocRef", 46))["IVANoRet"] == 90
    assert "IVANoRet" not in totals(compra)


def test_what_is_stated_of_the_iva_is_checked() -> None:
    datos = venta_de(TipoDte.FACTURA_COMPRA, Detalle=linea(CodImpAdic=30))
    assert faults(with_campo(datos, "Encabezado.Totales.IVANoRet", 91)) == [("Encabezado.Totales.IVANoRet", "20")]
    assert totals(with_campo(datos, "Encabezado.Totales.IVANoRet", 90))["MntTotal"] == 1090


LIQUIDACIONES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "more returned than sold": (
        {"Detalle": [liquidada(1000), liquidada(-3000)], "Comisiones": None},
        {"MntNeto": -2000, "IVA": -380, "MntTotal": -2380},
    ),
    "half a peso of IVA below zero": (
        {"Detalle": liquidada(-50), "Comisiones": None},
        {"MntNeto": -50, "IVA": -10, "MntTotal": -60},
    ),
    "a price takes the sign of its amount": (
        {"Detalle": liquidada(-200, QtyItem=2, PrcItem=100), "Comisiones": None},
        {"MntNeto": -200, "IVA": -38, "MntTotal": -238},
    ),
    "commissions that are given back": (
        {"Detalle": liquidada(1000), "Comisiones": [comision(100), comision(-300, -7)]},
        {
            "MntNeto": 1000,
            "IVA": 190,
            "Comisiones": {"ValComNeto": -200, "ValComExe": -7, "ValComIVA": -38},
            "MntTotal": 1435,
        },
    ),
    "the IVA of a commission as it is stated": (
        {"Detalle": liquidada(1000), "Comisiones": comision(0, 50, ValComIVA=3)},
        {"MntNeto": 1000, "IVA": 190, "Comisiones": {"ValComExe": 50, "ValComIVA": 3}, "MntTotal": 1137},
    ),
    "a withholding": (
        {"Detalle": liquidada(1000, CodImpAdic=15), "Comisiones": None},
        {
            "MntNeto": 1000,
            "IVA": 190,
            "ImptoReten": ({"TipoImp": "15", "TasaImp": IVA, "MontoImp": 190},),
            "MntTotal": 1000,
        },
    ),
    "exempt and not billed": (
        {"Detalle": [liquidada(500, IndExe=1), liquidada(70, IndExe=2)], "Comisiones": None},
        {"MntExe": 500, "MntTotal": 500, "MontoPeriodo": 570},
    ),
}


@pytest.mark.parametrize("case", LIQUIDACIONES.values(), ids=LIQUIDACIONES.keys())
def test_the_totals_of_a_liquidacion(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
    partes, esperado = case
    assert totals(venta_de(TipoDte.LIQUIDACION, **partes)) == esperado


def test_gross_amounts_of_a_liquidacion_stay_the_total() -> None:
    datos = with_campo(
        venta_de(TipoDte.LIQUIDACION, Detalle=liquidada(680), Comisiones=None), "Encabezado.IdDoc.MntBruto", 1
    )
    assert totals(datos) == {"MntNeto": 571, "IVA": 109, "MntTotal": 680}


def test_commissions_that_are_stated_otherwise_are_refused() -> None:
    datos = with_campo(venta_de(TipoDte.LIQUIDACION), "Encabezado.Totales", {"Comisiones": {"ValComIVA": 4941}})
    assert faults(datos) == [("Encabezado.Totales.Comisiones.ValComIVA", "20")]
    datos = venta_de(TipoDte.LIQUIDACION, Comisiones=None)
    assert totals(with_campo(datos, "Encabezado.Totales", {"Comisiones": {"ValComNeto": 100}}))["MntTotal"] == 317400


def test_the_commissions_of_a_factura_come_off_its_total_too() -> None:
    datos = venta_de(TipoDte.FACTURA, Comisiones=[comision(100), comision(0, 7)])
    assert totals(datos)["MntTotal"] == 37485 - 119 - 7
    lineas: Any = complete(datos)
    assert [uno.ValComIVA for uno in lineas.Comisiones] == [19, None]


def test_goods_that_only_move_have_a_total_of_zero_and_no_more() -> None:
    assert totals(venta_de(TipoDte.GUIA)) == {"MntTotal": 0}
    priced = with_campo(venta_de(TipoDte.GUIA), "Detalle", linea())
    assert totals(priced) == {"MntNeto": 1000, "IVA": 190, "MntTotal": 1190}


def test_a_guia_of_zeros_and_the_rate_of_nothing_are_taken_as_they_are_stated() -> None:
    ceros = {"MntNeto": 0, "TasaIVA": 19, "IVA": 0, "MntTotal": 0}
    assert totals(with_campo(venta_de(TipoDte.GUIA), "Encabezado.Totales", ceros)) == {
        "MntNeto": 0,
        "IVA": 0,
        "MntTotal": 0,
    }
    exenta = venta_de(TipoDte.FACTURA_EXENTA, Detalle=linea(IndExe=1), DscRcgGlobal=None)
    exenta["Encabezado"]["Totales"] = {"MntNeto": 0, "TasaIVA": 19, "IVA": 0, "MntTotal": 1000}
    assert totals(exenta) == {"MntExe": 1000, "MntTotal": 1000}
    exenta["Encabezado"]["Totales"]["TasaIVA"] = 18
    assert faults(exenta) == [("Encabezado.Totales.TasaIVA", "20")]


@pytest.mark.parametrize("cero", [0, "0", "0.00", 0.0])
def test_zero_means_none_where_the_schema_has_no_zero(cero: object) -> None:
    compra = with_campo(venta_de(TipoDte.FACTURA_COMPRA, Detalle=linea(CodImpAdic=15)), "Encabezado.Totales", None)
    flete: Any = complete(with_campo(venta_de(TipoDte.EXPORTACION), "Encabezado.Transporte.Aduana.MntFlete", cero))
    assert flete.Encabezado.Transporte.Aduana.MntFlete is None
    if cero in (0, "0"):
        assert totals(with_campo(compra, "Encabezado.Totales", {"IVANoRet": cero}))["MntTotal"] == 1000


@pytest.mark.parametrize("tipo", [TipoDte.NOTA_CREDITO, TipoDte.NOTA_DEBITO])
def test_a_note_that_corrects_a_text_has_every_amount_zero(tipo: TipoDte) -> None:
    datos = with_campo(venta_de(tipo, Detalle={"NmbItem": "DICE: X DEBE DECIR: Y"}), "Referencia.CodRef", 2)
    assert totals(datos) == {"MntNeto": 0, "IVA": 0, "MntTotal": 0}


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
    assert totals(datos) == {"MntExe": Decimal(esperado), "MntTotal": Decimal(esperado)}


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


def test_amounts_that_a_liquidacion_cannot_hold_are_refused_on_either_side() -> None:
    enorme = liquidada(-(10**18) + 1)
    datos = venta_de(TipoDte.LIQUIDACION, Detalle=[enorme, enorme], Comisiones=None)
    assert ("Encabezado.Totales.MntNeto", "05") in faults(datos)


@pytest.mark.parametrize(
    ("tipo", "ruta", "valor"),
    [
        (TipoDte.FACTURA_EXENTA, "MntExe", 1),
        (TipoDte.BOLETA_EXENTA, "MntTotal", 1),
        (TipoDte.BOLETA_EXENTA, "IVA", 1),
        (TipoDte.LIQUIDACION, "MntNeto", -1),
        (TipoDte.FACTURA_COMPRA, "MntTotal", 1),
        (TipoDte.GUIA, "MntTotal", 1),
        (TipoDte.NOTA_DEBITO, "IVA", 5984),
        (TipoDte.NOTA_CREDITO, "TasaIVA", 18),
        (TipoDte.EXPORTACION, "MntTotal", "0.5"),
        (TipoDte.EXPORTACION_CREDITO, "MntExe", "0.5"),
    ],
)
def test_a_stated_total_that_the_lines_deny_is_refused_with_both_values(
    tipo: TipoDte, ruta: str, valor: object
) -> None:
    assert (f"Encabezado.Totales.{ruta}", "20") in faults(
        with_campo(venta_de(tipo), f"Encabezado.Totales.{ruta}", valor)
    )


RATES = "17:5 18:5 19:12 23:15 24:31.5 25:20.5 26:20.5 27:10 271:18 44:15 45:50"
WITHHELD = (
    "15:19 30:10 301:19 31:19 32:8 321:19 33:8 331:19 34:4 341:19 36:10 361:19 37:10 371:19 38:19 39:19 41:19 46:19 "
    "47:19 48:14 481:19 49:0 53:0.5"
)


def _rates(tabla: str) -> dict[str, Decimal]:
    return {codigo: Decimal(tasa) for codigo, _, tasa in (par.partition(":") for par in tabla.split())}


def test_the_table_of_taxes_is_the_siis() -> None:
    con_tasa = {codigo: uno for codigo, uno in IMPUESTOS.items() if uno.tasa is not None}
    assert {c: u.tasa for c, u in con_tasa.items() if u.efecto is Efecto.SUMA} == _rates(RATES)
    assert {c: u.tasa for c, u in con_tasa.items() if u.efecto is Efecto.RESTA} == _rates(WITHHELD)
    assert set(IMPUESTOS) - set(con_tasa) == {"14", "28", "35", "50", "51", "52"}


def test_currencies_round_half_away_from_zero() -> None:
    assert (PESOS.round(Decimal("0.5")), PESOS_CON_SIGNO.round(Decimal("-0.5"))) == (1, -1)
    assert str(DIVISA.round(Decimal("1.00005"))) == "1.0001"
    assert str(DIVISA.round(Decimal("1200.00000"))) == "1200"
    assert DIVISA.percent(Decimal("0.0003"), Decimal(50)) == Decimal("0.0002")


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

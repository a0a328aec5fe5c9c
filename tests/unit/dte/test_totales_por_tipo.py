"""The arithmetic of each kind of document: liquidaciones with a sign, purchases, guías and notes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from shared.dte.impuestos import IMPUESTOS, Efecto
from shared.dte.tipos import TipoDte
from tests.unit.dte.sumas import comision, complete, exact_totals, faults, linea, liquidada
from tests.ventas import venta_de, with_campo

IVA = Decimal(19)

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
    assert exact_totals(venta_de(TipoDte.FACTURA_COMPRA, Detalle=detalle)) == esperado


def test_a_note_of_a_purchase_tells_what_was_not_withheld_and_other_notes_do_not() -> None:
    detalle = linea(CodImpAdic=30)
    compra = venta_de(TipoDte.NOTA_CREDITO, Detalle=detalle)
    assert exact_totals(with_campo(compra, "Referencia.TpoDocRef", 46))["IVANoRet"] == 90
    assert "IVANoRet" not in exact_totals(compra)


def test_what_is_stated_of_the_iva_is_checked() -> None:
    datos = venta_de(TipoDte.FACTURA_COMPRA, Detalle=linea(CodImpAdic=30))
    assert faults(with_campo(datos, "Encabezado.Totales.IVANoRet", 91)) == [("Encabezado.Totales.IVANoRet", "20")]
    assert exact_totals(with_campo(datos, "Encabezado.Totales.IVANoRet", 90))["MntTotal"] == 1090


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
    assert exact_totals(venta_de(TipoDte.LIQUIDACION, **partes)) == esperado


def test_gross_amounts_of_a_liquidacion_stay_the_total() -> None:
    datos = with_campo(
        venta_de(TipoDte.LIQUIDACION, Detalle=liquidada(680), Comisiones=None), "Encabezado.IdDoc.MntBruto", 1
    )
    assert exact_totals(datos) == {"MntNeto": 571, "IVA": 109, "MntTotal": 680}


def test_commissions_that_are_stated_otherwise_are_refused() -> None:
    datos = with_campo(venta_de(TipoDte.LIQUIDACION), "Encabezado.Totales", {"Comisiones": {"ValComIVA": 4941}})
    assert faults(datos) == [("Encabezado.Totales.Comisiones.ValComIVA", "20")]
    datos = venta_de(TipoDte.LIQUIDACION, Comisiones=None)
    assert (
        exact_totals(with_campo(datos, "Encabezado.Totales", {"Comisiones": {"ValComNeto": 100}}))["MntTotal"] == 317400
    )


def test_the_commissions_of_a_factura_come_off_its_total_too() -> None:
    datos = venta_de(TipoDte.FACTURA, Comisiones=[comision(100), comision(0, 7)])
    assert exact_totals(datos)["MntTotal"] == 37485 - 119 - 7
    lineas: Any = complete(datos)
    assert [uno.ValComIVA for uno in lineas.Comisiones] == [19, None]


def test_goods_that_only_move_have_a_total_of_zero_and_no_more() -> None:
    assert exact_totals(venta_de(TipoDte.GUIA)) == {"MntTotal": 0}
    priced = with_campo(venta_de(TipoDte.GUIA), "Detalle", linea())
    assert exact_totals(priced) == {"MntNeto": 1000, "IVA": 190, "MntTotal": 1190}


def test_a_guia_of_zeros_and_the_rate_of_nothing_are_taken_as_they_are_stated() -> None:
    ceros = {"MntNeto": 0, "TasaIVA": 19, "IVA": 0, "MntTotal": 0}
    assert exact_totals(with_campo(venta_de(TipoDte.GUIA), "Encabezado.Totales", ceros)) == {
        "MntNeto": 0,
        "IVA": 0,
        "MntTotal": 0,
    }
    exenta = venta_de(TipoDte.FACTURA_EXENTA, Detalle=linea(IndExe=1), DscRcgGlobal=None)
    exenta["Encabezado"]["Totales"] = {"MntNeto": 0, "TasaIVA": 19, "IVA": 0, "MntTotal": 1000}
    assert exact_totals(exenta) == {"MntExe": 1000, "MntTotal": 1000}
    exenta["Encabezado"]["Totales"]["TasaIVA"] = 18
    assert faults(exenta) == [("Encabezado.Totales.TasaIVA", "20")]


@pytest.mark.parametrize("cero", [0, "0", "0.00", 0.0])
def test_zero_means_none_where_the_schema_has_no_zero(cero: object) -> None:
    compra = with_campo(venta_de(TipoDte.FACTURA_COMPRA, Detalle=linea(CodImpAdic=15)), "Encabezado.Totales", None)
    flete: Any = complete(with_campo(venta_de(TipoDte.EXPORTACION), "Encabezado.Transporte.Aduana.MntFlete", cero))
    assert flete.Encabezado.Transporte.Aduana.MntFlete is None
    if cero in (0, "0"):
        assert exact_totals(with_campo(compra, "Encabezado.Totales", {"IVANoRet": cero}))["MntTotal"] == 1000


@pytest.mark.parametrize("tipo", [TipoDte.NOTA_CREDITO, TipoDte.NOTA_DEBITO])
def test_a_note_that_corrects_a_text_has_every_amount_zero(tipo: TipoDte) -> None:
    datos = with_campo(venta_de(tipo, Detalle={"NmbItem": "DICE: X DEBE DECIR: Y"}), "Referencia.CodRef", 2)
    assert exact_totals(datos) == {"MntNeto": 0, "IVA": 0, "MntTotal": 0}


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

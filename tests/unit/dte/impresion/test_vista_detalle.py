"""What was sold and what it comes to: each field of the lines and of the totals in its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.dte.impresion.glosas import INDICADORES
from shared.dte.impresion.lectura import read_vista
from shared.dte.impresion.vista import Dato, Linea, Vista
from tests.unit.dte.impresion.muestras import MUESTRAS, Json, boleta, factura, to_dte


def see(documento: Json) -> Vista:
    return read_vista(to_dte(documento))


def with_linea(tipo: int = 33, **campos: Any) -> Linea:
    linea = {"NmbItem": "Cosa", "MontoItem": 1000, **campos}
    (hecha,) = see(boleta(tipo, Detalle=linea) if tipo in (39, 41) else factura(tipo, Detalle=linea)).lineas
    return hecha


def with_totales(**campos: Any) -> Mapping[str, str]:
    vista = see(factura(Encabezado={"Totales": {"MntTotal": 1190, **campos}}))
    return {total.nombre: total.valor for total in vista.totales}


def test_a_line_shows_quantity_price_discount_and_amount() -> None:
    linea = with_linea(
        CdgItem=[{"TpoCodigo": "EAN", "VlrCodigo": "780"}, {"TpoCodigo": "INT", "VlrCodigo": "A"}],
        QtyItem="2.500000",
        UnmdItem="KG",
        PrcItem="1190.5",
        DescuentoPct="10.00",
        DescuentoMonto=119,
        RecargoPct=5,
        MontoItem=1071,
    )
    assert linea == Linea("780", "Cosa", ("INT A",), "2,5", "KG", "1.190,5", ("-119", "(10%)", "+5%"), "1.071")
    assert linea.cuenta == "2,5 KG x 1.190,5 -119 (10%) +5%"


def test_a_discount_of_nothing_is_not_shown() -> None:
    assert with_linea(39, DescuentoMonto=0, RecargoMonto=0).ajustes == ()


@pytest.mark.parametrize(("codigo", "glosa"), INDICADORES.items())
def test_a_line_says_when_it_is_not_taxed_like_the_others(codigo: str, glosa: str) -> None:
    assert with_linea(IndExe=codigo).notas == (glosa,)


@pytest.mark.parametrize("tipo", [34, 41])
def test_where_everything_is_exempt_lines_do_not_repeat_it(tipo: int) -> None:
    assert with_linea(tipo, IndExe=1).notas == ()
    assert with_linea(tipo, IndExe=2).notas == ("No facturable",)


@pytest.mark.parametrize(
    ("campos", "notas"),
    [
        ({"DscItem": "Una\n\nOtra"}, ("Una", "Otra")),
        (
            {"CodImpAdic": [24, 271]},
            ("Impuesto: Licores, piscos, destilados", "Impuesto: Bebidas con alto contenido de azúcar"),
        ),
        (
            {"FchElabor": "2026-01-01", "FchVencim": "2027-01-01"},
            ("Elaboración: 01-01-2026", "Vencimiento: 01-01-2027"),
        ),
        ({"Subcantidad": {"SubQty": 3, "SubCod": "Rojo"}}, ("3 de Rojo",)),
        (
            {"QtyRef": 10, "UnmdRef": "LT", "PrcRef": "5.5"},
            ("Cantidad de referencia: 10 LT", "Precio de referencia: 5,5"),
        ),
        (
            {"OtrMnda": {"PrcOtrMon": "10.5", "Moneda": "USD", "MontoItemOtrMnda": 21}},
            ("Precio 10,50 USD, monto 21,00",),
        ),
        ({"OtrMnda": {"PrcOtrMon": "10.5", "Moneda": "USD"}}, ("Precio 10,50 USD",)),
        (
            {"Retenedor": {"IndAgente": "R", "MntBaseFaena": 1000, "MntMargComer": 20, "PrcConsFinal": 30}},
            ("Base faena: 1.000", "Margen de comercialización: 20", "Precio a consumidor final: 30"),
        ),
        ({"RUTMandante": "11111111-1"}, ("Por cuenta de: 11.111.111-1",)),
    ],
)
def test_whatever_else_is_said_about_a_line_is_noted(campos: Json, notas: Sequence[str]) -> None:
    assert with_linea(**campos).notas == notas


def test_a_show_ticket_names_event_place_and_seat() -> None:
    ticket = {
        "FolioTicket": 12,
        "NmbEvento": "Concierto",
        "TpoTicket": "Platea",
        "CdgEvento": "C1",
        "FchEvento": "2026-03-01T21:00:00",
        "LugarEvento": "Teatro Ñuñoa",
        "UbicEvento": "Sector A",
        "FilaUbicEvento": "F",
        "AsntoUbicEvento": "7",
    }
    assert with_linea(39, InfoTicket=ticket).notas == (
        "Ticket 12 Platea",
        "Concierto, 01-03-2026 21:00",
        "Teatro Ñuñoa, Sector A",
        "Fila: F, Asiento: 7",
    )


def test_a_settled_document_is_named_in_the_lines_of_a_liquidacion() -> None:
    assert see(MUESTRAS[43]).lineas[0].notas == ("Boleta electrónica",)


def test_amounts_in_foreign_money_keep_their_cents() -> None:
    (linea,) = see(MUESTRAS[110]).lineas
    assert (linea.precio, linea.monto) == ("10,41", "12.492,00")


def test_global_discounts_and_surcharges_name_what_they_apply_to() -> None:
    ajustes = [
        {"TpoMov": "D", "GlosaDR": "Volumen", "TpoValor": "%", "ValorDR": "2.50"},
        {"TpoMov": "R", "TpoValor": "$", "ValorDR": 300, "IndExeDR": 1},
        {"TpoMov": "D", "TpoValor": "$", "ValorDR": 5, "IndExeDR": 2},
    ]
    assert see(factura(DscRcgGlobal=ajustes)).ajustes == (
        Dato("Descuento global: Volumen", "-2,5%"),
        Dato("Recargo global sobre lo exento", "+$ 300"),
        Dato("Descuento global sobre lo no facturable", "-$ 5"),
    )


def test_subtotals_are_shown_by_their_parts() -> None:
    subtotales = [
        {"NroSTI": 1, "GlosaSTI": "Bebidas", "SubTotNetoSTI": "100.5", "SubTotIVASTI": 19, "ValSubtotSTI": 119},
        {"NroSTI": 2, "SubTotExeSTI": 7},
    ]
    assert see(factura(SubTotInfo=subtotales)).ajustes == (
        Dato("Bebidas (neto)", "100,5"),
        Dato("Bebidas (IVA)", "19"),
        Dato("Bebidas", "119"),
        Dato("Subtotal 2 (exento)", "7"),
    )


def test_commissions_are_taken_off() -> None:
    comisiones = [
        {"TipoMovim": "C", "Glosa": "Venta", "TasaComision": 10, "ValComNeto": 1000, "ValComExe": 0, "ValComIVA": 190},
        {"TipoMovim": "O", "ValComNeto": 5, "ValComExe": 6},
    ]
    assert see(factura(43, Comisiones=comisiones)).ajustes == (
        Dato("Comisión: Venta 10% (neto)", "-$ 1.000"),
        Dato("Comisión: Venta 10% (IVA)", "-$ 190"),
        Dato("Otro cargo (neto)", "-$ 5"),
        Dato("Otro cargo (exento)", "-$ 6"),
    )


def test_every_total_has_its_name() -> None:
    totales = with_totales(
        MntNeto=1000,
        MntExe=10,
        MntBase=20,
        MntMargenCom=30,
        TasaIVA=19,
        IVA=190,
        IVAProp=1,
        IVATerc=2,
        ImptoReten=[
            {"TipoImp": 24, "TasaImp": "31.5", "MontoImp": 315},
            {"TipoImp": 15, "TasaImp": 19, "MontoImp": 190},
        ],
        IVANoRet=3,
        CredEC=4,
        GrntDep=5,
        Comisiones={"ValComNeto": 6, "ValComExe": 7, "ValComIVA": 8},
        MontoNF=9,
        MontoPeriodo=1199,
        SaldoAnterior=-100,
        VlrPagar=1099,
    )
    assert totales == {
        "Monto neto": "$ 1.000",
        "Monto exento": "$ 10",
        "Base faena de carne": "$ 20",
        "Margen de comercialización": "$ 30",
        "IVA 19%": "$ 190",
        "IVA propio": "$ 1",
        "IVA de terceros": "$ 2",
        "Licores, piscos, destilados 31,5%": "$ 315",
        "IVA retenido total 19%": "-$ 190",
        "IVA no retenido": "$ 3",
        "Garantía por envases": "$ 5",
        "Crédito especial empresas constructoras": "-$ 4",
        "Comisiones netas": "-$ 6",
        "Comisiones exentas": "-$ 7",
        "IVA de comisiones": "-$ 8",
        "Total": "$ 1.190",
        "Monto no facturable": "$ 9",
        "Monto del período": "$ 1.199",
        "Saldo anterior": "-$ 100",
        "Valor a pagar": "$ 1.099",
    }


def test_a_withholding_that_is_negative_already_is_not_turned_round() -> None:
    assert with_totales(ImptoReten={"TipoImp": 15, "MontoImp": -190})["IVA retenido total"] == "-$ 190"


def test_the_amount_that_is_looked_for_stands_out() -> None:
    sin, con = (see(factura(Encabezado={"Totales": {"MntTotal": 1, **mas}})).totales for mas in ({}, {"VlrPagar": 2}))
    assert [total.nombre for total in sin if total.destacado] == ["Total"]
    assert [total.nombre for total in con if total.destacado] == ["Valor a pagar"]


def test_a_boleta_says_its_vat_and_its_period() -> None:
    totales = {"MntNeto": 1000, "IVA": 190, "MntTotal": 1190, "TotalPeriodo": 1190}
    vista = see(boleta(Encabezado={"Totales": totales}))
    assert [(t.nombre, t.valor) for t in vista.totales][1:] == [
        ("IVA 19%", "$ 190"),
        ("Total", "$ 1.190"),
        ("Total del período", "$ 1.190"),
    ]


def test_an_export_is_told_in_both_currencies() -> None:
    assert [(total.nombre, total.valor) for total in see(MUESTRAS[110]).totales] == [
        ("Monto exento", "12.492,00"),
        ("Total DOLAR USA", "12.492,00"),
        ("Tipo de cambio", "942,15"),
        ("Monto exento PESO CL", "$ 11.769.338"),
        ("Total PESO CL", "$ 11.769.338"),
    ]


def test_a_factura_in_another_currency_tells_its_taxes_there_too() -> None:
    otra = {
        "TpoMoneda": "EURO",
        "MntNetoOtrMnda": "10.5",
        "IVAOtrMnda": 2,
        "ImpRetOtrMnda": {"TipoImpOtrMnda": 15, "TasaImpOtrMnda": 19, "VlrImpOtrMnda": 2},
    }
    vista = see(factura(Encabezado={"OtraMoneda": otra}))
    assert [(total.nombre, total.valor) for total in vista.totales[-3:]] == [
        ("Monto neto EURO", "10,50"),
        ("IVA EURO", "2,00"),
        ("IVA retenido total 19%", "-2,00"),
    ]

"""What the SII only objects to is told, and the sale goes through."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.dte.advertencias import find_advertencias
from shared.dte.documento import complete_venta
from shared.dte.modelo import parse_venta
from shared.dte.tipos import TipoDte
from tests import dte_data
from tests.ventas import TRANSPORTE, VENTAS, Datos, venta_de, with_campo

ID = "Encabezado.IdDoc"
RECEP = "Encabezado.Receptor"
EMIS = "Encabezado.Emisor"
VIAJE = "Encabezado.Transporte"
ADUANA = f"{VIAJE}.Aduana"


def told(datos: Datos, hoy: date = dte_data.FECHA, uf: Decimal | None = None) -> list[tuple[str, str]]:
    venta = complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)
    return [(falla.ruta, falla.codigo.removeprefix("POSTA-DTE-")) for falla in find_advertencias(venta, hoy=hoy, uf=uf)]


@pytest.mark.parametrize("tipo", TipoDte)
def test_the_plain_sale_of_every_kind_gives_no_reason_to_object(tipo: TipoDte) -> None:
    assert told(VENTAS[tipo]) == []


OBJECTED: dict[str, tuple[TipoDte, dict[str, object], list[tuple[str, str]]]] = {
    "a note without its buyer's data": (
        TipoDte.NOTA_CREDITO,
        {f"{RECEP}.{campo}": None for campo in ("GiroRecep", "DirRecep", "CmnaRecep")},
        [(f"{RECEP}.{campo}", "120") for campo in ("GiroRecep", "DirRecep", "CmnaRecep")],
    ),
    "a guía without giro": (TipoDte.GUIA, {f"{RECEP}.GiroRecep": None}, [(f"{RECEP}.GiroRecep", "120")]),
    "a factura without terms": (TipoDte.FACTURA, {f"{ID}.FmaPago": None}, [(f"{ID}.FmaPago", "121")]),
    "an exempt one without terms": (TipoDte.FACTURA_EXENTA, {f"{ID}.FmaPago": None}, [(f"{ID}.FmaPago", "121")]),
    "a liquidación without terms": (TipoDte.LIQUIDACION, {f"{ID}.FmaPago": None}, [(f"{ID}.FmaPago", "121")]),
    "a shop without commune": (TipoDte.FACTURA, {f"{EMIS}.DirOrigen": "Local 5"}, [(f"{EMIS}.CmnaOrigen", "129")]),
    "a purchase that withholds nothing": (
        TipoDte.FACTURA_COMPRA,
        {"Detalle": {"NmbItem": "x", "PrcItem": 10}},
        [("Detalle", "126")],
    ),
    "a settled credit note that adds": (
        TipoDte.LIQUIDACION,
        {"Detalle.1.MontoItem": 50000},
        [("Detalle[1].MontoItem", "132")],
    ),
    "another wording with an amount": (
        TipoDte.NOTA_CREDITO,
        {"Referencia.CodRef": 2},
        [("Encabezado.Totales.MntTotal", "130")],
    ),
    "an export without pesos": (
        TipoDte.EXPORTACION,
        {"Encabezado.OtraMoneda": None},
        [("Encabezado.OtraMoneda", "127")],
    ),
    "an export in euros too": (
        TipoDte.EXPORTACION,
        {"Encabezado.OtraMoneda.TpoMoneda": "EURO"},
        [("Encabezado.OtraMoneda", "127")],
    ),
    "a buyer of no country": (
        TipoDte.EXPORTACION_CREDITO,
        {f"{RECEP}.Extranjero": None},
        [(f"{RECEP}.Extranjero.Nacionalidad", "131")],
    ),
    "goods without customs": (
        TipoDte.EXPORTACION,
        {f"{ID}.FmaPagExp": None, VIAJE: None},
        [
            (f"{ID}.FmaPagExp", "128"),
            *(
                (f"{ADUANA}.{campo}", "128")
                for campo in ("CodModVenta", "CodClauVenta", "TotClauVenta", "CodViaTransp", "CodPtoEmbarque")
            ),
            *((f"{ADUANA}.{campo}", "128") for campo in ("CodPtoDesemb", "CodPaisRecep", "CodPaisDestin")),
        ],
    ),
    "a reason to move what does not": (TipoDte.FACTURA, {f"{ID}.IndTraslado": 1}, [(f"{ID}.IndTraslado", "110")]),
    "a credit note's mark": (TipoDte.NOTA_DEBITO, {f"{ID}.IndNoRebaja": 1}, [(f"{ID}.IndNoRebaja", "110")]),
    "a date of tomorrow": (TipoDte.FACTURA, {f"{ID}.FchEmis": "2026-02-04"}, [(f"{ID}.FchEmis", "124")]),
    "a date of last week": (TipoDte.BOLETA, {f"{ID}.FchEmis": "2026-01-30"}, [(f"{ID}.FchEmis", "123")]),
}


@pytest.mark.parametrize("case", OBJECTED.values(), ids=OBJECTED.keys())
def test_what_the_sii_would_object_to_is_told(case: tuple[TipoDte, dict[str, object], list[tuple[str, str]]]) -> None:
    tipo, cambios, esperado = case
    datos = venta_de(tipo)
    for ruta, valor in cambios.items():
        datos = with_campo(datos, ruta, valor)
    assert told(datos) == esperado


def test_three_days_are_no_delay() -> None:
    assert told(VENTAS[TipoDte.FACTURA], dte_data.FECHA + timedelta(days=3)) == []
    assert told(VENTAS[TipoDte.FACTURA], dte_data.FECHA + timedelta(days=4)) == [(f"{ID}.FchEmis", "123")]


DESDE = date(2026, 5, 1)
VIAJAN = ("Patente", "RUTTrans", "Chofer", "DirDest", "CmnaDest", "FchSalida", "HraSalida")


@pytest.mark.parametrize("campo", VIAJAN)
def test_goods_that_travel_since_may_2026_say_how(campo: str) -> None:
    datos = with_campo(VENTAS[TipoDte.GUIA], f"{ID}.FchEmis", str(DESDE))
    assert told(datos, DESDE) == []
    assert told(with_campo(datos, f"{VIAJE}.{campo}", None), DESDE) == [(f"{VIAJE}.{campo}", "122")]
    antes = with_campo(datos, f"{ID}.FchEmis", "2026-04-30")
    assert told(with_campo(antes, f"{VIAJE}.{campo}", None), DESDE) == []


def test_a_guia_always_travels_and_a_factura_where_it_says_so() -> None:
    guia = with_campo(with_campo(VENTAS[TipoDte.GUIA], f"{ID}.FchEmis", str(DESDE)), VIAJE, None)
    assert told(guia, DESDE) == [(f"{VIAJE}.{campo}", "122") for campo in VIAJAN]
    factura = with_campo(VENTAS[TipoDte.FACTURA], f"{ID}.FchEmis", str(DESDE))
    assert told(factura, DESDE) == []
    assert told(with_campo(factura, VIAJE, TRANSPORTE), DESDE) == []
    assert told(with_campo(factura, VIAJE, {"Patente": "ABCD12"}), DESDE) == [
        (f"{VIAJE}.{campo}", "122") for campo in VIAJAN if campo != "Patente"
    ]


def test_services_abroad_pass_no_customs() -> None:
    datos = with_campo(with_campo(VENTAS[TipoDte.EXPORTACION], f"{ID}.IndServicio", 6), VIAJE, None)
    assert told(datos) == []


def test_a_boleta_that_may_be_beyond_135_uf_is_told_when_the_uf_is_not_known() -> None:
    limite = 135 * 35_000
    datos = venta_de(TipoDte.BOLETA, Detalle={"NmbItem": "Moto", "PrcItem": limite + 1})
    rutas = [f"{RECEP}.RUTRecep", f"{RECEP}.RznSocRecep", f"{ID}.MedioPago"]
    assert told(datos) == [(ruta, "125") for ruta in rutas]
    assert told(datos, uf=Decimal(39_000)) == []
    assert told(with_campo(datos, "Detalle.PrcItem", limite)) == []

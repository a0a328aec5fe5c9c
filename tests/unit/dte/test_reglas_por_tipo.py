"""The rules that only some documents obey: each broken by one mutation of a good sale, and kept by its neighbour."""

from __future__ import annotations

import pytest

from shared.dte.tipos import TipoDte
from tests import dte_data
from tests.unit.dte.faltas import EMIS, ID, R0, RECEP, codes, mutate, referencia
from tests.ventas import VENTAS, venta_de


@pytest.mark.parametrize("tipo", TipoDte)
def test_the_plain_sale_of_every_kind_is_taken(tipo: TipoDte) -> None:
    assert codes(VENTAS[tipo]) == []


MUTATIONS: dict[str, tuple[TipoDte, dict[str, object], list[tuple[str, str]]]] = {
    "a note without reference": (TipoDte.NOTA_CREDITO, {"Referencia": None}, [("Referencia", "37")]),
    "a debit note without reference": (TipoDte.NOTA_DEBITO, {"Referencia": []}, [("Referencia", "37")]),
    "an export note without reference": (TipoDte.EXPORTACION_CREDITO, {"Referencia": None}, [("Referencia", "37")]),
    "a note that refers to an order only": (
        TipoDte.NOTA_CREDITO,
        {"Referencia": referencia(801, None, FolioRef="OC-1")},
        [("Referencia", "37")],
    ),
    "a note that does not say how": (TipoDte.NOTA_CREDITO, {"Referencia.CodRef": None}, [(f"{R0}.CodRef", "38")]),
    "a note without the date": (TipoDte.NOTA_CREDITO, {"Referencia.FchRef": None}, [(f"{R0}.FchRef", "01")]),
    "a note before what it corrects": (
        TipoDte.NOTA_CREDITO,
        {"Referencia.FchRef": "2026-02-04"},
        [(f"{R0}.FchRef", "108")],
    ),
    "annulling two documents": (
        TipoDte.NOTA_CREDITO,
        {"Referencia": [referencia(33, 1), referencia(33, 1)]},
        [("Referencia", "39")],
    ),
    "correcting the text of one and the amounts of another": (
        TipoDte.NOTA_DEBITO,
        {"Referencia": [referencia(33, 3), referencia(33, 2)]},
        [("Referencia", "39")],
    ),
    "a national note of an export": (
        TipoDte.NOTA_CREDITO,
        {"Referencia": referencia(110, 1)},
        [(f"{R0}.TpoDocRef", "111")],
    ),
    "an export note of a factura": (
        TipoDte.EXPORTACION_CREDITO,
        {"Referencia": referencia(33, 1)},
        [(f"{R0}.TpoDocRef", "111")],
    ),
    "an unknown kind of document": (
        TipoDte.FACTURA,
        {"Referencia": referencia(999, None)},
        [(f"{R0}.TpoDocRef", "33")],
    ),
    "folio 0 of one document": (
        TipoDte.EXPORTACION,
        {"Referencia": referencia(110, None, FolioRef=0)},
        [(f"{R0}.FolioRef", "32")],
    ),
    "a folio with letters": (
        TipoDte.LIQUIDACION,
        {"Referencia": referencia(33, None, FolioRef="A-7")},
        [(f"{R0}.FolioRef", "107")],
    ),
    "one's own document as another's": (
        TipoDte.FACTURA,
        {"Referencia": referencia(33, None, RUTOtr=dte_data.EMISOR_RUT)},
        [(f"{R0}.RUTOtr", "112")],
    ),
    "a taxable line in an exempt factura": (
        TipoDte.FACTURA_EXENTA,
        {"Detalle.0.IndExe": None},
        [("Detalle[0].IndExe", "100")],
    ),
    "nothing exempt in an exempt boleta": (
        TipoDte.BOLETA_EXENTA,
        {"Detalle.0.IndExe": None},
        [("Detalle[0].IndExe", "100")],
    ),
    "net amounts in an exempt boleta": (TipoDte.BOLETA_EXENTA, {f"{ID}.IndMntNeto": 2}, [(f"{ID}.IndMntNeto", "110")]),
    "an exempt factura that is called taxable": (TipoDte.FACTURA_EXENTA, {f"{ID}.TipoDTE": 33}, [("Detalle", "21")]),
    "a discount on what is not there": (
        TipoDte.FACTURA_EXENTA,
        {"DscRcgGlobal.IndExeDR": None},
        [("DscRcgGlobal[0].IndExeDR", "101")],
    ),
    "a factura without giro": (TipoDte.FACTURA, {f"{RECEP}.GiroRecep": None}, [(f"{RECEP}.GiroRecep", "23")]),
    "an exempt one without address": (TipoDte.FACTURA_EXENTA, {f"{RECEP}.DirRecep": ""}, [(f"{RECEP}.DirRecep", "23")]),
    "a purchase without commune": (
        TipoDte.FACTURA_COMPRA,
        {f"{RECEP}.CmnaRecep": None},
        [(f"{RECEP}.CmnaRecep", "23")],
    ),
    "a liquidación without giro": (TipoDte.LIQUIDACION, {f"{RECEP}.GiroRecep": None}, [(f"{RECEP}.GiroRecep", "01")]),
    "a liquidación from nowhere": (TipoDte.LIQUIDACION, {f"{EMIS}.CmnaOrigen": "Arica"}, [(f"{EMIS}.DirOrigen", "01")]),
    "a guía without its reason": (
        TipoDte.GUIA,
        {f"{ID}.IndTraslado": None, "Detalle.0.PrcItem": 1, "Detalle.1.PrcItem": 1},
        [(f"{ID}.IndTraslado", "102")],
    ),
    "a guía of a sale without prices": (
        TipoDte.GUIA,
        {f"{ID}.IndTraslado": 1},
        [("Detalle[0]", "31"), ("Detalle[1]", "31")],
    ),
    "a guía for export without its mover": (
        TipoDte.GUIA,
        {f"{ID}.IndTraslado": 8},
        [(f"{EMIS}.GuiaExport.CdgTraslado", "102")],
    ),
    "a guía for export with half of it": (
        TipoDte.GUIA,
        {f"{ID}.IndTraslado": 9, f"{EMIS}.GuiaExport.FolioAut": 7},
        [(f"{EMIS}.GuiaExport.CdgTraslado", "102")],
    ),
    "an export to a Chilean": (
        TipoDte.EXPORTACION,
        {f"{RECEP}.RUTRecep": "76987654-5"},
        [(f"{RECEP}.RUTRecep", "103")],
    ),
    "a hotel without nationality": (
        TipoDte.EXPORTACION,
        {f"{ID}.IndServicio": 4, f"{RECEP}.Extranjero": None},
        [(f"{RECEP}.Extranjero.Nacionalidad", "103")],
    ),
    "an export without currency": (
        TipoDte.EXPORTACION,
        {"Encabezado.Totales": {"MntTotal": 5}},
        [("Encabezado.Totales.TpoMoneda", "01")],
    ),
    "pesos without a rate": (
        TipoDte.EXPORTACION,
        {"Encabezado.OtraMoneda": {"TpoMoneda": "PESO CL"}},
        [("Encabezado.OtraMoneda.TpoCambio", "01")],
    ),
    "two withholdings of one IVA": (
        TipoDte.FACTURA_COMPRA,
        {"Detalle.0.CodImpAdic": [34, 15]},
        [("Detalle[0].CodImpAdic", "105")],
    ),
    "an agent that withholds nothing": (
        TipoDte.FACTURA_COMPRA,
        {"Detalle.1.CodImpAdic": None},
        [("Detalle[1].CodImpAdic", "105")],
    ),
    "a credit of more than 65 %": (
        TipoDte.FACTURA,
        {"Encabezado.Totales.CredEC": 3891},
        [("Encabezado.Totales.CredEC", "109")],
    ),
    "parts of the IVA that are not its sum": (
        TipoDte.LIQUIDACION,
        {"Encabezado.Totales": {"IVAProp": 40000, "IVATerc": 7000}},
        [("Encabezado.Totales.IVATerc", "20")],
    ),
    "gross prices and a tax": (
        TipoDte.FACTURA_COMPRA,
        {f"{ID}.MntBruto": 1},
        [(f"{ID}.MntBruto", "25")],
    ),
    "a period backwards": (
        TipoDte.FACTURA_EXENTA,
        {f"{ID}.PeriodoHasta": "2025-12-31"},
        [(f"{ID}.PeriodoDesde", "34")],
    ),
    "a field of another document": (TipoDte.EXPORTACION, {f"{ID}.MntBruto": 1}, [(f"{ID}.MntBruto", "02")]),
    "sixty-one lines": (TipoDte.FACTURA, {"Detalle": [{"NmbItem": "x", "PrcItem": 1}] * 61}, [("Detalle", "04")]),
}


@pytest.mark.parametrize("case", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_a_spoiled_sale_is_refused_for_its_mutation_alone(
    case: tuple[TipoDte, dict[str, object], list[tuple[str, str]]],
) -> None:
    tipo, cambios, esperado = case
    assert codes(mutate(venta_de(tipo), cambios)) == esperado


NEIGHBOURS: dict[str, tuple[TipoDte, dict[str, object]]] = {
    "a note of many documents": (TipoDte.NOTA_CREDITO, {"Referencia": [referencia(33, 3)] * 40}),
    "a note of a month": (
        TipoDte.NOTA_CREDITO,
        {"Referencia": referencia(39, 3, FolioRef=0, IndGlobal=1)},
    ),
    "a note with an order": (
        TipoDte.NOTA_CREDITO,
        {"Referencia": [referencia(33, 1), referencia(801, None, FolioRef="OC-1"), referencia("HES", None)]},
    ),
    "a note that names a guía": (TipoDte.NOTA_DEBITO, {"Referencia": [referencia(33, 1), referencia(52, None)]}),
    "a note of a guía": (TipoDte.NOTA_CREDITO, {"Referencia": referencia(52, 3)}),
    "a note on the same day": (TipoDte.NOTA_CREDITO, {"Referencia.FchRef": "2026-02-03"}),
    "a note of a boleta to nobody": (
        TipoDte.NOTA_CREDITO,
        {
            "Referencia": referencia(39, 1),
            RECEP: {"RUTRecep": "66666666-6", "RznSocRecep": "Consumidor final"},
        },
    ),
    "an export note of an export note": (TipoDte.EXPORTACION_DEBITO, {"Referencia": referencia(112, 1)}),
    "the certification set": (TipoDte.FACTURA, {"Referencia": referencia("SET", None, RazonRef="CASO 1-1")}),
    "another's document": (TipoDte.FACTURA, {"Referencia": referencia(33, None, RUTOtr="60803000-K")}),
    "a reference without date": (TipoDte.FACTURA, {"Referencia": referencia(801, None, FchRef=None)}),
    "an exempt factura with what is not billed": (
        TipoDte.FACTURA_EXENTA,
        {"Detalle.0.IndExe": 2, "DscRcgGlobal": None},
    ),
    "a guía without a buyer's address": (TipoDte.GUIA, {f"{RECEP}.DirRecep": None}),
    "a guía of a sale": (TipoDte.GUIA, {f"{ID}.IndTraslado": 1, "Detalle": {"NmbItem": "x", "PrcItem": 5}}),
    "a guía for export": (TipoDte.GUIA, {f"{ID}.IndTraslado": 8, f"{EMIS}.GuiaExport.CdgTraslado": 1}),
    "an export note without giro": (TipoDte.EXPORTACION_DEBITO, {f"{RECEP}.GiroRecep": None}),
    "an export of services": (TipoDte.EXPORTACION, {f"{ID}.IndServicio": 6, "Encabezado.Transporte": None}),
    "a discount in dollars": (
        TipoDte.EXPORTACION,
        {"DscRcgGlobal": {"TpoMov": "D", "TpoValor": "$", "ValorDR": "0.99"}},
    ),
    "an export in pesos by hand": (
        TipoDte.EXPORTACION,
        {"Encabezado.OtraMoneda": {"TpoMoneda": "PESO CL", "MntTotOtrMnda": 1153000}},
    ),
    "a total withholding": (TipoDte.FACTURA_COMPRA, {"Detalle.0.CodImpAdic": 15}),
    "no withholding": (TipoDte.FACTURA_COMPRA, {"Detalle": {"NmbItem": "x", "PrcItem": 10, "CodImpAdic": 49}}),
    "a credit of 65 %": (TipoDte.FACTURA, {"Encabezado.Totales.CredEC": 3890}),
    "parts of the IVA": (TipoDte.LIQUIDACION, {"Encabezado.Totales": {"IVAProp": 40000, "IVATerc": 7500}}),
    "a liquidación of another place": (
        TipoDte.LIQUIDACION,
        {EMIS: {"DirOrigen": "Calle Nueve", "CmnaOrigen": "Arica"}},
    ),
    "a thousand lines": (TipoDte.BOLETA_EXENTA, {"Detalle": [{"NmbItem": "x", "PrcItem": 1, "IndExe": 1}] * 1000}),
}


@pytest.mark.parametrize("case", NEIGHBOURS.values(), ids=NEIGHBOURS.keys())
def test_its_neighbour_is_taken(case: tuple[TipoDte, dict[str, object]]) -> None:
    tipo, cambios = case
    assert codes(mutate(venta_de(tipo), cambios)) == []


def test_a_reference_to_the_test_set_of_certification_may_have_folio_0() -> None:
    corregida = referencia(33, 1)
    assert codes(venta_de(TipoDte.NOTA_CREDITO, Referencia=[{"TpoDocRef": "SET", "FolioRef": 0}, corregida])) == []

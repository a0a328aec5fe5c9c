"""The JSON door: what a POS may say loosely, and how it is told what is wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dte.modelo import Boleta, DatosEmisor, Factura, parse_venta
from shared.errors import Falla, Invalid
from tests.dte_data import RECEPTOR_RUT, venta_boleta, venta_factura


def faults(datos: object) -> list[Falla]:
    with pytest.raises(Invalid) as caught:
        parse_venta(datos)
    return list(caught.value.fallas)


def with_line(**campos: Any) -> dict[str, Any]:
    return venta_factura(Detalle=[{"NmbItem": "Ítem", "PrcItem": 1000, **campos}])


def test_single_objects_are_lists_of_one() -> None:
    venta = parse_venta(
        venta_factura(
            Detalle={"NmbItem": "Té", "PrcItem": 5, "CodImpAdic": 24, "CdgItem": {"TpoCodigo": 1, "VlrCodigo": 2}},
            DscRcgGlobal={"TpoMov": "D", "TpoValor": "%", "ValorDR": 1},
            Referencia={"TpoDocRef": 52, "FolioRef": 10, "FchRef": "2026-01-02"},
        )
    )
    assert isinstance(venta, Factura)
    assert venta.Detalle[0].CodImpAdic == ("24",)
    assert venta.Detalle[0].CdgItem[0].VlrCodigo == "2"
    assert [len(lista) for lista in (venta.Detalle, venta.DscRcgGlobal, venta.Referencia)] == [1, 1, 1]
    assert venta.Referencia[0].TpoDocRef == "52"


@pytest.mark.parametrize(
    ("given_price", "price"),
    [(70, "70"), ("70", "70"), (70.5, "70.5"), ("70.50", "70.5"), (0.1 + 0.2, "0.3"), ("0.000001", "0.000001")],
)
def test_numbers_come_as_numbers_or_strings(given_price: object, price: str) -> None:
    assert parse_venta(with_line(PrcItem=given_price)).Detalle[0].PrcItem == Decimal(price)


def test_binary_fractions_are_rounded_to_what_their_field_holds_and_strings_are_not() -> None:
    tercio = 100 / 3
    venta = parse_venta(
        with_line(
            QtyItem=tercio,
            DescuentoPct=tercio,
            SubDscto={"TipoDscto": "$", "ValorDscto": tercio},
            OtrMnda={"PrcOtrMon": tercio, "Moneda": "USD", "FctConv": tercio, "DctoOtrMnda": tercio},
        )
    )
    assert isinstance(venta, Factura)
    linea = venta.Detalle[0]
    assert linea.OtrMnda is not None
    rounded = (linea.QtyItem, linea.DescuentoPct, linea.SubDscto[0].ValorDscto, linea.OtrMnda.FctConv)
    assert rounded == tuple(map(Decimal, ("33.333333", "33.33", "33.33", "33.3333")))
    assert linea.OtrMnda.DctoOtrMnda == Decimal("33.3333")
    assert [falla.codigo for falla in faults(with_line(DescuentoPct="33.333"))] == ["POSTA-DTE-05"]
    boleta = parse_venta(venta_boleta(Detalle={"NmbItem": "x", "PrcItem": 1, "DescuentoPct": tercio}))
    assert isinstance(boleta, Boleta)
    assert boleta.Detalle[0].DescuentoPct == Decimal("33.33")


@pytest.mark.parametrize("nothing", [None, "", "  ", False, [], {}, "\u200b"])
def test_what_says_nothing_counts_as_not_given(nothing: object) -> None:
    venta = parse_venta(with_line(DscItem=nothing, CdgItem=nothing, IndExe=nothing))
    assert venta == parse_venta(with_line())


def test_a_boleta_needs_no_receptor_and_is_an_ordinary_sale() -> None:
    venta = parse_venta(venta_boleta())
    assert isinstance(venta, Boleta)
    assert venta.Encabezado.Receptor.RUTRecep == "66666666-6"
    assert venta.Encabezado.IdDoc.IndServicio == 3


def test_a_rut_is_taken_as_people_write_it() -> None:
    datos = venta_factura()
    datos["Encabezado"]["Receptor"]["RUTRecep"] = " 76.987.654-5 "
    assert parse_venta(datos).Encabezado.Receptor.RUTRecep == RECEPTOR_RUT


def test_free_text_is_cut_and_codes_are_refused_when_too_long() -> None:
    assert parse_venta(with_line(NmbItem="x" * 81)).Detalle[0].NmbItem == "x" * 80
    codigo = {"TpoCodigo": "INT1", "VlrCodigo": "x" * 36}
    assert [falla.codigo for falla in faults(with_line(CdgItem=codigo))] == ["POSTA-DTE-04"]


def test_a_description_keeps_its_lines() -> None:
    assert parse_venta(with_line(DscItem="uno\r\ndos")).Detalle[0].DscItem == "uno\ndos"


WRONG: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "missing": (with_line(NmbItem=None), "Detalle[0].NmbItem", "POSTA-DTE-01", "agréguelo"),
    "misspelt": (with_line(NmbIten="x"), "Detalle[0].NmbIten", "POSTA-DTE-02", "¿quiso decir «NmbItem»?"),
    "unknown": (with_line(zzz="x"), "Detalle[0].zzz", "POSTA-DTE-02", "quítelo"),
    "not a number": (
        with_line(QtyItem="dos"),
        "Detalle[0].QtyItem",
        "POSTA-DTE-03",
        "separador de miles; se recibió «dos»",
    ),
    "underscores": (with_line(QtyItem="1_000"), "Detalle[0].QtyItem", "POSTA-DTE-03", "un número"),
    "digits of another script": (with_line(QtyItem="1٣"), "Detalle[0].QtyItem", "POSTA-DTE-03", "un número"),
    "no digit at all": (with_line(QtyItem="😀"), "Detalle[0].QtyItem", "POSTA-DTE-03", "un número"),
    "no letter": (with_line(NmbItem="🍣 日本"), "Detalle[0].NmbItem", "POSTA-DTE-03", "un texto en letras latinas"),
    "true is no number": (with_line(QtyItem=True), "Detalle[0].QtyItem", "POSTA-DTE-03", "un número"),
    "infinite": (with_line(QtyItem=float("inf")), "Detalle[0].QtyItem", "POSTA-DTE-05", "finito"),
    "a thousand with a dot": (with_line(MontoItem="1.000"), "Detalle[0].MontoItem", "POSTA-DTE-03", "sin puntos"),
    "half a peso": (with_line(MontoItem=0.5), "Detalle[0].MontoItem", "POSTA-DTE-03", "un número entero"),
    "negative": (with_line(MontoItem=-1), "Detalle[0].MontoItem", "POSTA-DTE-05", "0 o más"),
    "too many decimals": (with_line(QtyItem="1.1234567"), "Detalle[0].QtyItem", "POSTA-DTE-05", "6 decimales"),
    "too many digits": (with_line(QtyItem="1234567890123"), "Detalle[0].QtyItem", "POSTA-DTE-05", "12 dígitos"),
    "not an option": (with_line(IndExe=9), "Detalle[0].IndExe", "POSTA-DTE-06", "uno de 1, 2, 3, 4, 5, 6"),
    "an object for a text": (with_line(NmbItem={"a": 1}), "Detalle[0].NmbItem", "POSTA-DTE-03", "un texto"),
    "a list for a text": (with_line(NmbItem=["a"]), "Detalle[0].NmbItem", "POSTA-DTE-03", "se recibió una lista"),
    "a text for an object": (with_line(CdgItem="x"), "Detalle[0].CdgItem[0]", "POSTA-DTE-03", "un objeto"),
    "too many": (venta_factura(Detalle=[{"NmbItem": "x", "PrcItem": 1}] * 61), "Detalle", "POSTA-DTE-04", "hasta 60"),
    "no lines": (venta_boleta(Detalle=[]), "Detalle", "POSTA-DTE-01", "agréguelo"),
    "a day that is not": (with_line(FchElabor="2026-02-30"), "Detalle[0].FchElabor", "POSTA-DTE-08", "que exista"),
    "another form": (with_line(FchElabor="3/2/2026"), "Detalle[0].FchElabor", "POSTA-DTE-08", "AAAA-MM-DD"),
    "an object for a date": (with_line(FchElabor={"a": 1}), "Detalle[0].FchElabor", "POSTA-DTE-08", "una fecha"),
    "deep inside a list": (
        venta_factura(Referencia=[{"TpoDocRef": 33, "FchRef": "2026-01-02"}]),
        "Referencia[0].FolioRef",
        "POSTA-DTE-01",
        "agréguelo",
    ),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_each_mistake_is_told_with_its_path_its_code_and_a_remedy(case: tuple[dict[str, Any], str, str, str]) -> None:
    datos, ruta, codigo, words = case
    (falla,) = faults(datos)
    assert (falla.ruta, falla.codigo) == (ruta, codigo)
    assert words in falla.mensaje
    assert f"«{ruta.rpartition('.')[2]}»" in falla.mensaje


def test_a_wrong_check_digit_says_the_right_one() -> None:
    datos = venta_factura()
    datos["Encabezado"]["Receptor"]["RUTRecep"] = "76987654-4"
    (falla,) = faults(datos)
    assert (falla.ruta, falla.codigo) == ("Encabezado.Receptor.RUTRecep", "POSTA-DTE-07")
    assert "76987654-5" in falla.mensaje


def test_all_mistakes_are_told_at_once() -> None:
    datos = with_line(QtyItem="x", IndExe=9, zzz=1)
    assert len(faults(datos)) == 3


@pytest.mark.parametrize(
    ("datos", "ruta", "codigo"),
    [
        (None, "", "POSTA-DTE-03"),
        ([1], "", "POSTA-DTE-03"),
        ("texto", "", "POSTA-DTE-03"),
        ({}, "Encabezado", "POSTA-DTE-01"),
        ({"Encabezado": 1}, "Encabezado", "POSTA-DTE-03"),
        ({"Encabezado": {"IdDoc": {"TipoDTE": None}}}, "Encabezado.IdDoc.TipoDTE", "POSTA-DTE-01"),
        ({"Encabezado": {"IdDoc": {"TipoDTE": 99}}}, "Encabezado.IdDoc.TipoDTE", "POSTA-DTE-09"),
        ({"Encabezado": {"IdDoc": {"TipoDTE": "x"}}}, "Encabezado.IdDoc.TipoDTE", "POSTA-DTE-09"),
        ({"Encabezado": {"IdDoc": {"TipoDTE": [33]}}}, "Encabezado.IdDoc.TipoDTE", "POSTA-DTE-09"),
        ({"Encabezado": {"IdDoc": {"TipoDTE": 10**5000}}}, "Encabezado.IdDoc.TipoDTE", "POSTA-DTE-09"),
    ],
)
def test_what_is_no_document_is_refused(datos: object, ruta: str, codigo: str) -> None:
    assert [(falla.ruta, falla.codigo) for falla in faults(datos)] == [(ruta, codigo)]


def test_numbers_that_python_cannot_write_are_refused() -> None:
    assert faults(with_line(MontoItem=10**5000))[0].codigo in ("POSTA-DTE-03", "POSTA-DTE-05")
    assert faults(with_line(QtyItem="1e1000000"))[0].codigo == "POSTA-DTE-05"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_any_json_gives_a_sale_or_fallas_and_nothing_else(data: st.DataObject) -> None:
    datos = json.loads(json.dumps(data.draw(st.sampled_from([venta_boleta(), venta_factura()]))))
    parte = data.draw(st.sampled_from([datos, datos["Encabezado"], datos["Encabezado"]["IdDoc"], datos["Detalle"][0]]))
    campo = data.draw(st.sampled_from([*parte, "IndExe", "MntBruto", "Totales", "Referencia"]) | st.text(max_size=5))
    parte[campo] = data.draw(JSON)
    fallas: Sequence[Falla] | None = None
    try:
        parse_venta(datos)
    except Invalid as error:
        fallas = error.fallas
    assert fallas is None or all(falla.codigo.startswith("POSTA-DTE-") and falla.mensaje for falla in fallas)
    assert fallas is None or fallas


def test_lists_inside_lists_are_refused_however_deep() -> None:
    deep: Any = "x"
    for _ in range(3000):
        deep = [deep]
    assert faults(with_line(CdgItem=deep))


def test_a_company_is_read_like_a_sale() -> None:
    datos = {"rut": "77.123.456-9", "razon_social": "“Ñuñoa”", "giro": "x", "acteco": 471990}
    empresa = DatosEmisor.model_validate(datos | {"direccion": "Calle 1", "comuna": "Santiago"})
    assert (empresa.rut, empresa.razon_social, empresa.acteco) == ("77123456-9", '"Ñuñoa"', (471990,))

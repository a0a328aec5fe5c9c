"""What a till is told about its own words."""

from __future__ import annotations

from typing import Any

from services.emitter.advertencias import find_advertencias
from shared.dte.documento import complete_venta
from shared.dte.modelo import parse_venta
from tests.dte_data import EMISOR, FECHA, RECEPTOR_RUT, venta_boleta, venta_factura


def _advertencias(datos: dict[str, Any]) -> tuple[str, ...]:
    return find_advertencias(datos, complete_venta(parse_venta(datos), EMISOR, fecha=FECHA), FECHA)


def test_a_sale_that_goes_through_as_it_is_has_no_warnings() -> None:
    assert _advertencias(venta_boleta()) == ()
    assert _advertencias(venta_factura()) == ()


def test_text_that_was_cut_is_named_with_what_became_of_it() -> None:
    [aviso] = _advertencias(venta_boleta(Detalle=[{"NmbItem": "x" * 100, "PrcItem": 10}]))
    assert aviso.startswith("Detalle[0].NmbItem: quedó como «xxx")
    assert len(aviso) < 120


def test_text_that_was_transliterated_is_named() -> None:
    detalle = [{"NmbItem": "Té", "PrcItem": 10}, {"NmbItem": "Café “fino” – 1 €", "PrcItem": 10}]
    assert _advertencias(venta_boleta(Detalle=detalle)) == ('Detalle[1].NmbItem: quedó como «Café "fino" - 1 EUR»',)


def test_other_spellings_of_the_same_are_no_changes() -> None:
    venta = venta_factura(Detalle={"NmbItem": "  Conector   rojo ", "QtyItem": "450", "PrcItem": 70.0})
    venta["Encabezado"]["Receptor"]["RUTRecep"] = RECEPTOR_RUT.replace("76987654", "76.987.654")
    assert _advertencias(venta) == ()


def test_there_are_never_more_than_twenty() -> None:
    detalle = [{"NmbItem": f"Té – {n}", "PrcItem": 10} for n in range(50)]
    assert len(_advertencias(venta_boleta(Detalle=detalle))) == 20


def test_what_the_sii_will_object_to_is_told_after_the_texts() -> None:
    venta = venta_factura(Detalle={"NmbItem": "Café – molido", "PrcItem": 10})
    del venta["Encabezado"]["IdDoc"]["FmaPago"]
    texto, reparo = _advertencias(venta)
    assert texto.startswith("Detalle[0].NmbItem")
    assert reparo.startswith("Encabezado.IdDoc.FmaPago: falta «FmaPago»")
    assert "POSTA-DTE-121" in reparo

"""What the SII would reject is refused before a folio is spent."""

from __future__ import annotations

from typing import Any

import pytest

from shared.dte.documento import complete_venta
from shared.dte.modelo import parse_venta
from shared.errors import Falla, Invalid
from tests import dte_data
from tests.dte_data import venta_boleta, venta_factura


def faults(datos: dict[str, Any]) -> list[Falla]:
    try:
        complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)
    except Invalid as error:
        return list(error.fallas)
    return []


def codes(datos: dict[str, Any]) -> list[tuple[str, str]]:
    return [(falla.ruta, falla.codigo) for falla in faults(datos)]


def changed(datos: dict[str, Any], parte: str, **campos: Any) -> dict[str, Any]:
    """The sale with fields of one part of its header replaced."""
    encabezado = datos["Encabezado"]
    return {**datos, "Encabezado": {**encabezado, parte: {**encabezado.get(parte, {}), **campos}}}


@pytest.mark.parametrize(("venta", "otro"), [(venta_factura(), "34"), (venta_boleta(), "41")])
def test_a_sale_without_anything_taxable_belongs_in_another_document(venta: dict[str, Any], otro: str) -> None:
    exenta = {"NmbItem": "Libro", "PrcItem": 1000, "IndExe": 1}
    (falla,) = faults({**venta, "Detalle": [exenta, {**exenta, "IndExe": 2}]})
    assert (falla.ruta, falla.codigo) == ("Detalle", "POSTA-DTE-21")
    assert f"tipo {otro}" in falla.mensaje


@pytest.mark.parametrize("venta", [venta_factura(), venta_boleta()])
def test_a_sale_of_what_is_not_billed_belongs_in_no_other_document(venta: dict[str, Any]) -> None:
    assert codes({**venta, "Detalle": [{"NmbItem": "Vale", "PrcItem": 1000, "IndExe": 2}]}) == []


def test_a_sale_with_one_taxable_line_may_have_exempt_ones() -> None:
    lineas = [{"NmbItem": "Libro", "PrcItem": 1000, "IndExe": 1}, {"NmbItem": "Té", "PrcItem": 10}]
    assert codes(venta_factura(Detalle=lineas)) == []


def test_a_factura_names_giro_address_and_commune_of_its_receptor() -> None:
    datos = changed(venta_factura(), "Receptor", GiroRecep=None, DirRecep="", CmnaRecep=None)
    rutas = [f"Encabezado.Receptor.{campo}" for campo in ("GiroRecep", "DirRecep", "CmnaRecep")]
    assert codes(datos) == [(ruta, "POSTA-DTE-23") for ruta in rutas]


def test_another_companys_sale_is_refused() -> None:
    (falla,) = faults(changed(venta_boleta(), "Emisor", RUTEmisor=dte_data.RECEPTOR_RUT))
    assert (falla.ruta, falla.codigo) == ("Encabezado.Emisor.RUTEmisor", "POSTA-DTE-22")
    assert dte_data.EMISOR_RUT in falla.mensaje


def test_a_folio_is_not_the_pos_to_give() -> None:
    assert codes(changed(venta_boleta(), "IdDoc", Folio=7)) == [("Encabezado.IdDoc.Folio", "POSTA-DTE-24")]


def test_gross_prices_and_additional_taxes_exclude_each_other() -> None:
    datos = venta_factura(Detalle={"NmbItem": "Pisco", "PrcItem": 1000, "CodImpAdic": 24})
    assert codes(changed(datos, "IdDoc", MntBruto=1)) == [("Encabezado.IdDoc.MntBruto", "POSTA-DTE-25")]


def test_a_period_runs_forward() -> None:
    datos = changed(venta_factura(), "IdDoc", PeriodoDesde="2026-02-01", PeriodoHasta="2026-01-31")
    assert codes(datos) == [("Encabezado.IdDoc.PeriodoDesde", "POSTA-DTE-34")]
    assert codes(changed(datos, "IdDoc", PeriodoHasta="2026-02-01")) == []


@pytest.mark.parametrize(
    ("campos", "esperado"),
    [
        ({"TpoDocRef": 33, "FolioRef": 1}, []),
        ({"TpoDocRef": "HES", "FolioRef": "A-1"}, []),
        ({"TpoDocRef": 801, "FolioRef": "OC-7"}, []),
        ({"TpoDocRef": 52, "FolioRef": 0, "IndGlobal": 1}, []),
        ({"TpoDocRef": 999, "FolioRef": 1}, [("Referencia[0].TpoDocRef", "POSTA-DTE-33")]),
        ({"TpoDocRef": 52, "FolioRef": 0}, [("Referencia[0].FolioRef", "POSTA-DTE-32")]),
        ({"TpoDocRef": 52, "FolioRef": 7, "IndGlobal": 1}, [("Referencia[0].FolioRef", "POSTA-DTE-32")]),
    ],
)
def test_references_are_to_documents_that_exist(campos: dict[str, Any], esperado: list[tuple[str, str]]) -> None:
    assert codes(venta_factura(Referencia={**campos, "FchRef": "2026-01-02"})) == esperado


REFERABLE = (
    "30 32 33 34 35 38 39 40 41 43 45 46 50 52 55 56 60 61 103 110 111 112 "
    "801 802 803 804 805 806 807 808 809 810 811 812 813 814 815 820"
)


def test_the_table_of_referable_documents_is_the_siis() -> None:
    references = [{"TpoDocRef": tipo, "FolioRef": 1, "FchRef": "2026-01-02"} for tipo in range(1, 1000)]
    refused = set()
    for start in range(0, len(references), 40):
        for ruta, _ in codes(venta_factura(Referencia=references[start : start + 40])):
            refused.add(start + int(ruta.partition("[")[2].partition("]")[0]) + 1)
    assert set(range(1, 1000)) - refused == set(map(int, REFERABLE.split()))


@pytest.mark.parametrize(
    ("servicio", "given", "missing"),
    [
        (1, {}, ["Encabezado.Receptor.DirRecep"]),
        (2, {}, ["Encabezado.Receptor.DirRecep", "Encabezado.IdDoc.FchVenc"]),
        (2, {"FchVenc": "2026-03-01"}, ["Encabezado.Receptor.DirRecep"]),
        (3, {}, []),
    ],
)
def test_periodic_services_name_their_address_and_due_date(
    servicio: int, given: dict[str, str], missing: list[str]
) -> None:
    datos = changed(venta_boleta(), "IdDoc", IndServicio=servicio, **given)
    assert codes(datos) == [(ruta, "POSTA-DTE-29") for ruta in missing]
    assert len(codes(changed(datos, "Receptor", DirRecep="Calle 1"))) == max(0, len(missing) - 1)


def test_a_boleta_of_a_show_says_which_lines_are_tickets() -> None:
    lineas = [{"NmbItem": "Entrada", "PrcItem": 9000}, {"NmbItem": "Entrada", "PrcItem": 9000, "ItemEspectaculo": 1}]
    datos = changed(venta_boleta(Detalle=lineas), "IdDoc", IndServicio=4)
    rutas = ["Detalle[0].ItemEspectaculo", "Detalle[1].InfoTicket"]
    assert codes(datos) == [(ruta, "POSTA-DTE-30") for ruta in rutas]
    lineas[0]["ItemEspectaculo"] = "02"
    lineas[1]["InfoTicket"] = {
        "FolioTicket": 1,
        "FchGenera": "2026-02-03T10:00:00",
        "NmbEvento": "Ópera",
        "TpoTicket": "Adulto",
        "CdgEvento": "OP1",
        "FchEvento": "2026-03-01T21:00:00",
        "LugarEvento": "Teatro",
        "UbicEvento": "Platea",
    }
    assert codes(datos) == []


@pytest.mark.parametrize(
    ("lista", "elementos", "campo"),
    [
        ("Referencia", [{"TpoDocRef": 33, "FolioRef": 1, "FchRef": "2026-01-02", "NroLinRef": 2}], "NroLinRef"),
        ("DscRcgGlobal", [{"TpoMov": "D", "TpoValor": "%", "ValorDR": 1, "NroLinDR": 3}], "NroLinDR"),
        ("SubTotInfo", [{"GlosaSTI": "x", "NroSTI": 2}], "NroSTI"),
        (
            "Comisiones",
            [{"TipoMovim": "C", "Glosa": "x", "ValComNeto": 0, "ValComExe": 0, "NroLinCom": 2}],
            "NroLinCom",
        ),
    ],
)
def test_lists_are_numbered_from_one(lista: str, elementos: list[dict[str, Any]], campo: str) -> None:
    datos = venta_factura(**{lista: elementos})
    assert codes(datos) == [(f"{lista}[0].{campo}", "POSTA-DTE-20")]
    assert "el cálculo da 1;" in faults(datos)[0].mensaje
    del elementos[0][campo]
    completa = complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)
    assert getattr(getattr(completa, lista)[0], campo) == 1


def test_every_fault_of_a_sale_is_told_at_once() -> None:
    datos = changed(changed(venta_factura(), "Receptor", GiroRecep=None), "IdDoc", Folio=7)
    datos["Detalle"] = [{"NmbItem": "x", "PrcItem": 5, "MontoItem": 6}]
    assert {codigo for _, codigo in codes(datos)} == {"POSTA-DTE-20", "POSTA-DTE-23", "POSTA-DTE-24"}

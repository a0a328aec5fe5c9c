"""The rules about who buys: tourists, and the buyers of boletas beyond 135 UF."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.dte.tipos import TipoDte
from tests.unit.dte.faltas import EMIS, ID, RECEP, codes, mutate
from tests.ventas import RECEPTOR, venta_de, with_campo

TURISTA: dict[str, object] = {
    f"{ID}.TipoFactEsp": 1,
    RECEP: {
        "RUTRecep": "55555555-5",
        "RznSocRecep": "Ann Smith",
        "Extranjero": {"NumId": "E123", "Nacionalidad": "225", "TipoDocID": 1},
    },
    EMIS: {"DirOrigen": "21 de Mayo 1", "CmnaOrigen": "General Lagos"},
}


@pytest.mark.parametrize("comuna", ["Arica", "CAMARONES", "putre", "General Lagós"])
def test_a_tourists_factura_is_taken_in_four_communes(comuna: str) -> None:
    datos = mutate(venta_de(TipoDte.FACTURA), TURISTA)
    assert codes(with_campo(datos, f"{EMIS}.CmnaOrigen", comuna)) == []


@pytest.mark.parametrize(
    ("ruta", "valor"),
    [
        (f"{RECEP}.RUTRecep", RECEPTOR["RUTRecep"]),
        (f"{RECEP}.Extranjero.TipoDocID", None),
        (f"{RECEP}.Extranjero.NumId", None),
        (f"{EMIS}.CmnaOrigen", "Iquique"),
    ],
)
def test_a_tourist_is_identified_where_tourists_buy(ruta: str, valor: object) -> None:
    datos = with_campo(mutate(venta_de(TipoDte.FACTURA), TURISTA), ruta, valor)
    assert codes(datos) == [(ruta, "104")]


def test_a_tourist_without_identity_or_shop_is_refused_for_each() -> None:
    datos = with_campo(mutate(venta_de(TipoDte.FACTURA), TURISTA), f"{RECEP}.Extranjero", None)
    datos = with_campo(datos, EMIS, None)
    rutas = [f"{RECEP}.Extranjero.TipoDocID", f"{RECEP}.Extranjero.NumId", f"{EMIS}.CmnaOrigen"]
    assert codes(datos) == [(ruta, "104") for ruta in rutas]


UF = Decimal("39000.5")
LIMITE = 5265067
"""135 UF in whole pesos, rounded down."""


@pytest.mark.parametrize("tipo", [TipoDte.BOLETA, TipoDte.BOLETA_EXENTA])
def test_a_boleta_beyond_135_uf_names_its_buyer_and_the_means_of_payment(tipo: TipoDte) -> None:
    exenta = {"IndExe": 1} if tipo is TipoDte.BOLETA_EXENTA else {}
    datos = venta_de(tipo, Detalle={"NmbItem": "Auto", "PrcItem": LIMITE + 1, **exenta})
    rutas = [f"{RECEP}.RUTRecep", f"{RECEP}.RznSocRecep", f"{ID}.MedioPago"]
    assert codes(datos, UF) == [(ruta, "106") for ruta in rutas]
    assert codes(datos) == []
    assert codes(with_campo(datos, "Detalle.PrcItem", LIMITE), UF) == []
    datos = mutate(datos, {RECEP: {"RUTRecep": "76987654-5", "RznSocRecep": "Ana"}, f"{ID}.MedioPago": 3})
    assert codes(datos, UF) == []


def test_a_factura_has_no_such_limit() -> None:
    assert codes(venta_de(TipoDte.FACTURA, Detalle={"NmbItem": "Auto", "PrcItem": LIMITE * 2}), UF) == []

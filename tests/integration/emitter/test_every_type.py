"""All twelve kinds of sale at the till's door, with the folios of each kind."""

from __future__ import annotations

import httpx

from shared.administracion.main import open_admin
from shared.dte.documento import read_dte
from shared.dte.esquema import esquema_for, validate_esquema
from shared.dte.relectura import read_venta
from shared.dte.tipos import EXPORTACIONES, TipoDte
from tests.emitter_world import World, import_folios, request_of
from tests.ventas import VENTAS, with_campo

SERVED = (TipoDte.BOLETA, TipoDte.FACTURA)
"""The company of the tests has folios of these two already."""


async def test_every_kind_of_sale_becomes_a_document_of_its_kind(http: httpx.AsyncClient, world: World) -> None:
    async with open_admin(world.settings) as admin:
        for tipo in TipoDte:
            if tipo not in SERVED:
                await import_folios(admin, tipo, 1, 5)
    for tipo, venta in VENTAS.items():
        answer = await http.post("/v1/dte", **request_of(f"venta-{tipo:d}", venta))
        assert answer.status_code == 201, answer.text
        documento = answer.json()
        assert (documento["tipo"], documento["folio"]) == (tipo, 1)
        xml = (await http.get(documento["enlaces"]["xml"])).content
        validate_esquema(xml, esquema_for(tipo))
        assert read_dte(xml).monto == documento["monto"]
        assert documento["moneda"] == ("DOLAR USA" if tipo in EXPORTACIONES else None)
        assert len(read_venta(xml).Detalle) == len(venta["Detalle"]) or isinstance(venta["Detalle"], dict)


async def test_what_the_sii_would_object_to_is_in_the_answer_and_what_it_rejects_costs_no_folio(
    http: httpx.AsyncClient, world: World
) -> None:
    async with open_admin(world.settings) as admin:
        await import_folios(admin, TipoDte.NOTA_CREDITO, 1, 5)
    nota = VENTAS[TipoDte.NOTA_CREDITO]
    refused = await http.post("/v1/dte", **request_of("sin-referencia", {**nota, "Referencia": None}))
    assert refused.status_code == 422
    assert [error["codigo"] for error in refused.json()["errores"]] == ["POSTA-DTE-37"]
    sin_giro = with_campo(nota, "Encabezado.Receptor.GiroRecep", None)
    taken = (await http.post("/v1/dte", **request_of("sin-giro", sin_giro))).json()
    assert taken["folio"] == 1
    (aviso,) = taken["advertencias"]
    assert aviso.startswith("Encabezado.Receptor.GiroRecep: falta «GiroRecep»")

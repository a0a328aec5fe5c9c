"""The POS client and the real emitter."""

from __future__ import annotations

import asyncio

import pytest

from services.emitter.client import NotAuthorized, PosClient, SyncPosClient
from shared.errors import Conflict, Invalid, Unavailable
from shared.settings import Settings
from tests.dte_data import venta_boleta
from tests.emitter_world import World, create_world


async def test_a_till_issues_repeats_and_is_told_its_mistakes(world: World) -> None:
    async with world.pos() as pos:
        first = await pos.emit(venta_boleta(), "venta-1")
        again = await pos.emit(venta_boleta(), "venta-1")
        assert (first.folio, first.repetido, again.repetido) == (1, False, True)
        assert again.model_copy(update={"repetido": False, "estado": first.estado}) == first
        with pytest.raises(Conflict):
            await pos.emit(venta_boleta(Detalle=[{"NmbItem": "Café", "PrcItem": 1}]), "venta-1")
        with pytest.raises(Invalid) as caught:
            await pos.emit(venta_boleta(Detalle=[{"NmbItem": "Café", "PrcItem": -1}]), "venta-2")
        assert caught.value.fallas[0].ruta == "Detalle[0].PrcItem"
    async with PosClient(world.url, "posta_desconocida") as stranger:
        with pytest.raises(NotAuthorized):
            await stranger.emit(venta_boleta(), "v")


async def test_many_sales_have_their_results_in_order_and_one_that_is_wrong_spoils_nothing(world: World) -> None:
    wrong = venta_boleta(Detalle=[{"NmbItem": "Café", "PrcItem": -1}])
    ventas = [(f"venta-{n}", wrong if n == 7 else venta_boleta()) for n in range(50)]
    async with world.pos() as pos:
        await pos.emit(venta_boleta(), "venta-3")
        results = [resultado async for resultado in pos.emit_lote(ventas, lineas=20)]

    assert [resultado.clave for resultado in results] == [clave for clave, _ in ventas]
    assert isinstance(results[7].error, Invalid)
    assert results[7].error.fallas[0].ruta == "Detalle[0].PrcItem"
    documentos = [resultado.documento for resultado in results if resultado.documento is not None]
    assert len({documento.folio for documento in documentos}) == 49
    assert [n for n, r in enumerate(results) if r.documento is not None and r.documento.repetido] == [3]


async def test_a_till_without_an_event_loop_does_the_same(world: World) -> None:
    def sell() -> list[int]:
        with SyncPosClient(world.url, world.llave) as pos:
            first = pos.emit(venta_boleta(), "venta-1")
            many = list(pos.emit_lote((f"venta-{n}", venta_boleta()) for n in range(1, 4)))
            with pytest.raises(Invalid):
                pos.emit({}, "venta-4")
        again = pos.emit(venta_boleta(), "venta-1")  # it opens again
        pos.close()
        assert again.repetido
        return [first.folio, *(resultado.documento.folio for resultado in many if resultado.documento)]

    folios = await asyncio.to_thread(sell)
    assert folios[0] == folios[1]
    assert len(set(folios)) == 3


async def test_where_nobody_listens_the_till_is_told_so(settings: Settings) -> None:
    world = await create_world(settings, boletas=1, facturas=0)
    async with world.pos(intentos=2) as pos:
        with pytest.raises(Unavailable, match="2 intentos"):
            await pos.emit(venta_boleta(), "v")

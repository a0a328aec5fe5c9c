"""The POS client and the real emitter."""

from __future__ import annotations

import json

import pytest

from services.emitter.client import NotAuthorized, PosClient, emit_file
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


async def test_a_file_sent_twice_is_one_document(world: World) -> None:
    archivo = json.dumps(venta_boleta()).encode()
    first, again = [await emit_file(world.url, world.llave, archivo) for _ in range(2)]
    other = await emit_file(world.url, world.llave, archivo, clave="otra-venta")

    assert (first["folio"], again["folio"], other["folio"]) == (1, 1, 2)
    assert (first["repetido"], again["repetido"]) == (False, True)
    json.dumps(first)


async def test_where_nobody_listens_the_till_is_told_so(settings: Settings) -> None:
    world = await create_world(settings, boletas=1, facturas=0)
    async with world.pos(intentos=2) as pos:
        with pytest.raises(Unavailable, match="2 intentos"):
            await pos.emit(venta_boleta(), "v")

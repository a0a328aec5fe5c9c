"""One sale, from the till to the database and the broker."""

from __future__ import annotations

from shared.settings import Settings
from tests.dte_data import venta_boleta
from tests.emitter_world import create_world, request_of, running_emitter


async def test_a_sale_becomes_a_document(settings: Settings) -> None:
    world = await create_world(settings)
    async with running_emitter(world), world.http() as http:
        answer = await http.post("/v1/dte", **request_of("venta-1", venta_boleta()))
        assert answer.status_code == 201

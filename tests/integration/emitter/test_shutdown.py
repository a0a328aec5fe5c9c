"""The end of the emitter cannot be drawn out from outside."""

from __future__ import annotations

import asyncio

from shared.settings import Settings
from tests.emitter_world import create_world, running_emitter


async def test_a_client_that_never_finishes_its_request_does_not_keep_the_emitter_from_ending(
    settings: Settings,
) -> None:
    world = await create_world(settings)
    async with running_emitter(world):
        reader, writer = await asyncio.open_connection(world.settings.emitter_host, world.settings.emitter_port)
        writer.write(
            f"POST /v1/dte HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.llave}\r\nIdempotency-Key: v\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
        )
        await writer.drain()
    await reader.read()
    assert reader.at_eof(), "the emitter has hung up, and the client still has not finished"
    writer.close()

"""An index that takes longer to build than any operation may last is built all the same, while others sell."""

from __future__ import annotations

import asyncio
from typing import Any

from shared.adapters.mongo import Store
from shared.settings import Settings
from tests.conditions import eventually
from tests.records import make_record


async def test_a_build_is_waited_for_longer_than_any_operation_may_last(store: Store, settings: Settings) -> None:
    dtes = store.referencias._dtes
    admin = dtes.database.client.admin
    patience = settings.mongo_timeout.total_seconds()

    async def waits_beyond_the_bound() -> bool:
        ours: list[dict[str, Any]] = [
            {"$currentOp": {}},
            {"$match": {"command.createIndexes": dtes.name, "command.$db": dtes.database.name}},
        ]
        running = [op["microsecs_running"] async for op in admin.aggregate(ours)]
        return max(running, default=0) > 1_500_000 * patience

    assert await store.documents.insert([make_record(1)]) == {}
    await dtes.drop_index("refiere_a")
    async with await dtes.database.client.start_session() as session:
        async with session.start_transaction():
            await dtes.update_one({}, {"$set": {"prueba": 1}}, session=session)  # a build waits for whoever writes
            building = asyncio.create_task(store.referencias.create_indexes())
            await eventually(waits_beyond_the_bound)
        await building
    assert "refiere_a" in await dtes.index_information()


async def test_an_index_that_is_there_is_not_built_again_and_a_collection_need_not_be(store: Store) -> None:
    before = await store.referencias._dtes.index_information()
    await store.prepare()
    assert await store.referencias._dtes.index_information() == before
    await store.referencias._dtes.drop()
    await store.prepare()
    assert await store.referencias._dtes.index_information() == before

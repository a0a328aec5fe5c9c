"""An emitter that serves one company, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from shared.adapters.mongo import Store
from shared.settings import Settings
from tests.broker import Broker, open_broker
from tests.emitter_world import World, create_world, open_store, running_emitter


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """The company, and the emitter running."""
    ours = await create_world(settings)
    async with running_emitter(ours):
        yield ours


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A till's HTTP connection."""
    async with world.http() as client:
        yield client


@pytest.fixture
async def store(world: World) -> AsyncIterator[Store]:
    async with open_store(world.settings) as ours:
        yield ours


@pytest.fixture
async def broker(world: World) -> AsyncIterator[Broker]:
    async with open_broker(world.settings) as ours:
        yield ours

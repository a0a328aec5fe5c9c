"""One process's view of a fresh database, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from shared.adapters.mongo import Store
from shared.settings import Settings
from tests.records import MOMENTO


class Reloj:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.ahora = MOMENTO

    def __call__(self) -> datetime:
        return self.ahora

    def advance(self, **tiempo: float) -> None:
        self.ahora += timedelta(**tiempo)


@pytest.fixture
def reloj() -> Reloj:
    return Reloj()


@pytest.fixture
async def store(settings: Settings, reloj: Reloj) -> AsyncIterator[Store]:
    ours = Store(settings, reloj, "proceso-a")
    await ours.prepare()
    yield ours
    await ours.close()

"""What every test may ask for: the servers of the run, and settings on a clean corner of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from shared.settings import Settings
from tests.servers import RunServers, run_servers, settings_for

_KEPT = {"POSTA_RABBITMQ_SBIN", "POSTA_MONGOD"}
for _name in [name for name in os.environ if name.startswith("POSTA_") and name not in _KEPT]:
    del os.environ[_name]  # the developer's own settings are not the tests'


for _name in dir(anyio):
    # Loaded when first used, and compiled by pytest then, perhaps while another thread compiles: for that CPython 3.11
    # has one recursion counter for all of them, and can fail.
    getattr(anyio, _name)


@pytest.fixture(scope="session")
def servers() -> Iterator[RunServers]:
    """One RabbitMQ and one MongoDB for the whole run, or for each worker of it, started when the first test asks."""
    with run_servers() as ours:
        yield ours


@pytest.fixture
def settings(servers: RunServers, tmp_path: Path) -> Iterator[Settings]:
    """Settings on a virtual host and a database that nobody else uses; swept after the test."""
    name = servers.fresh_name()
    yield settings_for(servers.private, name, tmp_path)
    servers.sweep(name)

"""One database and one virtual host belong to one environment of the SII, whatever a process is told."""

from __future__ import annotations

import asyncio
import sys

import pytest

from deploy.local.environment import child_environment
from shared.adapters.mongo import Store
from shared.clock import now
from shared.dte.tipos import Ambiente
from shared.errors import Misconfigured
from shared.settings import Settings
from tests.broker import open_broker
from tests.emitter_world import create_world, open_store


async def _run(settings: Settings, *command: str) -> tuple[int | None, str]:
    """Exit status and last words of a program; one that does not end by itself is a failure of the test."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", *command),
        env=child_environment(settings),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            _, error = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, error.decode()


def _in_produccion(settings: Settings) -> Settings:
    return settings.model_copy(update={"ambiente": Ambiente.PRODUCCION, "caf_llaves_file": None})


async def test_no_process_of_another_environment_works_on_this_database(settings: Settings) -> None:
    await create_world(settings)
    produccion = _in_produccion(settings)
    commands = [("run", "emitter"), ("run", "sender"), ("run", "monitor"), ("terminal", "list"), ("dlq", "list")]
    for status, error in await asyncio.gather(*(_run(produccion, *command) for command in commands)):
        assert status == Misconfigured.EXIT_STATUS, error
        assert "POSTA_AMBIENTE es «produccion», pero la base de datos" in error
        assert "es de «certificacion»" in error
        assert "Traceback" not in error


async def test_no_process_of_another_environment_works_on_this_virtual_host(settings: Settings) -> None:
    async with open_broker(settings):
        pass
    produccion = _in_produccion(settings)
    for service in ("emitter", "sender"):
        status, error = await _run(produccion, "run", service)
        assert status == Misconfigured.EXIT_STATUS, error
        assert "pero este RabbitMQ sirve al otro ambiente" in error
        assert "Traceback" not in error


async def test_of_many_who_are_first_one_decides(settings: Settings) -> None:
    stores = [Store(s, now, "prueba") for s in (settings, _in_produccion(settings)) for _ in range(5)]
    outcomes = await asyncio.gather(*(store.check_ambiente() for store in stores), return_exceptions=True)
    for store in stores:
        await store.close()
    ours, theirs = outcomes[:5], outcomes[5:]
    assert [isinstance(outcome, Misconfigured) for outcome in (ours + theirs)].count(True) == 5
    assert len({type(outcome) for outcome in ours}) == len({type(outcome) for outcome in theirs}) == 1


async def test_the_environment_of_a_database_stays(settings: Settings) -> None:
    async with open_store(settings):
        pass
    for _ in range(2):
        with pytest.raises(Misconfigured, match="POSTA_MONGO_DATABASE"):
            async with open_store(_in_produccion(settings)):
                raise AssertionError
    async with open_store(settings) as store:
        await store.ping()

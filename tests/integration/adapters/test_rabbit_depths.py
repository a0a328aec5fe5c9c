"""Asking for depths: nothing is left open, whenever whoever asks is told to stop."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import aio_pika
import pytest

from deploy.local.ports import free_ports
from shared.adapters.rabbit import VENTAS_QUEUE, Depths
from shared.errors import Misconfigured, Unavailable
from shared.settings import Settings


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21, 34])
async def test_stopped_while_it_connects_it_leaves_no_socket_open(settings: Settings, turns: int) -> None:
    depths = Depths(settings, "prueba")
    asking = asyncio.ensure_future(depths.measure([VENTAS_QUEUE]))
    for _ in range(turns):
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert (depths._connecting, depths._connection) == (None, None)
    gc.collect()  # a socket that nobody closed says so, and fails the test


async def test_refused_it_leaves_nothing_that_is_to_be_closed_later(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "clave").write_text("no es esta")
    depths = Depths(settings.model_copy(update={"rabbit_password_file": tmp_path / "clave"}), "prueba")
    with pytest.raises(Misconfigured):
        await depths.measure([VENTAS_QUEUE])
    # By its type: a lazy object of another test, asked what it is, is loaded.
    ours = [each for each in gc.get_objects() if issubclass(type(each), aio_pika.Connection)]
    assert [each for each in ours if each.url.path == f"/{settings.rabbit_vhost}" and not each.is_closed] == []


async def test_after_a_broker_that_is_away_the_next_question_connects_anew(settings: Settings) -> None:
    [port] = free_ports(1)
    depths = Depths(settings.model_copy(update={"rabbit_port": port}), "prueba")
    for _ in range(2):
        with pytest.raises(Unavailable):
            await depths.measure([VENTAS_QUEUE])
    depths._settings = settings
    assert await depths.measure(["no-existe"]) == {}
    await depths.close()

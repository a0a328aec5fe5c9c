"""Sales that a till keeps on its own disk until they are issued, through outages and restarts."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.emitter.client import Despacho, DocumentoEmitido, SyncPosClient
from services.emitter.client.spool import EstadoVenta
from shared.errors import Conflict, Invalid, PostaError
from shared.settings import Settings
from tests.dte_data import venta_boleta
from tests.emitter_world import World, create_world, open_store, running_emitter
from tests.invariants import check_folios

WRONG = venta_boleta(Detalle=[{"NmbItem": "Té", "PrcItem": -1}])


@pytest.fixture
def till(settings: Settings) -> Iterator[Callable[..., Despacho]]:
    """Makes dispatches of one till, on one spool."""
    made: list[Despacho] = []
    clients: list[SyncPosClient] = []

    def make(world: World, **options: Any) -> Despacho:
        clients.append(SyncPosClient(world.url, world.llave, intentos=1))
        despacho = Despacho(settings.carpeta / "ventas.db", clients[-1], pausa=timedelta(milliseconds=50), **options)
        made.append(despacho)
        return despacho

    yield make
    for despacho in made:
        despacho.close()
    for client in clients:
        client.close()


async def test_a_sale_is_kept_while_the_emitter_is_away_through_a_restart_and_is_issued_once_it_is_back(
    settings: Settings, till: Callable[..., Despacho]
) -> None:
    world = await create_world(settings)
    first = till(world)
    assert await asyncio.to_thread(first.emit, venta_boleta(), "v-1", espera=0.2) is None
    first.put(venta_boleta(), "v-2")
    await asyncio.to_thread(first.close)
    assert first.spool.count()[EstadoVenta.PENDIENTE] == 2
    assert "no responde" in str(first.spool.last_error())

    async with running_emitter(world):
        second = till(world)
        second.start()
        assert await asyncio.to_thread(second.wait_empty, 60)
        again = await asyncio.to_thread(second.emit, venta_boleta(), "v-1", espera=60)
        await asyncio.to_thread(second.close)

    assert again is not None
    assert again.folio in (1, 2)
    async with open_store(world.settings) as store:
        assert (await check_folios(store)).usados == 2


async def test_a_sale_that_is_wrong_is_set_aside_and_can_be_corrected_under_its_key(
    world: World, till: Callable[..., Despacho]
) -> None:
    told: list[tuple[str, DocumentoEmitido | None, PostaError | None]] = []
    despacho = till(world, on_resultado=lambda *resultado: told.append(resultado))
    with pytest.raises(Invalid, match="PrcItem"):
        await asyncio.to_thread(despacho.emit, WRONG, "v-1", espera=60)
    assert (await asyncio.to_thread(despacho.emit, venta_boleta(), "v-2", espera=60)) is not None

    corrected = await asyncio.to_thread(despacho.emit, venta_boleta(), "v-1", espera=60)

    assert corrected is not None
    with pytest.raises(Conflict, match="clave nueva"):
        despacho.put(WRONG, "v-1")
    assert despacho.spool.count() == {
        EstadoVenta.PENDIENTE: 0,
        EstadoVenta.EMITIDA: 2,
        EstadoVenta.RECHAZADA: 0,
    }
    assert [(clave, documento is None) for clave, documento, _ in told] == [
        ("v-1", True),
        ("v-2", False),
        ("v-1", False),
    ]
    await asyncio.to_thread(despacho.close)


async def test_a_mistake_in_the_till_itself_loses_nothing_and_is_told_again(
    world: World, till: Callable[..., Despacho]
) -> None:
    told: list[int] = []

    def write_down(_: str, documento: DocumentoEmitido | None, __: PostaError | None) -> None:
        assert documento is not None
        told.append(documento.folio)
        if len(told) == 1:
            raise sqlite3.OperationalError("database is locked")

    despacho = till(world, on_resultado=write_down)
    documento = await asyncio.to_thread(despacho.emit, venta_boleta(), "v-1", espera=60)
    assert documento is not None
    assert told == [documento.folio] * 2
    await asyncio.to_thread(despacho.close)


async def test_two_processes_share_one_spool_and_no_sale_is_lent_twice(
    world: World, till: Callable[..., Despacho]
) -> None:
    one, other = till(world), till(world)
    for n in range(30):
        (one if n % 2 else other).put(venta_boleta(), f"v-{n}")
    assert await asyncio.to_thread(one.wait_empty, 60)
    await asyncio.to_thread(one.close)
    await asyncio.to_thread(other.close)
    async with open_store(world.settings) as store:
        assert (await check_folios(store)).usados == 30


def test_what_was_put_is_on_disk_when_put_returns(tmp_path: Path) -> None:
    despacho = Despacho(tmp_path / "v.db", SyncPosClient("http://127.0.0.1:1", "posta_x", intentos=1))
    despacho.put(venta_boleta(), "v-1")
    copy = tmp_path / "copia.db"
    with sqlite3.connect(tmp_path / "v.db") as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    despacho.close()
    assert Despacho(copy, SyncPosClient("http://127.0.0.1:1", "posta_x")).spool.get("v-1") is not None

"""Companies, tills, heartbeats; and the connection itself."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from pymongo.errors import AutoReconnect, DuplicateKeyError, OperationFailure, WTimeoutError

from deploy.local.ports import free_ports
from shared.adapters.mongo import Store
from shared.adapters.mongo.client import translated
from shared.clock import now
from shared.dte.tipos import Canal
from shared.errors import Conflict, Misconfigured, Unavailable
from shared.messages import EmisorGuardado, Latido, Resolucion, TerminalGuardado
from shared.settings import Settings
from tests.integration.adapters.conftest import Reloj

EMISOR = EmisorGuardado(
    rut="77123456-9",
    datos={"rut": "77123456-9", "acteco": [471990]},
    resoluciones={Canal.BOLETA: Resolucion(fecha=date(2026, 1, 2), numero=0)},
    certificado=b"\x00cifrado",
    certificado_password=b"\x01cifrado",
)


def make_terminal(id_: str, hash_: str) -> TerminalGuardado:
    return TerminalGuardado(id=id_, emisor="77123456-9", tienda="Centro", caja="7", hash=hash_)


async def test_a_company_comes_back_as_it_was_stored_and_is_replaced_as_a_whole(store: Store) -> None:
    await store.companies.save_emisor(EMISOR)
    assert await store.companies.get_emisor(EMISOR.rut) == EMISOR

    without = EMISOR.model_copy(update={"certificado": None, "certificado_password": None})
    await store.companies.save_emisor(without)

    assert await store.companies.list_emisores() == [without]
    assert await store.companies.get_emisor("76000000-0") is None


async def test_a_till_is_found_by_the_hash_of_its_key_until_it_is_revoked(store: Store) -> None:
    one, other = make_terminal("a" * 24, "h1"), make_terminal("b" * 24, "h2")
    for terminal in (one, other):
        await store.companies.add_terminal(terminal)
    assert await store.companies.find_terminal("h1") == one

    assert await store.companies.revoke_terminal(one.id) is True

    assert await store.companies.find_terminal("h1") is None
    assert await store.companies.find_terminal("h2") == other
    assert [terminal.revocado for terminal in await store.companies.list_terminales()] == [True, False]
    assert await store.companies.revoke_terminal("c" * 24) is False


async def test_two_tills_cannot_have_one_key(store: Store) -> None:
    await store.companies.add_terminal(make_terminal("a" * 24, "h1"))
    with pytest.raises(Conflict):
        await store.companies.add_terminal(make_terminal("b" * 24, "h1"))


async def test_who_beats_is_alive_until_it_falls_silent_or_takes_its_leave(store: Store, reloj: Reloj) -> None:
    for id_ in ("a", "b"):
        await store.latidos.beat(Latido(id=id_, servicio="emitter", momento=reloj.ahora, en_vuelo=1))
    reloj.advance(seconds=10)
    await store.latidos.beat(Latido(id="b", servicio="emitter", momento=reloj.ahora, en_vuelo=7))
    limite = reloj.ahora - timedelta(seconds=5)

    alive = await store.latidos.alive(limite)
    assert [(latido.id, latido.en_vuelo) for latido in alive] == [("b", 7)]

    assert await store.latidos.alive_ids(limite) == {"b"}

    await store.latidos.stop("b")
    assert await store.latidos.alive(limite) == []


async def test_a_process_of_another_version_is_alive_although_it_speaks_otherwise(store: Store, reloj: Reloj) -> None:
    """While versions are exchanged one by one, none may die of the other's heartbeat, nor take it for dead."""
    other = {"_id": "c", "servicio": "sender", "momento": reloj.ahora, "cortes": {"boleta.subida": "abierto"}}
    await store._mongo.database.latidos.insert_one(other)

    assert await store.latidos.alive_ids(reloj.ahora) == {"c"}
    [latido] = await store.latidos.alive(reloj.ahora)
    assert (latido.id, latido.servicio, latido.cortes) == ("c", "sender", {})


async def test_without_a_server_every_operation_ends_within_its_bound(settings: Settings) -> None:
    [port] = free_ports(1)
    away = settings.model_copy(
        update={"mongo_url": f"mongodb://127.0.0.1:{port}/", "mongo_timeout": timedelta(milliseconds=300)}
    )
    store = Store(away, now, "prueba")
    for operation in (store.ping, store.prepare, store.documents.count_outbox, store.folios.list):
        with pytest.raises(Unavailable, match="MongoDB no responde ahora") as raised:
            await operation()
        limit = re.search(r"Timeout: ([0-9.]+)s", str(raised.value.__cause__))  # the driver's own account of its wait
        assert limit is not None
        assert float(limit[1]) <= away.mongo_timeout.total_seconds()
    await store.close()


@pytest.mark.parametrize("url", ["postgres://127.0.0.1/", "mongodb://127.0.0.1:no-es-un-puerto/"])
async def test_an_address_that_is_none_is_named_at_start(settings: Settings, url: str) -> None:
    with pytest.raises(Misconfigured, match="POSTA_MONGO_URL"):
        Store(settings.model_copy(update={"mongo_url": url}), now, "prueba")


async def test_a_user_without_password_file_is_named_at_start(settings: Settings) -> None:
    with pytest.raises(Misconfigured, match="POSTA_MONGO_PASSWORD_FILE"):
        Store(settings.model_copy(update={"mongo_user": "posta"}), now, "prueba")


@pytest.mark.parametrize(
    ("vendor", "ours"),
    [
        (DuplicateKeyError("E11000"), Conflict),
        (OperationFailure("requires authentication", 13), Misconfigured),
        (OperationFailure("bad password", 18), Misconfigured),
        (OperationFailure("not primary", 10107), Unavailable),
        (WTimeoutError("waiting for replication timed out", 64), Unavailable),
        (AutoReconnect("connection closed"), Unavailable),
    ],
)
def test_the_drivers_exceptions_become_ours(vendor: Exception, ours: type[Exception]) -> None:
    with pytest.raises(ours), translated():
        raise vendor

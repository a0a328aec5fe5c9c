"""The use case without a way in: what happens to a batch when something that cannot happen does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from services.emitter.app import Emitter
from services.emitter.espera import Emitido
from services.emitter.firmantes import Cafs, Empresas
from services.emitter.folios import FolioLedger
from services.emitter.provision import BLOQUE
from shared.adapters.emisores import Emisores
from shared.adapters.keystore import Boveda, open_certificado
from shared.adapters.mongo import Store
from shared.administracion.main import open_admin
from shared.clock import now
from shared.dte.existencias import Destino
from shared.dte.firma import Firmante
from shared.dte.tipos import TipoDte
from shared.errors import FoliosExhausted, Unavailable
from shared.messages import EmisorGuardado, TerminalGuardado
from shared.settings import Settings, require_file
from tests.conditions import eventually
from tests.dte_data import EMISOR_RUT, venta_boleta, venta_factura
from tests.emitter_world import create_world, import_folios, open_store, with_authority
from tests.invariants import check_folios
from tests.servers import RunServers
from tests.tcp_proxy import Proxy, proxy_to

VENTA = json.dumps(venta_boleta()).encode()
TERMINAL = TerminalGuardado(id="a" * 24, emisor=EMISOR_RUT, tienda="Centro", caja="7", hash="")
NOT_TEXT = TERMINAL.model_copy(update={"id": "b" * 24, "tienda": "\ud800"})
"""A till whose store no database can write down: stands for every mistake that nobody has thought of."""


@asynccontextmanager
async def open_emitter(
    store: Store, settings: Settings, *, plazo: timedelta = timedelta(seconds=10)
) -> AsyncIterator[tuple[Emitter, FolioLedger]]:
    boveda = Boveda.from_file(require_file(settings.llave_maestra_file, "llave_maestra_file"))
    ledger = FolioLedger(
        store.folios, store.documents, store.latidos, now, process="prueba", vencido=timedelta(milliseconds=1)
    )
    emitter = Emitter(
        store.documents,
        ledger,
        Empresas(Emisores(store.companies, boveda, open_certificado, now)),
        Cafs(store.folios, boveda),
        now,
        lote_max=10,
        hilos=2,
        plazo=plazo,
        find_uf=lambda _: None,
        announce=lambda _: None,
    )
    closing = asyncio.Event()
    running = asyncio.create_task(emitter.run(closing))
    await asyncio.sleep(0)
    yield emitter, ledger
    closing.set()
    await running
    with pytest.raises(Unavailable, match="deteniéndose"):
        await emitter.emit(VENTA, "tarde", TERMINAL)


@asynccontextmanager
async def through_proxy(servers: RunServers, settings: Settings) -> AsyncIterator[tuple[Proxy, Store]]:
    """The database behind a network that can be cut, and little patience with it."""
    async with proxy_to(servers.private.mongod.port) as proxy:
        url = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
        ours = Store(
            settings.model_copy(update={"mongo_url": url, "mongo_timeout": timedelta(seconds=1)}), now, "prueba"
        )
        yield proxy, ours
        await ours.close()


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    await create_world(settings)
    async with open_store(settings) as ours:
        yield ours


async def test_a_batch_that_fails_beyond_expectation_is_answered_and_its_folios_come_back(
    settings: Settings, store: Store
) -> None:
    async with open_emitter(store, settings) as (emitter, ledger):
        with pytest.raises(UnicodeEncodeError):
            await emitter.emit(VENTA, "v", NOT_TEXT)
        assert (await check_folios(store)).reservados == 1

        emitido = await emitter.emit(VENTA, "v", TERMINAL)
        assert (emitido.nuevo, emitido.dte.folio) == (True, 2)
        await ledger.close()
        for _ in range(2):
            await ledger.rescue()
        cuenta = await check_folios(store)
        assert (cuenta.reservados, cuenta.usados) == (0, 1)
        assert (await emitter.emit(VENTA, "otra", TERMINAL)).dte.folio == 1


async def test_a_certificate_is_open_before_the_first_sale(settings: Settings, store: Store) -> None:
    opened: list[str] = []

    def open_and_count(p12: bytes, password: str) -> Firmante:
        firmante = open_certificado(p12, password)
        opened.append(firmante.rut)
        return firmante

    boveda = Boveda.from_file(require_file(settings.llave_maestra_file, "llave_maestra_file"))
    emisores = Emisores(store.companies, boveda, open_and_count, now)
    await store.companies.save_emisor(EmisorGuardado(rut="76192083-9", datos={}, resoluciones={}))  # has none
    await emisores.warm()
    assert len(opened) == 1
    await emisores.get_firmante(EMISOR_RUT)
    assert len(opened) == 1


async def test_an_answer_that_takes_too_long_is_unknown_and_found_by_its_key(settings: Settings, store: Store) -> None:
    async with open_emitter(store, settings, plazo=timedelta(microseconds=1)) as (emitter, _):
        with pytest.raises(Unavailable, match="repítala con la misma clave"):
            await emitter.emit(VENTA, "v", TERMINAL)
    async with open_emitter(store, settings) as (emitter, _):
        first = await emitter.emit(VENTA, "v", TERMINAL)
        again = await emitter.emit(VENTA, "v", TERMINAL)
    assert first.dte.id == again.dte.id
    assert not again.nuevo
    assert (await check_folios(store)).usados == 1


async def test_more_sales_than_can_wait_are_refused_at_once(settings: Settings, store: Store) -> None:
    async with open_emitter(store, settings) as (emitter, _):
        outcomes = await asyncio.gather(
            *(emitter.emit(VENTA, f"v-{n}", TERMINAL) for n in range(80)), return_exceptions=True
        )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
    assert 0 < len(refused) <= 30
    assert all("ventas en espera" in str(error) for error in refused)
    assert (await check_folios(store)).usados == 80 - len(refused)


async def test_folios_that_end_within_a_batch_are_an_error_for_the_rest_and_for_nothing_else(
    settings: Settings, store: Store
) -> None:
    await store.folios.void((await store.folios.list())[1], 4, 1000, "no son nuestros")
    async with open_emitter(store, settings) as (emitter, ledger):
        sales = {f"v-{n}": emitter.emit(VENTA, f"v-{n}", TERMINAL) for n in range(8)}
        factura = emitter.emit(json.dumps(venta_factura()).encode(), "factura", TERMINAL)
        *outcomes, invoiced = await asyncio.gather(*sales.values(), factura, return_exceptions=True)

        assert isinstance(invoiced, Emitido)
        issued = [outcome.dte.folio for outcome in outcomes if isinstance(outcome, Emitido)]
        assert sorted(issued) == [1, 2, 3]
        refused = [outcome for outcome in outcomes if isinstance(outcome, FoliosExhausted)]
        assert (len(refused), str(refused[0])) == (5, str(FoliosExhausted(EMISOR_RUT, 39)))
        await ledger.settle_due()
        assert (await check_folios(store)).reservados == 0

        async with open_admin(with_authority(settings)) as admin:
            await import_folios(admin, TipoDte.BOLETA, 1001, 1100)
        again = await asyncio.gather(*(emitter.emit(VENTA, clave, TERMINAL) for clave in sales))
        assert sorted(emitido.dte.folio for emitido in again) == [1, 2, 3, *range(1001, 1006)]
        assert sorted(emitido.dte.folio for emitido in again if not emitido.nuevo) == [1, 2, 3]
    assert (await check_folios(store)).usados == 9


async def test_an_insert_whose_answer_was_lost_costs_no_folio_and_doubles_no_sale(
    servers: RunServers, settings: Settings, store: Store
) -> None:
    """The database has the document, the emitter cannot know: it says so, and finds out later."""
    async with through_proxy(servers, settings) as (proxy, ours), open_emitter(ours, settings) as (emitter, ledger):
        await emitter.emit(VENTA, "antes", TERMINAL)
        proxy.cut_after(b"insert\x00\x05\x00\x00\x00dtes\x00")
        with pytest.raises(Unavailable):
            await emitter.emit(VENTA, "perdida", TERMINAL)
        assert proxy.was_cut.is_set()

        async def stored() -> bool:
            return (await check_folios(store)).usados == 2

        await eventually(stored)
        proxy.heal()
        again = await emitter.emit(VENTA, "perdida", TERMINAL)
        assert (again.nuevo, again.dte.folio) == (False, 2)
        await ledger.close()
        for _ in range(2):
            await ledger.rescue()
        assert (await check_folios(store)).reservados == 0


async def test_a_reservation_whose_answer_was_lost_goes_back_and_so_does_the_one_before_it(
    servers: RunServers, settings: Settings, store: Store
) -> None:
    """A batch needs two ranges, and the network is cut while the second one is asked."""
    await store._mongo.database.cafs.update_one({"tipo": 39}, {"$set": {"desde": 998, "nuevos.0.desde": 998}})
    async with open_admin(with_authority(settings)) as admin:
        await import_folios(admin, TipoDte.BOLETA, 2_001, 2_100)
    asks_for_a_block = b"\x101\x00\x14\x00\x00\x00"  # second element of an array, a 32-bit 20: {$slice: [$libres, 20]}
    async with through_proxy(servers, settings) as (proxy, ours):
        ledger = FolioLedger(
            ours.folios, ours.documents, ours.latidos, now, process="prueba", vencido=timedelta(milliseconds=1)
        )
        proxy.cut_after(asks_for_a_block)
        with pytest.raises(Unavailable):
            await ledger.reserve(Destino(EMISOR_RUT, TipoDte.BOLETA), 5)

        async def both_reserved() -> bool:
            return (await check_folios(store)).reservados == 3 + BLOQUE

        await eventually(both_reserved)
        proxy.heal()
        await ledger.close()
        assert (await check_folios(store)).reservados == BLOQUE
        for _ in range(2):
            await ledger.rescue()
        assert (await check_folios(store)).reservados == 0

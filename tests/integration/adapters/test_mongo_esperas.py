"""Since when the oldest waits: one look at an index, whatever else there is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pymongo import MongoClient

from shared.adapters.mongo.esperas import Espera
from shared.clock import now
from shared.dte.causa import Causa
from shared.dte.tipos import TipoDte
from shared.messages import EstadoIntercambio, Intercambio
from shared.settings import Settings
from tests.integration.monitor.tienda import Tienda

MINUTO = timedelta(minutes=1)


async def test_an_empty_database_has_nothing_that_waits(settings: Settings) -> None:
    tienda = await Tienda(settings, now().replace(microsecond=0)).open()
    assert await tienda.store.esperas.read() == Espera()
    await tienda.close()


async def test_the_oldest_of_each_channel_and_priority_is_found(settings: Settings) -> None:
    tienda = await Tienda(settings, now().replace(microsecond=0)).open()
    oldest = tienda.ahora
    (taken,) = await tienda.sell(1)
    await tienda.deliver([taken])
    tienda.ahora = oldest + MINUTO
    await tienda.sell(2)
    tienda.ahora = oldest + 2 * MINUTO
    await tienda.sell(3)
    (factura,) = await tienda.sell(1, tipo=TipoDte.FACTURA)
    espera = await tienda.store.esperas.read()
    assert espera.por_enviar == {
        ("boleta", "normal"): oldest + MINUTO,
        ("factura", "normal"): oldest + 2 * MINUTO,
    }
    assert (espera.apartado, espera.proximo, espera.copias) == (None, None, 0)
    await tienda.postpone([factura], Causa.CAF, "glosa", espera=None)
    parked = tienda.ahora
    tienda.advance(60)
    (waits,) = await tienda.sell(1, tipo=TipoDte.FACTURA)
    await tienda.postpone([waits], Causa.SII_CAIDO, "glosa", espera=timedelta(minutes=10))
    espera = await tienda.store.esperas.read()
    assert set(espera.por_enviar) == {("boleta", "normal")}
    assert (espera.apartado, espera.proximo) == (parked, tienda.ahora + timedelta(minutes=10))
    await tienda.close()


async def test_copies_that_wait_are_counted_apart(settings: Settings) -> None:
    tienda = await Tienda(settings, now().replace(microsecond=0)).open()
    copia = Intercambio(
        id="76192083-9-33-1801",
        emisor="76192083-9",
        estado=EstadoIntercambio.PENDIENTE,
        correo="compras@cliente.cl",
        creado=tienda.ahora,
        cambiado=tienda.ahora,
    )
    await tienda.store.intercambios.add(copia, b"<EnvioDTE/>")
    assert (await tienda.store.esperas.read()).copias == 1
    await tienda.close()


async def test_what_is_held_back_is_stepped_over_and_not_read(settings: Settings) -> None:
    tienda = await Tienda(settings, now().replace(microsecond=0)).open()
    with MongoClient[dict[str, Any]](settings.mongo_url) as client:
        database = client[settings.mongo_database]
        held = await tienda.sell(300)
        hour = {"$set": {"pausado": tienda.ahora}}
        database.dtes.update_many({"_id": {"$in": held[:150]}}, hour)
        database.dtes.update_many({"_id": {"$in": held[150:]}}, {"$set": {"enviar_desde": tienda.ahora}})
        tienda.advance(60)
        await tienda.sell(1)
        database.command("profile", 2)
        espera = await tienda.store.esperas.read()
        database.command("profile", 0)
        [look] = database["system.profile"].find({"command.aggregate": "dtes"})
    assert espera.por_enviar == {("boleta", "normal"): tienda.ahora}
    assert look["docsExamined"] <= 5
    await tienda.close()

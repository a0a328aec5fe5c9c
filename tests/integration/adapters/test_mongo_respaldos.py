"""What is called received or accepted, against the envelopes that say so."""

from __future__ import annotations

from datetime import timedelta

from shared.clock import now
from shared.messages import EstadoEnvio, Respuesta
from shared.settings import Settings
from tests.integration.monitor.tienda import Tienda

HORA = timedelta(hours=1)


async def call_received(tienda: Tienda, ids: list[str], envio: str) -> None:
    """Documents in `enviado`, of an envelope that nobody has on record."""
    await tienda.store.moves.claim(ids, envio)
    await tienda.store.moves.mark_enviado(envio, ids, track_id="1")


async def test_what_the_sii_took_is_backed(settings: Settings) -> None:
    tienda = await Tienda(settings).open()
    await tienda.accept(await tienda.sell(4))
    await tienda.object_to(await tienda.sell(1), "glosa")
    await tienda.deliver(await tienda.sell(2))
    await tienda.upload(await tienda.sell(1))
    respaldo = await tienda.store.respaldos.compare(tienda.ahora - HORA, 50)
    assert (respaldo.recibidos, respaldo.aceptados, respaldo.faltan, respaldo.ids) == (7, 5, 0, ())
    await tienda.close()


async def test_accepted_without_an_envelope_that_was_taken_is_named(settings: Settings) -> None:
    tienda = await Tienda(settings).open()
    await tienda.deliver(await tienda.sell(3))
    nowhere, refused = await tienda.sell(2), await tienda.sell(1)
    await call_received(tienda, nowhere, "nunca")
    await tienda.store.moves.mark_aceptado("nunca", nowhere)
    envio = await tienda.upload(refused)
    await tienda.store.moves.mark_enviado(envio, refused, track_id=None)
    respaldo = await tienda.store.respaldos.compare(tienda.ahora - HORA, 50)
    assert (respaldo.recibidos, respaldo.aceptados, respaldo.faltan) == (6, 2, 3)
    assert set(respaldo.ids) == {*nowhere, *refused}
    few = await tienda.store.respaldos.compare(tienda.ahora - HORA, 2)
    assert (few.faltan, len(few.ids)) == (3, 2)
    await tienda.close()


async def test_accepted_without_any_envelope_is_named(settings: Settings) -> None:
    tienda = await Tienda(settings).open()
    await tienda.store.relleno.fill(1, 2, tienda.ahora)
    await tienda.sell(1)  # its write waits for the majority, which then has the one before it too
    respaldo = await tienda.store.respaldos.compare(tienda.ahora - 3 * HORA, 50)
    assert (respaldo.recibidos, respaldo.aceptados, respaldo.faltan) == (1, 1, 1)
    assert len(respaldo.ids) == 1
    await tienda.close()


async def test_an_envelope_that_has_ended_backs_no_document_that_still_waits_for_its_verdict(
    settings: Settings,
) -> None:
    tienda = await Tienda(settings).open()
    left, done = await tienda.sell(2)
    envio = await tienda.deliver([left, done])
    await tienda.store.moves.mark_aceptado(envio, [done])
    end = Respuesta(momento=tienda.ahora, operacion="termino")
    await tienda.store.envios.record(envio, EstadoEnvio.TERMINADO, end, desde=(EstadoEnvio.RECIBIDO,))
    respaldo = await tienda.store.respaldos.compare(tienda.ahora - HORA, 50)
    assert (respaldo.faltan, respaldo.ids) == (1, (left,))
    await tienda.close()


async def test_older_documents_are_not_looked_at(settings: Settings) -> None:
    tienda = await Tienda(settings, now() - timedelta(days=2)).open()
    await tienda.accept(await tienda.sell(2))
    respaldo = await tienda.store.respaldos.compare(now() - timedelta(days=1), 50)
    assert (respaldo.recibidos, respaldo.faltan) == (0, 0)
    await tienda.close()

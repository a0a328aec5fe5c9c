"""Sending parked documents again, each once, and a dead-letter queue that says the same as the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.monitor.main import open_replay
from shared.adapters.mongo import Store
from shared.adapters.rabbit import DLQ, Depths, Publisher
from shared.clock import now
from shared.dte.estado import Estado
from shared.messages import ClaseEvento, DteConXml, ErrorEnvio, trabajo_of
from shared.settings import Settings
from tests.conditions import eventually
from tests.records import make_record

ESQUEMA = ErrorEnvio(causa="esquema", codigo="7", glosa="LSX-00213", remedio="corrija el documento")
PERMISO = ErrorEnvio(causa="sin_permiso", codigo="1", glosa="sin permiso", remedio="autorice al usuario en el SII")


class Estacionamiento:
    """Documents parked as the sender parks them: in the database, and as a message in the dead-letter queue."""

    def __init__(self, settings: Settings) -> None:
        self.store = Store(settings, now, "prueba")
        self.publisher = Publisher(settings, "prueba")
        self.depths = Depths(settings, "prueba")

    async def park(self, dte: DteConXml, error: ErrorEnvio) -> None:
        await self.store.documents.insert([dte])
        await self.store.moves.claim([dte.id], f"sobre-{dte.folio}")
        await self.store.moves.mark_pendiente(
            f"sobre-{dte.folio}",
            [dte.id],
            desde=Estado.ENVIANDO,
            proximo_intento=None,
            error=error,
            intento=True,
        )
        await self.publish(dte, error)

    async def publish(self, dte: DteConXml, error: ErrorEnvio) -> None:
        await self.publisher.publish_dlq(trabajo_of(dte), dte.xml, error)

    async def dead_letters(self) -> int:
        return (await self.depths.measure([DLQ]))[DLQ].mensajes

    async def has_dead_letters(self, cuantas: int) -> bool:
        return await self.dead_letters() == cuantas

    async def reenvios(self) -> list[str]:
        """The documents that the outbox holds work for."""
        pending = await self.store.documents.pending_outbox(100)
        return [dte.id for dte, eventos in pending if any(evento.clase is ClaseEvento.REENVIO for evento in eventos)]


@asynccontextmanager
async def estacionamiento(settings: Settings) -> AsyncIterator[Estacionamiento]:
    ours = Estacionamiento(settings)
    try:
        await ours.store.prepare()
        yield ours
    finally:
        await ours.publisher.close()
        await ours.depths.close()
        await ours.store.close()


async def test_what_is_parked_is_listed_by_cause_the_largest_group_first(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        await lot.park(make_record(1), PERMISO)
        await lot.park(make_record(2), ESQUEMA)
        await lot.park(make_record(3), ESQUEMA)
        groups = await replay.list_parked()
        assert [(group.error.causa, [dte.folio for dte in group.documentos]) for group in groups] == [
            ("esquema", [2, 3]),
            ("sin_permiso", [1]),
        ]
        assert groups[0].primero <= groups[0].ultimo
        assert groups[1].error.remedio == "autorice al usuario en el SII"


async def test_a_replayed_document_leaves_the_dead_letter_queue_and_the_others_stay(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        one, other = make_record(1), make_record(2)
        await lot.park(one, ESQUEMA)
        await lot.park(other, ESQUEMA)
        assert await replay.replay([one.id]) == [one.id]
        assert await lot.reenvios() == [one.id]
        await eventually(lambda: lot.has_dead_letters(1))
        assert [dte.id for dte in await lot.store.documents.all_parked()] == [other.id]
        assert await replay.replay(None) == [other.id]
        await eventually(lambda: lot.has_dead_letters(0))


async def test_what_is_not_parked_is_not_sent_again(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        await lot.store.documents.insert([make_record(1)])
        assert await replay.replay([make_record(1).id, "no-existe"]) == []
        assert await lot.reenvios() == []


async def test_a_document_that_is_twice_in_the_dead_letter_queue_stays_once(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        await lot.park(make_record(1), ESQUEMA)
        await lot.publish(make_record(1), ESQUEMA)
        await lot.park(make_record(2), PERMISO)
        await replay.replay([make_record(2).id])
        await eventually(lambda: lot.has_dead_letters(1))

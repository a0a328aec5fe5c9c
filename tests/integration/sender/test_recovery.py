"""What a sender finds that another one, or the broker, has left behind."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Self

import pytest

from services.sender.en_pausa import EnPausa
from services.sender.gate import Gate
from services.sender.main import serve
from services.sender.rescue import BATCH, FORGOTTEN_AFTER, PARKED_FOR, Rescue
from shared.adapters.rabbit import DLQ, Consumer, DeadLetters, work_queue
from shared.adapters.rabbit.topology import REENVIO, wait_queue
from shared.adapters.sii.client import Sii
from shared.adapters.sii.endpoints import endpoints_for
from shared.adapters.transport import Transport
from shared.backoff import PASOS
from shared.clock import now
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad
from shared.errors import Conflict
from shared.messages import ErrorEnvio, EstadoEnvio, Respuesta, trabajo_of
from shared.settings import Settings
from tests.conditions import eventually
from tests.sandbox_data import Reloj
from tests.sender_stage import Stage, sending, stage

ERROR = ErrorEnvio(causa=Causa.SII_CAIDO)
QUEUE = work_queue(Canal.BOLETA, Prioridad.NORMAL)


async def depth(s: Stage, queue: str = QUEUE) -> int:
    return (await s.depths.measure([queue]))[queue].mensajes


async def published(s: Stage, wanted: int) -> bool:
    return await depth(s) == wanted


async def drain(s: Stage, queue: str) -> int:
    """Take every message out of a queue, as a broker that lost its disk would."""
    consumer = Consumer(s.settings, "ladron", 100)
    await consumer.start([], _unwanted)
    taken = 0
    while (entrega := await consumer.fetch_one(queue)) is not None:
        await entrega.ack()
        taken += 1
    await consumer.close()
    return taken


async def _unwanted(_entrega: object) -> None:
    raise AssertionError("nothing is consumed")


async def intend(s: Stage, envio: str, ids: list[str], contenido: bytes = b"<x/>", trabajador: str = "muerto") -> None:
    await s.store.envios.add_intent(
        id_=envio,
        emisor=s.empresa.rut,
        canal=Canal.BOLETA,
        documentos=ids,
        archivo="EnvioBOLETA_1.xml",
        contenido=contenido,
        sha256="0" * 64,
        trabajador=trabajador,
    )


def answer(operacion: str = "subida") -> Respuesta:
    return Respuesta(momento=now(), operacion=operacion)


async def test_documents_claimed_by_a_worker_that_died_before_its_intent_are_sent(
    settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"latido_vencido": timedelta(seconds=0.5)})
    async with stage(settings, tmp_path) as s:
        ids = await s.emit(s.boletas(1, 2))
        await eventually(partial(published, s, 2))
        assert await drain(s, QUEUE) == 2
        assert len(await s.store.moves.claim(ids, "envio-muerto")) == 2
        async with sending(s.settings):
            await s.until_all(Estado.ACEPTADO)
        dte = await s.dte(ids[0])
        errors = [paso.error.causa for paso in dte.historia if paso.error]
        assert errors == [Causa.INTERRUMPIDO]
        assert dte.intentos == 1
        with pytest.raises(Conflict):  # the dead worker, should it wake up, may not upload any more
            await intend(s, "envio-muerto", ids)
        await s.check_invariants()


async def test_an_intent_that_was_written_cannot_be_given_up(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s:
        await intend(s, "e1", ["a"])
        await intend(s, "e1", ["a"])  # the same worker, whose first answer from the database was lost
        assert not await s.store.envios.give_up("e1", ["a"], emisor=s.empresa.rut, canal=Canal.BOLETA)
        with pytest.raises(Conflict):
            await intend(s, "e1", ["a"], trabajador="otro")


@pytest.mark.parametrize("found", [EstadoEnvio.RECIBIDO, EstadoEnvio.NO_RECIBIDO, EstadoEnvio.TERMINADO])
async def test_documents_left_between_two_records_follow_what_their_envelope_says(
    settings: Settings, tmp_path: Path, found: EstadoEnvio
) -> None:
    settings = settings.model_copy(update={"latido_vencido": timedelta(seconds=0.5)})
    async with stage(settings, tmp_path) as s:
        boletas = s.boletas(1, 2)
        ids = await s.emit(boletas)
        await eventually(partial(published, s, 2))
        await drain(s, QUEUE)
        await s.store.moves.claim(ids, "e1")
        sobre = s.empresa.sobre(*boletas)
        await intend(s, "e1", ids, sobre)
        track_id = None
        if found is not EstadoEnvio.NO_RECIBIDO:
            sii = Sii(Transport(timedelta(seconds=5)), endpoints_for(settings.ambiente, s.sandbox.url))
            dicho = await sii.upload(Canal.BOLETA, s.empresa.rut, s.empresa.firmante, "a.xml", sobre)
            track_id = getattr(dicho.valor, "track_id", None)
            await sii.close()
        subiendo = (EstadoEnvio.SUBIENDO,)
        assert await s.store.envios.record("e1", found, answer(), desde=subiendo, track_id=track_id)
        async with sending(s.settings):
            await s.until_all(Estado.ACEPTADO)
        assert s.sandbox.resumen()["envios"] == 1
        await s.check_invariants()


async def test_a_recorded_outcome_is_not_overtaken_by_a_later_one(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s:
        ids = await s.emit(s.boletas(1, 1))
        await s.store.moves.claim(ids, "e1")
        await intend(s, "e1", ids)
        assert await s.store.envios.take_over("e1", now())
        assert not await s.store.envios.take_over("e1", now())
        await s.store.moves.mark_incierto("e1", ids, ERROR)
        late = await s.store.envios.record("e1", EstadoEnvio.NO_RECIBIDO, answer(), desde=(EstadoEnvio.SUBIENDO,))
        moved = await s.store.moves.mark_pendiente(
            "e1", ids, desde=Estado.ENVIANDO, proximo_intento=None, error=ERROR, intento=True
        )
        assert (late, moved) == (False, 0)
        assert (await s.dte(ids[0])).estado is Estado.INCIERTO


async def test_work_that_the_broker_lost_is_published_again(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s:
        ids = await s.emit(s.boletas(1, 3))
        await eventually(partial(published, s, 3))
        assert await drain(s, QUEUE) == 3
        reloj = Reloj(now() + FORGOTTEN_AFTER / 2)
        async with rescue(s, reloj) as rescuer:
            await rescuer.find_lost()
            assert await s.store.documents.count_outbox() == 0  # not late enough to be taken for lost
            assert not rescuer.suspected.is_set()
            reloj.advance(seconds=FORGOTTEN_AFTER.total_seconds())
            await rescuer.find_lost()
            assert rescuer.suspected.is_set()  # perhaps it vanished on the way to our consumer
            await eventually(partial(published, s, 3))
            await rescuer.find_lost()
            assert await published(s, 3)  # while there is work in the queue nothing is taken for lost
        async with sending(s.settings):
            await s.until_all(Estado.ACEPTADO)
        assert len(ids) == 3
        await s.check_invariants()


async def test_documents_parked_by_an_outage_come_back_a_few_at_a_time(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s:
        ids = await s.emit(s.boletas(1, BATCH + 4))
        await eventually(partial(published, s, BATCH + 4))
        await drain(s, QUEUE)
        await s.store.moves.claim(ids, "e1")
        for some, causa in ((ids[:-1], Causa.SII_CAIDO), (ids[-1:], Causa.SIN_PERMISO)):
            error = ErrorEnvio(causa=causa)
            park = partial(s.store.moves.mark_pendiente, desde=Estado.ENVIANDO, proximo_intento=None, intento=True)
            assert await park("e1", some, error=error) == len(some)
            for id_ in some:
                await s.publisher.publish_dlq(trabajo_of(await s.dte(id_)), s.stored[id_], error)
        reloj = Reloj(now() - timedelta(minutes=1))
        async with rescue(s, reloj) as rescuer:
            await eventually(lambda: _outbox_is_empty(s))
            await rescuer.release_parked()
            assert await s.store.documents.count_outbox() == 0  # parked after the SII was last seen to come back
            reloj.advance(seconds=PARKED_FOR.total_seconds() + 60)
            await rescuer.release_parked()
            await eventually(partial(published, s, BATCH))
            await rescuer.release_parked()
            await eventually(partial(published, s, BATCH + 3))
            await rescuer.release_parked()
        assert await depth(s) == BATCH + 3  # the one without permission waits for a person
        await eventually(lambda: _has(s, DLQ, 1))  # and its message with it, alone
        await drain(s, QUEUE)


async def _outbox_is_empty(s: Stage) -> bool:
    return await s.store.documents.count_outbox() == 0


class rescue:  # noqa: N801 - reads as the context that it is
    """A rescuer of its own, with a clock that the test moves."""

    def __init__(self, s: Stage, reloj: Reloj) -> None:
        self.suspected = asyncio.Event()
        self._rescue = Rescue(
            s.store,
            s.depths,
            DeadLetters(s.settings, "prueba"),
            Gate(reloj, EnPausa(s.store.pausas)),
            clock=reloj,
            work_queue=work_queue,
            suspect=self.suspected.set,
        )

    async def __aenter__(self) -> Self:
        return self

    async def find_lost(self) -> None:
        await self._rescue.find_lost()

    async def release_parked(self) -> None:
        await self._rescue.release_parked()

    async def __aexit__(self, *_error: object) -> None:
        pass


async def test_a_delivery_that_comes_too_early_waits_and_one_that_is_parked_stays_parked(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s:
        early, parked, done = await s.emit(s.boletas(1, 3))
        await eventually(partial(published, s, 3))
        await drain(s, QUEUE)
        await s.store.moves.claim([early, parked], "e1")
        later = now() + timedelta(seconds=30)
        error = ErrorEnvio(causa=Causa.CAF)
        for id_, moment in ((early, later), (parked, None)):
            await s.store.moves.mark_pendiente(
                "e1", [id_], desde=Estado.ENVIANDO, proximo_intento=moment, error=error, intento=True
            )
        await s.store.moves.claim([done], "e2")
        await s.store.moves.mark_enviado("e2", [done], track_id="1")
        for id_ in (early, parked, done):
            await s.publisher.publish_reenvio(trabajo_of(await s.dte(id_)), s.stored[id_])
        async with sending(s.settings):
            await eventually(lambda: _has(s, wait_queue(PASOS[1]), 1))  # 30 s are covered by the step of a minute
            await eventually(lambda: _has(s, DLQ, 1))
            await eventually(partial(published, s, 0))
        assert s.sandbox.documentos() == []
        states = [(await s.dte(id_)).estado for id_ in (early, parked, done)]
        assert states == [Estado.PENDIENTE, Estado.PENDIENTE, Estado.ENVIADO]


async def _has(s: Stage, queue: str, wanted: int) -> bool:
    return await depth(s, queue) == wanted


async def test_a_delivery_of_another_half_joins_its_own(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s:
        ids = await s.emit(s.boletas(1, 2))
        await eventually(partial(published, s, 2))
        await drain(s, QUEUE)
        await s.store.moves.claim(ids, "e1")
        for id_, grupo in zip(ids, ("e1.1", "e1.2"), strict=True):
            await s.store.moves.mark_pendiente(
                "e1", [id_], desde=Estado.ENVIANDO, proximo_intento=now(), error=ERROR, intento=False, grupo=grupo
            )
            without = trabajo_of(await s.dte(id_)).model_copy(update={"grupo": None})
            await s.publisher.publish_reenvio(without, s.stored[id_])
        async with sending(s.settings):
            await s.until_all(Estado.ACEPTADO)
        assert [len(envio.documentos) for envio in await s.envios()] == [1, 1]
        await s.check_invariants()


async def test_a_message_that_nobody_can_read_goes_to_the_dead_letters(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings):
        key = "dte.firmado.boleta.normal.39.76192083-9"
        await s.publisher.publish(REENVIO, key, b"{}", {"id": "sin nada más"})
        await eventually(lambda: _has(s, DLQ, 1))
        await s.emit(s.boletas(1, 1))
        await s.until_all(Estado.ACEPTADO)


async def test_an_orderly_stop_lets_the_upload_end_and_gives_the_rest_back(settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"max_workers": 1, "sobre_max_documentos": 2})
    async with stage(settings, tmp_path, latencia={"envio": {"min": 1, "max": 1}}) as s:
        stop = asyncio.Event()
        running = asyncio.create_task(serve(s.settings, stop))
        await s.emit(s.boletas(1, 5))
        await eventually(lambda: _uploading(s))
        stop.set()
        await running
        estados = await s.estados()
        assert estados == {Estado.ENVIADO: 2, Estado.GENERADO: 3}
        assert await s.store.latidos.alive(now() - timedelta(minutes=1)) == []
        await eventually(partial(published, s, 3))
        async with sending(s.settings):
            await s.until_all(Estado.ACEPTADO)
        assert {(await s.dte(id_)).intentos for id_ in s.stored} == {1}
        await s.check_invariants()


async def _uploading(s: Stage) -> bool:
    return bool(await s.store.envios.find_by_estado(EstadoEnvio.SUBIENDO))

"""Replays, step by step: frozen set, canary, causes that come back, and a dead-letter queue equal to the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.monitor.main import open_replay
from services.monitor.reenvio import PACIENCIA, Reenviador
from services.monitor.replay import Pedido, Replay
from shared.adapters.mongo import Store
from shared.adapters.mongo.operaciones import EstadoOperacion, Operacion, Suerte
from shared.adapters.mongo.parados import FiltroParados
from shared.adapters.rabbit import DLQ, DeadLetters, Depths, Publisher
from shared.clock import now
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte
from shared.errors import Conflict, Invalid
from shared.messages import ClasePausa, DteConXml, ErrorEnvio, Pausa, trabajo_of
from shared.settings import Settings
from tests.conditions import eventually
from tests.dte_data import EMISOR_RUT
from tests.records import make_record
from tests.sandbox_data import Reloj

ESQUEMA = ErrorEnvio(causa="esquema", codigo="7", glosa="LSX-00213", remedio="corrija el documento")
PERMISO = ErrorEnvio(causa="sin_permiso", codigo="1", glosa="sin permiso", remedio="autorice al usuario en el SII")


class Estacionamiento:
    """Documents parked as the sender parks them: in the database, and as a message in the dead-letter queue."""

    def __init__(self, settings: Settings) -> None:
        self.store = Store(settings, now, "prueba")
        self.publisher = Publisher(settings, "prueba")
        self.depths = Depths(settings, "prueba")
        self.reloj = Reloj(now())
        self.reenviador = Reenviador(self.store, DeadLetters(settings, "prueba"), self.reloj)

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

    async def park_many(self, cuantos: int, error: ErrorEnvio, desde: int = 1) -> list[str]:
        """Their ids, the longest parked first."""
        dtes = [make_record(folio) for folio in range(desde, desde + cuantos)]
        for dte in dtes:
            await self.park(dte, error)
        return [dte.id for dte in dtes]

    async def step(self, veces: int = 1) -> None:
        """So many looks at the operations, with a second between them."""
        for _ in range(veces):
            await self.reenviador.step()
            self.reloj.advance(seconds=1)

    async def take(self, id_: str) -> str:
        """The document's way into an envelope; gives the envelope."""
        dte = await self.store.documents.get(id_)
        assert dte is not None
        envio = f"otro-{dte.folio}"
        assert [claimed.id for claimed in await self.store.moves.claim([id_], envio)] == [id_]
        return envio

    async def accept(self, *ids: str) -> None:
        for id_ in ids:
            envio = await self.take(id_)
            await self.store.moves.mark_enviado(envio, [id_], track_id="1")
            await self.store.moves.mark_aceptado(envio, [id_])

    async def park_again(self, id_: str, error: ErrorEnvio) -> None:
        envio = await self.take(id_)
        await self.store.moves.mark_pendiente(
            envio, [id_], desde=Estado.ENVIANDO, proximo_intento=None, error=error, intento=True
        )

    async def suertes(self, operacion: Operacion) -> dict[Suerte, int]:
        return await self.store.operaciones.count(operacion.id)

    async def sent(self) -> list[str]:
        """The documents that a replay has put to work, each as often as it was."""
        dtes = await self.store.documents.latest(1000)
        return [dte.id for dte in dtes for hito in dte.historia if hito.operacion]


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


async def _start(replay: Replay, ritmo: float = 100, **filtro: Any) -> Operacion:
    pedido = Pedido(FiltroParados(**filtro), todo=not filtro, ritmo=ritmo)
    return await replay.start(pedido, quien="ana", motivo="arreglado")


async def test_what_is_parked_is_listed_by_cause_the_largest_group_first(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        await lot.park(make_record(1), PERMISO)
        await lot.park(make_record(2), ESQUEMA)
        await lot.park(make_record(3), ESQUEMA)
        esquema, permiso = await replay.list_causas(FiltroParados())
        assert (esquema.causa, esquema.cuantos, esquema.ejemplo) == ("esquema", 2, make_record(2).id)
        assert esquema.primero <= esquema.ultimo
        assert (permiso.cuantos, permiso.remedio, permiso.reenviado) == (1, "autorice al usuario en el SII", None)
        operacion = await _start(replay, causa="sin_permiso")
        [only] = await replay.list_causas(FiltroParados(causa="sin_permiso", emisor=make_record(1).emisor))
        assert only.reenviado == operacion.creado
        since = FiltroParados(desde=esquema.ultimo)
        assert [causa.cuantos for causa in await replay.list_causas(since)] == [1]
        assert await replay.list_causas(FiltroParados(hasta=permiso.primero)) == []


async def test_notes_that_wait_for_what_is_parked_are_counted_beside_its_cause(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        factura = make_record(1, tipo=TipoDte.FACTURA, clave="f")
        await lot.park(make_record(2), ESQUEMA)
        await lot.park(factura, PERMISO)
        notes = [
            make_record(folio, tipo=TipoDte.NOTA_CREDITO, clave=f"n-{folio}", espera_a=(factura.id, make_record(9).id))
            for folio in (1, 2)
        ]
        assert await lot.store.documents.insert(notes) == {}
        causas = {causa.causa: causa.retenidas for causa in await replay.list_causas(FiltroParados())}
        assert causas == {"esquema": 0, "sin_permiso": 2}
        shown = await replay.show(notes[0].id)
        wanted = f"Espera a {factura.id}, apartado por «sin_permiso»: autorice al usuario en el SII"
        assert shown.que_hacer == wanted


async def test_a_canary_of_one_then_ten_goes_before_the_rest(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        ids = await lot.park_many(15, ESQUEMA)
        operacion = await _start(replay)
        await lot.step(3)
        assert await lot.sent() == ids[:1]
        await lot.accept(ids[0])
        await lot.step(3)
        assert sorted(await lot.sent()) == sorted(ids[:11])
        await lot.accept(*ids[1:10])
        await lot.step(3)
        assert len(await lot.sent()) == 11  # one of the ten has no outcome yet
        await lot.accept(ids[10])
        await lot.step(2)
        assert sorted(await lot.sent()) == sorted(ids)
        assert await lot.suertes(operacion) == {Suerte.ACEPTADO: 11, Suerte.EN_CAMINO: 4}
        await lot.accept(*ids[11:])
        await lot.step()
        informe = await replay.report(operacion.id)
        assert (informe.operacion.estado, informe.cuentas) == (EstadoOperacion.TERMINADA, {Suerte.ACEPTADO: 15})
        assert await lot.dead_letters() == 0
        dte = await lot.store.documents.get(ids[0])
        assert dte is not None
        assert dte.error_envio is None  # the old error is past


async def test_documents_that_a_pause_holds_back_are_told_with_it_until_it_ends_or_they_have_gone(
    settings: Settings,
) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        ids = await lot.park_many(2, ESQUEMA)
        operacion = await _start(replay)
        await lot.step(3)
        assert (await replay.report(operacion.id)).pausas == ()
        pausas = [
            Pausa(clase=clase, objeto=objeto, motivo="prueba", quien="ana@x", desde=now())
            for clase, objeto in ((ClasePausa.EMISOR, EMISOR_RUT), (ClasePausa.CANAL, "boleta"))
        ]
        for pausa in pausas:
            await lot.store.pausas.add(pausa)
            informe = await replay.report(operacion.id, documentos=0)
            assert [(each.clase, each.objeto, each.quien) for each in informe.pausas] == [
                (pausa.clase, pausa.objeto, "ana")
            ]
            assert informe.detenidos == (ids[0],)  # the canary; the other has not been sent
            await lot.store.pausas.remove(pausa.clase, pausa.objeto)
        assert (await replay.report(operacion.id)).detenidos == ()
        await lot.store.pausas.add(pausas[0])
        envio = await lot.take(ids[0])
        await lot.store.moves.mark_enviado(envio, [ids[0]], track_id="1")
        assert (await replay.report(operacion.id)).pausas == ()  # it waits for the SII, not for anybody here


async def test_a_cause_that_comes_back_stops_the_replay_after_one_and_the_rest_stays_parked(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        ids = await lot.park_many(4, ESQUEMA)
        operacion = await _start(replay, causa="esquema")
        await lot.step()
        await lot.park_again(ids[0], ESQUEMA)
        await lot.step(2)
        informe = await replay.report(operacion.id)
        assert (informe.operacion.estado, informe.operacion.devueltas) == (EstadoOperacion.DETENIDA, ("esquema",))
        assert informe.cuentas == {Suerte.ESTACIONADO: 1, Suerte.RETENIDO: 3}
        assert (informe.documentos[0].causa_nueva, informe.documentos[0].glosa) == ("esquema", ESQUEMA.glosa)
        assert await lot.sent() == ids[:1]
        assert len(await lot.store.documents.all_parked()) == 4


async def test_of_a_mixed_set_only_what_waits_with_the_returned_cause_is_held_back(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        bad, good = await lot.park_many(8, ESQUEMA), await lot.park_many(8, PERMISO, desde=11)
        operacion = await _start(replay)
        await lot.step()
        await lot.accept(bad[0])
        await lot.step()
        assert set(await lot.sent()) == {*bad[:6], *good[:5]}  # the canary tries every cause
        await lot.accept(*bad[2:6], *good[:5])
        await lot.park_again(bad[1], ESQUEMA)
        await lot.step()
        assert set(await lot.sent()) == {*bad[:6], *good}
        await lot.accept(*good[5:])
        await lot.step()
        informe = await replay.report(operacion.id)
        assert (informe.operacion.estado, informe.operacion.devueltas) == (EstadoOperacion.DETENIDA, ("esquema",))
        assert informe.cuentas == {Suerte.ACEPTADO: 13, Suerte.ESTACIONADO: 1, Suerte.RETENIDO: 2}


async def test_what_somebody_else_has_moved_meanwhile_is_left_alone_and_reported(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        ids = await lot.park_many(3, ESQUEMA)
        operacion = await _start(replay, ids=[*ids, "76-39-1"])
        assert await lot.store.moves.requeue([ids[0]]) == 1
        await lot.step(2)
        assert await lot.sent() == ids[1:2]  # a canary that was skipped is none
        await lot.accept(*ids[:2])
        await lot.step()
        await lot.accept(ids[2])
        await lot.step()
        informe = await replay.report(operacion.id)
        assert informe.cuentas == {Suerte.ACEPTADO: 2, Suerte.OMITIDO: 2}
        omitidos = [d.documento for d in informe.documentos if d.suerte is Suerte.OMITIDO]
        assert (informe.operacion.estado, omitidos) == (EstadoOperacion.TERMINADA, [ids[0], "76-39-1"])


async def test_a_canary_that_the_sii_took_long_ago_without_a_verdict_has_passed(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        ids = await lot.park_many(2, ESQUEMA)
        await _start(replay)
        await lot.step()
        await lot.store.moves.mark_enviado(await lot.take(ids[0]), ids[:1], track_id="1")
        await lot.step(2)
        assert await lot.sent() == ids[:1]
        lot.reloj.advance(seconds=PACIENCIA.total_seconds())
        await lot.step()
        assert sorted(await lot.sent()) == ids


async def test_a_stopped_replay_sends_nothing_more_and_follows_what_it_sent(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        ids = await lot.park_many(3, ESQUEMA)
        operacion = await _start(replay)
        await lot.step()
        assert (await replay.stop(operacion.id, quien="luis")).estado is EstadoOperacion.DETENIENDO
        await lot.step()
        assert await lot.suertes(operacion) == {Suerte.EN_CAMINO: 1, Suerte.RETENIDO: 2}
        await lot.accept(ids[0])
        await lot.step()
        ended = (await replay.report(operacion.id)).operacion
        assert (ended.estado, ended.detenida_por) == (EstadoOperacion.DETENIDA, "luis")
        with pytest.raises(Conflict, match="detenida"):
            await replay.stop(operacion.id, quien="luis")
        asientos = await lot.store.auditoria.list()
        assert [(a.quien, a.accion, a.fase) for a in asientos[:4]] == [
            ("ana", "dlq.replay", "intento"),
            ("ana", "dlq.replay", "hecho"),
            ("luis", "dlq.stop", "intento"),
            ("luis", "dlq.stop", "hecho"),
        ]
        assert (asientos[0].motivo, asientos[0].objeto) == ("arreglado", operacion.id)


async def test_the_rate_is_kept_and_a_replay_without_canary_does_not_stop(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        ids = await lot.park_many(5, ESQUEMA)
        await replay.start(Pedido(FiltroParados(), todo=True, ritmo=2, canario=False), quien="ana")
        await lot.reenviador.step()
        await lot.reenviador.step()
        assert sorted(await lot.sent()) == ids[:2]
        await lot.park_again(ids[0], ESQUEMA)
        lot.reloj.advance(seconds=1)
        await lot.reenviador.step()
        assert sorted(await lot.sent()) == ids[:4]


async def _lease_until(lot: Estacionamiento, momento: datetime) -> None:
    """The holder keeps the only operation until then, however long this machine takes."""
    await lot.store._mongo.database.operaciones.update_one({}, {"$set": {"ejecutor_hasta": momento}})


async def test_one_monitor_carries_an_operation_on_and_another_takes_it_over(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        ids = await lot.park_many(2, ESQUEMA)
        operacion = await _start(replay)
        other = Store(settings, now, "otro")
        second = Reenviador(other, DeadLetters(settings, "otro"), lot.reloj)  # the pace is on record: one clock
        await lot.store.moves.resend(ids[:1], operacion.id)  # and then the first one died, before it wrote that down
        await lot.store.operaciones.lease_open()
        await _lease_until(lot, now() + timedelta(hours=1))
        await second.step()
        assert await lot.suertes(operacion) == {Suerte.ESPERA: 2}  # for now it belongs to the first one
        await _lease_until(lot, now() - timedelta(seconds=1))
        await second.step()
        await _lease_until(lot, now() + timedelta(hours=1))
        assert await lot.suertes(operacion) == {Suerte.ESPERA: 1, Suerte.EN_CAMINO: 1}
        assert await lot.sent() == ids[:1]  # once
        await lot.step()
        assert await lot.sent() == ids[:1]
        await other.operaciones.release()
        await lot.accept(ids[0])
        await lot.step()
        assert sorted(await lot.sent()) == ids
        await other.close()


async def test_what_asks_for_nothing_or_finds_nothing_is_refused(settings: Settings) -> None:
    async with estacionamiento(settings) as lot, open_replay(settings) as replay:
        await lot.store.documents.insert([make_record(1)])
        with pytest.raises(Invalid, match="dé un filtro"):
            await replay.start(Pedido(FiltroParados()), quien="ana")
        with pytest.raises(Invalid, match="documentos por segundo"):
            await replay.start(Pedido(FiltroParados(), todo=True, ritmo=0), quien="ana")
        with pytest.raises(Conflict, match=f"no esperan a una persona: {make_record(1).id}"):
            await _start(replay, ids=[make_record(1).id])
        assert await replay.list_operaciones() == []


async def test_a_document_that_is_twice_in_the_dead_letter_queue_stays_once(settings: Settings) -> None:
    async with estacionamiento(settings) as lot:
        await lot.park(make_record(1), ESQUEMA)
        await lot.publish(make_record(1), ESQUEMA)
        assert await DeadLetters(settings, "prueba").sweep(lot.store.documents.still_parked) == 1
        await eventually(lambda: lot.has_dead_letters(1))

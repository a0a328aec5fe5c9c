"""Outbox → broker: publish, wait for the confirm, and only then take the event out of the outbox. Never the other way.

The indexed query is the truth. What this emitter has just stored is published from memory, so that it need not be read
back; whatever is left over, by a crash, an outage or another process, is found by the query. That is asked four times a
second, or once while there is enough to do without, and sooner when MongoDB's change stream tells of news. A crash
between confirm and clearing publishes an event twice, which every consumer here is made for. Several relays share the
outbox (`shared.adapters.mongo.relevos`): each document is one relay's, so its events keep their order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from shared.errors import Unavailable
from shared.lifecycle import stopped_within
from shared.log import get_logger
from shared.messages import ClaseEvento, DteConXml, Evento, atributos_of, cambio_of, first_events, trabajo_of
from shared.metrics import PUBLICADOS

if TYPE_CHECKING:
    from shared.adapters.mongo import Documents, Relevos
    from shared.adapters.mongo.relevos import Turno
    from shared.adapters.rabbit import Publisher

log = get_logger("posta.emitter.relay")

_LOTE = 200
_A_LA_VEZ = 100
"""Documents whose events are on their way to the broker at one time."""
_RESCAN = timedelta(milliseconds=250)
"""How often the outbox is looked at while there is nothing else to do."""
RELEVO = timedelta(seconds=1)
"""How often a relay says that it lives."""
_REUNIR = timedelta(milliseconds=20)
"""How long news wait for company: no till waits for them, and one update of the outbox does for all."""
_MIRADA = timedelta(seconds=1)
"""How often while there is: the longest that a document inserted by another emitter waits for its relay."""
_FRESCOS = 1_000
"""Documents kept in memory for publishing at most; the query finds the others."""
_CONFIRMADOS = 5_000
"""Events remembered as confirmed: those that the query may still see in the outbox are not published again."""
_ESPERA_PRIMERA = timedelta(milliseconds=200)
_ESPERA_MAX = timedelta(seconds=5)


class Relay:
    """One loop that empties its share of the outbox, one that keeps the share, one that listens for news."""

    def __init__(self, documents: Documents, relevos: Relevos, publisher: Publisher, nudge: asyncio.Event) -> None:
        self._documents = documents
        self._relevos = relevos
        self._publisher = publisher
        self._nudge = nudge
        self._turno: Turno | None = None
        self._slots = asyncio.Semaphore(_A_LA_VEZ)
        self._frescos: list[DteConXml] = []
        self._next_look = 0.0
        self._confirmed: dict[str, None] = {}

    def offer(self, nuevos: Sequence[DteConXml]) -> None:
        """Documents that this emitter has just stored; what does not fit into memory is found in the outbox."""
        ours = [nuevo for nuevo in nuevos if self._turno is not None and self._turno.includes(nuevo.folio)]
        if ours:
            self._frescos += ours[: _FRESCOS - len(self._frescos)]
            self._nudge.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Empty the outbox until `stop`. While a server is away it tries again at growing intervals, for ever."""
        wait = _ESPERA_PRIMERA
        while not stop.is_set():
            try:
                more = await self.step()
                wait = _ESPERA_PRIMERA
                if not more:
                    await self._until_nudged(stop)
                    await stopped_within(stop, _REUNIR)
            except Unavailable as error:
                log.warning("eventos_en_espera", servicio=error.servicio, detalle=str(error))
                await stopped_within(stop, wait)
                wait = min(2 * wait, _ESPERA_MAX)

    async def take_turn(self) -> bool:
        """Keep this relay's place among the living ones, and learn its share; gives False: no more until the next."""
        before = self._turno
        self._turno = await self._relevos.take_turn()
        if self._turno != before:
            log.info("turno_de_publicar", turno=self._turno)
            self._frescos = []
            self._nudge.set()
        return False

    async def step(self) -> bool:
        """Publish a batch of this relay's share; True if there are probably more.

        What was confirmed is taken out of the outbox even if the rest failed; Unavailable is raised after that.
        """
        self._nudge.clear()
        if self._turno is None:
            return False
        frescos, self._frescos = self._frescos, []
        if frescos and asyncio.get_running_loop().time() < self._next_look:
            await self._empty([(dte, first_events(dte)) for dte in frescos])
            return True
        pending = await self._documents.pending_outbox(_LOTE, self._turno)
        await self._empty(pending)
        behind = len(pending) == _LOTE  # then the oldest go first, and what is in memory waits its turn in the outbox
        self._next_look = 0.0 if behind else asyncio.get_running_loop().time() + _MIRADA.total_seconds()
        return behind

    async def _empty(self, pending: Sequence[tuple[DteConXml, Sequence[Evento]]]) -> None:
        outcomes = await asyncio.gather(*(self._publish_all(dte, eventos) for dte, eventos in pending))
        confirmed = {dte.id: done for (dte, _), (done, _) in zip(pending, outcomes, strict=True) if done}
        if confirmed:
            await self._documents.clear_outbox(confirmed)
        failure = next((error for _, error in outcomes if error is not None), None)
        if failure is not None:
            self._next_look = 0.0
            raise failure

    async def listen(self) -> None:
        """Look into the outbox when others have put something in; ends only when it is cancelled."""
        while True:
            try:
                async for _ in self._documents.outbox_news():
                    self._nudge.set()
            except Unavailable as error:
                log.info("sin_avisos_de_cambios", detalle=str(error))
            await asyncio.sleep(_RESCAN.total_seconds())

    async def _publish_all(self, dte: DteConXml, eventos: Sequence[Evento]) -> tuple[list[str], Unavailable | None]:
        """Publish a document's events in their order, as far as it goes: the ids confirmed, and what stopped it."""
        done: list[str] = []
        async with self._slots:
            for evento in eventos:
                if f"{dte.id}/{evento.id}" not in self._confirmed:
                    try:
                        await self._publish(dte, evento)
                    except Unavailable as error:
                        return done, error
                    self._remember(f"{dte.id}/{evento.id}")
                    PUBLICADOS.labels(evento.clase).inc()
                done.append(evento.id)
        return done, None

    def _remember(self, evento: str) -> None:
        self._confirmed[evento] = None
        if len(self._confirmed) > _CONFIRMADOS:
            del self._confirmed[next(iter(self._confirmed))]

    async def _publish(self, dte: DteConXml, evento: Evento) -> None:
        match evento.clase:
            case ClaseEvento.FIRMADO:
                await self._publisher.publish_firmado(trabajo_of(dte), dte.xml, atributos_of(dte.id, evento))
            case ClaseEvento.REENVIO:
                await self._publisher.publish_reenvio(trabajo_of(dte), dte.xml)
            case ClaseEvento.ESTADO:
                await self._publisher.publish_estado(cambio_of(dte, evento), atributos_of(dte.id, evento))
            case _:
                assert_never(evento.clase)

    async def _until_nudged(self, stop: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (stop, self._nudge)]
        try:
            await asyncio.wait(waits, timeout=_RESCAN.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

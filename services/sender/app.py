"""One envelope, from its deliveries to their acknowledgement, in the order that nothing may change:

claim the documents → exact bytes on record (intent) → upload → record the outcome → confirm what is sent on → ack.

Whatever dies on the way leaves a record from which `reconcile` goes on. A failure of MongoDB or RabbitMQ is waited out
at the step where it happens, for ever; only the end of the process interrupts that.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar, assert_never
from uuid import uuid4

from services.sender.gate import Archivo, Gate, Subida, Via, describe
from services.sender.lotes import Lote
from services.sender.outcomes import Outcomes, Sobre
from services.sender.vias import Vias
from shared.clock import Clock
from shared.dte.respuesta import Bloqueado, Incierto, NoAhora, Rechazado, Recibido, YaRecibido
from shared.errors import Conflict, Invalid
from shared.lifecycle import until_available
from shared.log import get_logger
from shared.messages import Respuesta, Trabajo

if TYPE_CHECKING:
    from shared.adapters.mongo import Store
    from shared.adapters.rabbit import Entrega

log = get_logger("posta.sender")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pedido:
    """One delivery and the work that it asks for."""

    trabajo: Trabajo
    entrega: Entrega


@dataclass(frozen=True, slots=True)
class Intencion:
    """What is on record as about to be uploaded: these bytes, and no others, may leave."""

    archivo: Archivo
    via: Via


class Sender:
    """Delivers one envelope at a time for each caller; callers run side by side."""

    def __init__(
        self,
        store: Store,
        gate: Gate,
        vias: Vias,
        outcomes: Outcomes,
        *,
        clock: Clock,
        process: str,
        stop: asyncio.Event,
    ) -> None:
        self._store = store
        self._gate = gate
        self._vias = vias
        self._outcomes = outcomes
        self._clock = clock
        self._process = process
        self._stop = stop

    async def deliver(self, lote: Lote[Pedido]) -> None:
        """Bring the documents of one envelope to the SII, as far as they still have to go there, and acknowledge."""
        envio = uuid4().hex
        ids = [pedido.trabajo.id for pedido in lote.piezas]
        documentos = await self._patiently(partial(self._store.moves.claim, ids, envio, lote.clave.grupo))
        if documentos:
            await self._send(Sobre(envio, lote.clave, tuple(documentos)))
        await self._patiently(partial(self._pass_on_others, lote.piezas, {documento.id for documento in documentos}))
        for pedido in lote.piezas:
            await pedido.entrega.ack()

    async def hold(self, pedidos: Sequence[Pedido]) -> None:
        """Take documents of companies held back off the queue: on record first. They come back through their outbox."""
        ids = [pedido.trabajo.id for pedido in pedidos]
        held = await self._patiently(partial(self._store.detenidos.hold, ids))
        await self._patiently(partial(self._pass_on_others, pedidos, held))
        for pedido in pedidos:
            await pedido.entrega.ack()

    async def _send(self, sobre: Sobre) -> None:
        """Intent, upload, record."""
        try:
            intencion = await self._patiently(partial(self._intend, sobre))
        except Invalid as error:
            await self._patiently(partial(self._outcomes.unbuildable, sobre, error))
        except Conflict:
            log.warning("sobre_abandonado", envio=sobre.id)  # reconcile took its documents back: nothing may leave
        else:
            if isinstance(intencion, Bloqueado):
                await self._patiently(partial(self._outcomes.blocked, sobre, None, intencion))
                return
            subida = await self._upload(sobre, intencion)
            await self._patiently(partial(self._record, sobre, subida))

    async def _intend(self, sobre: Sobre) -> Intencion | Bloqueado:
        """Build the envelope and put its exact bytes on record."""
        canal, emisor = sobre.clave.canal, sobre.clave.emisor
        via = await self._vias.get(emisor, canal)
        if isinstance(via, Bloqueado):
            return via
        archivo = await asyncio.to_thread(via.seal, sobre.documentos, sobre.id, self._clock())
        if isinstance(archivo, Bloqueado):
            return archivo
        await self._store.envios.add_intent(
            id_=sobre.id,
            emisor=emisor,
            canal=canal,
            documentos=sobre.ids,
            archivo=archivo.nombre,
            contenido=archivo.contenido,
            sha256=hashlib.sha256(archivo.contenido).hexdigest(),
            trabajador=self._process,
        )
        return Intencion(archivo, via)

    async def _upload(self, sobre: Sobre, intencion: Intencion) -> Subida:
        clave = sobre.clave
        subida = await self._gate.upload(clave.canal, clave.emisor, intencion.via, intencion.archivo)
        log.info(
            "sobre_subido",
            envio=sobre.id,
            canal=clave.canal,
            emisor=clave.emisor,
            documentos=len(sobre.documentos),
            bytes=len(intencion.archivo.contenido),
            **describe(subida.resultado),
        )
        return subida

    async def _record(self, sobre: Sobre, subida: Subida) -> None:
        """Every outcome has its function; a new one that is forgotten here does not pass the type checker."""
        respuesta = Respuesta(momento=self._clock(), operacion="subida", http=subida.http, cuerpo=subida.cuerpo)
        match subida.resultado:
            case Recibido(track_id) | YaRecibido(track_id):
                await self._outcomes.received(sobre, respuesta, track_id)
            case Rechazado() as motivo:
                await self._outcomes.refused(sobre, respuesta, motivo)
            case NoAhora() as motivo:
                await self._outcomes.not_now(sobre, respuesta, motivo, outage=subida.outage)
            case Bloqueado() as motivo:
                await self._outcomes.blocked(sobre, respuesta, motivo)
            case Incierto() as motivo:
                await self._outcomes.uncertain(sobre, respuesta, motivo)
            case _ as never:
                assert_never(never)

    async def _pass_on_others(self, pedidos: Collection[Pedido], claimed: Collection[str]) -> None:
        """Deliveries whose documents were not taken here: moved on, not due yet, or of another half."""
        others = {pedido.trabajo.id: pedido.entrega.body for pedido in pedidos if pedido.trabajo.id not in claimed}
        for dte in await self._store.documents.find_by_ids(others):
            await self._outcomes.pass_on(dte, others[dte.id])

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        return await until_available(attempt, self._stop)

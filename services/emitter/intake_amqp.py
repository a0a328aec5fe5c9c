"""The POS way in over AMQP: sales in `posta.ventas.v1`, the answer to `reply_to`, and nothing lost on the way.

A delivery is acknowledged only when its sale is stored, or lies in `posta.ventas.dlq.v1` with the reason, or is back at
the end of the queue because it must wait. A till that can no longer be answered finds its document by its key.

Headers: `x-idempotency-key`, and `x-posta-terminal` with the terminal key. The body is that of `POST /v1/dte`, and so
is the answer, document or problem; its header `x-posta-status` is the status that HTTP would have given. Whoever
listens at `posta.eventos` hears the same: `dte.estado.generado…` of a document, `venta.rechazada…` of a refusal.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from services.emitter.answers import LimitError, Problema, ProblemError, VentaRechazada, to_documento, to_problema
from services.emitter.terminals import read_clave
from services.emitter.venta import MAX_BYTES
from shared.clock import Clock
from shared.errors import FoliosExhausted, Misconfigured, PostaError, Unavailable
from shared.lifecycle import repeat, stopped_within, until_available
from shared.llaves import find_terminal_id
from shared.log import get_logger
from shared.messages import Atributos

if TYPE_CHECKING:
    from services.emitter.app import Emitter
    from services.emitter.espera import Emitido
    from services.emitter.terminals import Terminals
    from shared.adapters.rabbit import Consumer, Entrega, Publisher, Watchdog

log = get_logger("posta.emitter.amqp")

CLAVE = "x-idempotency-key"
TERMINAL = "x-posta-terminal"
STATUS = "x-posta-status"

_PAUSA = timedelta(seconds=2)
"""How long a sale that must wait stays in hand, so that an outage does not become a busy loop."""
_OURS = "posta."
"""Nobody gets an answer into one of Posta's own queues, where it would be taken for work."""


class AmqpIntake:
    """Consumes the sales queue for as long as the service runs, broker or no broker."""

    def __init__(
        self,
        emitter: Emitter,
        terminals: Terminals,
        consumer: Consumer,
        publisher: Publisher,
        *,
        watchdog: Watchdog,
        watch_every: timedelta,
        clock: Clock,
        queue: str,
        dlq: str,
    ) -> None:
        self._emitter = emitter
        self._terminals = terminals
        self._consumer = consumer
        self._publisher = publisher
        self._watchdog = watchdog
        self._watch_every = watch_every
        self._clock = clock
        self._queue = queue
        self._dlq = dlq
        self._stop = asyncio.Event()
        self._in_hand = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Take sales until `stop`; let those in hand end. An absent broker is waited for, a dead consumer healed."""
        self._stop = stop
        await until_available(lambda: self._consumer.start([self._queue], self.handle), stop)
        await repeat(self._watchdog.step, stop, every=self._watch_every)
        with suppress(Unavailable):
            await self._consumer.pause(self._queue)
        await self._idle.wait()
        await self._consumer.close()

    async def handle(self, entrega: Entrega) -> None:
        """One sale, from delivery to acknowledgement."""
        self._in_hand += 1
        self._idle.clear()
        try:
            await self._handle(entrega)
        except Unavailable as error:  # the broker: whatever was not acknowledged comes again, which is harmless
            log.warning("venta_devuelta", detalle=str(error))
            await stopped_within(self._stop, _PAUSA)
            await entrega.requeue()
        finally:
            self._in_hand -= 1
            if self._in_hand == 0:
                self._idle.set()

    async def _handle(self, entrega: Entrega) -> None:
        try:
            emitido = await self._emit(entrega)
        except LimitError:  # counted where it is raised: whoever sells too fast must not fill the log, too
            await self._put_back(entrega)
        except (Unavailable, FoliosExhausted, Misconfigured) as error:
            log.info("venta_en_espera", detalle=str(error))
            await self._put_back(entrega)
        except PostaError as error:
            await self._park(entrega, to_problema(error))
        except Exception as error:
            log.exception("venta_fallida", clave=_header(entrega, CLAVE))
            await self._park(entrega, to_problema(error))
        else:
            documento = to_documento(emitido.dte, emitido.advertencias)
            await self._reply(entrega, documento.model_dump_json(), 201 if emitido.nuevo else 200)
        await entrega.ack()

    async def _emit(self, entrega: Entrega) -> Emitido:
        terminal = await self._terminals.require(_header(entrega, TERMINAL))
        self._terminals.limites.admit(terminal)
        clave = read_clave(_header(entrega, CLAVE))
        if len(entrega.body) > MAX_BYTES:
            raise ProblemError(413, "muy-grande", "La venta es muy grande", f"se admiten {MAX_BYTES} bytes")
        return await self._emitter.emit(entrega.body, clave, terminal)

    async def _put_back(self, entrega: Entrega) -> None:
        """To the end of the queue, after a pause: sales that can be issued now are not kept waiting behind it.

        Not by requeueing, which counts as a failed delivery and would one day look like a poison message.
        """
        await stopped_within(self._stop, _PAUSA)
        await self._publisher.publish(
            "",
            self._queue,
            entrega.body,
            {name: _header(entrega, name) for name in (CLAVE, TERMINAL)},
            correlation_id=entrega.correlation_id,
            reply_to=entrega.reply_to,
        )

    async def _park(self, entrega: Entrega, problema: Problema) -> None:
        """To the dead-letter queue with the reason, for a person; the till and all who listen hear of it too."""
        await self._reply(entrega, problema.model_dump_json(exclude_none=True), problema.status)
        await self._tell(entrega, problema)
        terminal = find_terminal_id(_header(entrega, TERMINAL))
        headers = {CLAVE: _header(entrega, CLAVE), "terminal": terminal, "causa": problema.type}
        await self._publisher.publish("", self._dlq, entrega.body, {**headers, "detalle": problema.detail})

    async def _tell(self, entrega: Entrega, problema: Problema) -> None:
        """The refusal as an event. Its id is made of what came, so a sale that comes again is one event."""
        llave, clave = _header(entrega, TERMINAL), _header(entrega, CLAVE)
        terminal = await self._terminals.find(llave)
        donde = terminal.model_dump(include={"emisor", "tienda", "caja"}) if terminal else {}
        rechazo = VentaRechazada(
            momento=self._clock(),
            terminal=terminal.id if terminal else "",
            clave=clave,
            correlacion=entrega.correlation_id,
            problema=problema,
            **donde,
        )
        id_ = hashlib.sha256(b"\0".join((llave.encode(), clave.encode(), entrega.body))).hexdigest()
        atributos = Atributos(id=id_, tipo="posta.venta.rechazada.v1", momento=rechazo.momento, sujeto=clave or "-")
        body = rechazo.model_dump_json(exclude_none=True).encode()
        await self._publisher.publish_evento(rechazo.routing_key, body, {STATUS: problema.status}, atributos)

    async def _reply(self, entrega: Entrega, body: str, status: int) -> None:
        if entrega.reply_to and not entrega.reply_to.startswith(_OURS):
            await self._publisher.publish(
                "",
                entrega.reply_to,
                body.encode(),
                {STATUS: status},
                mandatory=False,
                correlation_id=entrega.correlation_id,
            )


def _header(entrega: Entrega, name: str) -> str:
    value = entrega.headers.get(name, "")
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)

"""Carries replays on: a canary of one, then of ten, then the rest at the rate that was asked for.

Everything that is done is a conditional move, and everything that is known is on record: whoever takes an operation
over from one that died looks at the record and goes on. A document goes once for each operation, whoever carries it on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.adapters.mongo.operaciones import EstadoOperacion, Operacion, Reenviado, Suerte
from shared.clock import Clock
from shared.dte.estado import FINALES, Estado
from shared.log import get_logger
from shared.messages import Dte

if TYPE_CHECKING:
    from shared.adapters.mongo import Store
    from shared.adapters.rabbit import DeadLetters

log = get_logger("posta.monitor")

ETAPAS = (1, 11)
"""After so many sent documents an operation waits for what becomes of them: a canary of one, another of ten."""
PACIENCIA = timedelta(minutes=15)
"""The SII may take hours for a verdict. A canary that it has taken and not refused for so long has passed."""
LOTE = timedelta(seconds=1)
"""Documents of so much time, at the operation's rate, are sent together."""


@dataclass(frozen=True, slots=True)
class Avance:
    """How far an operation is, counted before its next move."""

    esperan: int
    enviados: int
    sin_resultado: int
    """Sent, and of such a fate that the canary's next stage has to wait for it."""
    en_camino: int

    def permitted(self, *, canario: bool) -> int:
        """How many documents may go before outcomes are waited for."""
        for hasta in ETAPAS if canario else ():
            if self.enviados < hasta:
                return min(self.esperan, hasta - self.enviados)
            if self.enviados == hasta and self.sin_resultado:
                return 0
        return self.esperan


class Reenviador:
    """One process's hand in all operations that are under way."""

    def __init__(
        self, store: Store, dead_letters: DeadLetters, clock: Clock, *, paciencia: timedelta = PACIENCIA
    ) -> None:
        self._store = store
        self._operaciones = store.operaciones
        self._dead_letters = dead_letters
        self._clock = clock
        self._paciencia = paciencia

    async def step(self) -> bool:
        """Carry on a little every operation that nobody else holds; gives False: there is more after a while."""
        for operacion in await self._operaciones.lease_open():
            await self._advance(operacion)
        return False

    async def _advance(self, operacion: Operacion) -> None:
        """Outcomes first, then causes that came back, and only then more documents."""
        avance = await self._follow(operacion)
        if operacion.estado is EstadoOperacion.DETENIENDO:
            await self._operaciones.hold_all(operacion.id)
        elif operacion.canario:
            await self._hold_returned(operacion)
        if operacion.estado is EstadoOperacion.EN_CURSO:
            await self._send(operacion, avance)
        await self._conclude(operacion)

    async def _follow(self, operacion: Operacion) -> Avance:
        """Write down what became of the documents that were sent."""
        under_way = await self._operaciones.under_way(operacion.id)
        dtes = {dte.id: dte for dte in await self._store.documents.find_by_ids([r.documento for r in under_way])}
        seen = [_settle(reenviado, dtes[reenviado.documento]) for reenviado in under_way]
        await self._operaciones.note_outcomes(operacion.id, seen)
        cuentas = await self._operaciones.count(operacion.id)
        unsent = (Suerte.ESPERA, Suerte.OMITIDO, Suerte.RETENIDO)
        return Avance(
            esperan=cuentas.get(Suerte.ESPERA, 0),
            enviados=sum(n for suerte, n in cuentas.items() if suerte not in unsent),
            sin_resultado=sum(1 for r in seen if r.suerte is Suerte.EN_CAMINO and self._is_open(dtes[r.documento])),
            en_camino=cuentas.get(Suerte.EN_CAMINO, 0),
        )

    def _is_open(self, dte: Dte) -> bool:
        """Whether the canary has to wait for this document: not if the SII took it long ago and has said nothing."""
        return dte.estado is not Estado.ENVIADO or self._clock() - dte.cambiado < self._paciencia

    async def _hold_returned(self, operacion: Operacion) -> None:
        """Causes of the set that a sent document came to: nothing more goes that waits with them."""
        returned = await self._operaciones.returned(operacion.id, operacion.causas)
        if returned:
            await self._operaciones.hold(operacion.id, returned)
        if returned.difference(operacion.devueltas):
            log.warning("causa_devuelta", operacion=operacion.id, causas=sorted(returned))

    async def _send(self, operacion: Operacion, avance: Avance) -> None:
        """The next documents, as many as stage and rate allow."""
        ahora = self._clock()
        if operacion.proximo is not None and operacion.proximo > ahora:
            return
        per_batch = max(1, int(operacion.ritmo * LOTE.total_seconds()))
        cuantos = min(avance.permitted(canario=operacion.canario), per_batch)
        ids = await self._operaciones.waiting(operacion.id, cuantos) if cuantos else []
        if not ids:
            return
        await self._operaciones.pace(operacion.id, ahora + timedelta(seconds=len(ids) / operacion.ritmo))
        sent = await self._store.moves.resend(ids, operacion.id)
        await self._operaciones.note_sent(operacion.id, ids, sent)
        log.info("reenviados", operacion=operacion.id, enviados=len(sent), omitidos=len(ids) - len(sent))

    async def _conclude(self, operacion: Operacion) -> None:
        """The end, once there is nothing to send or to wait for; the dead-letter queue is put in order first."""
        cuentas = await self._operaciones.count(operacion.id)
        if cuentas.get(Suerte.ESPERA) or cuentas.get(Suerte.EN_CAMINO):
            return
        await self._dead_letters.sweep_all(self._store.documents.still_parked)
        whole = not cuentas.get(Suerte.RETENIDO)
        await self._operaciones.conclude(operacion, EstadoOperacion.TERMINADA if whole else EstadoOperacion.DETENIDA)
        log.info("operacion_terminada", operacion=operacion.id, **{suerte.value: n for suerte, n in cuentas.items()})


def _settle(reenviado: Reenviado, dte: Dte) -> Reenviado:
    """What has become of a document since it was sent."""
    parked = dte.estado is Estado.PENDIENTE and dte.proximo_intento is None
    if dte.estado not in FINALES and not parked:
        return reenviado
    error = dte.error_envio
    return reenviado.model_copy(
        update={
            "suerte": Suerte.ESTACIONADO if parked else Suerte(dte.estado.value),
            "causa_nueva": error.causa if error else "",
            "glosa": error.glosa if error else "",
        }
    )

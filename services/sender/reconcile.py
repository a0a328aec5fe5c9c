"""Settles doubt: envelopes of workers that died, and envelopes whose bytes left without a verdict.

Facturas: the identical bytes are sent again, because DTEUpload recognises them and answers with the original track id.
Boletas: the REST service promises no such thing, so the folios are asked for first, and only when the SII has said
several times that it has none of them the identical bytes go again. Other bytes never. DTEBox: as with boletas; its
FiscalStatus is asked, which knows a document only some time after it was taken.
In a pause nothing goes again: of facturas, too, only the folios are asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from services.sender.gate import Gate, Operacion, Subida, Via
from services.sender.inquiry import Inquiry, count_since_upload
from services.sender.outcomes import DISTINTO, Outcomes, error_for, halve, to_error
from services.sender.vias import Vias
from shared.backoff import espera_growing
from shared.clock import Clock
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.respuesta import Bloqueado, Incierto, NoAhora, Rechazado, Recibido, YaRecibido
from shared.dte.tipos import Canal
from shared.log import get_logger
from shared.messages import Dte, Envio, ErrorEnvio, EstadoEnvio
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.adapters.mongo import Store

log = get_logger("posta.sender")

LEASE = timedelta(minutes=5)
ROUNDS = 3
"""Times in a row that the SII has to miss the folios before their envelope counts as not received."""
MAX_UPLOADS = 6
"""Uploads of the same bytes after which a person has to look."""
MAX_UPLOADS_DTEBOX = 3
"""The same for a DTEBox, which never says that a refusal is final."""
_SAMPLE = 5
_BATCH = 500
_NO_RECIBIDO = "no_recibido"

_ABIERTOS = (Estado.ENVIANDO, Estado.INCIERTO)
_INTERRUMPIDO = error_for(Causa.INTERRUMPIDO, "", "")
_SIN_FOLIO = error_for(Causa.CAF, "FNA", "El SII dice que el folio no está autorizado o fue anulado.")
_SIN_RESPUESTA = error_for(Causa.SIN_RESPUESTA, "", "el proceso que enviaba se detuvo")


class Reconciler:
    """`sweep` finds what dead workers left; `step` settles one doubtful envelope."""

    def __init__(
        self,
        store: Store,
        gate: Gate,
        vias: Vias,
        inquiry: Inquiry,
        outcomes: Outcomes,
        *,
        settings: Settings,
        clock: Clock,
        process: str,
    ) -> None:
        """`process` names this process in its heartbeat."""
        self._store = store
        self._gate = gate
        self._vias = vias
        self._inquiry = inquiry
        self._outcomes = outcomes
        self._settings = settings
        self._clock = clock
        self._process = process

    async def sweep(self) -> bool:
        """Take over the envelopes of dead workers, and documents that were left between two records."""
        vencido = self._clock() - self._settings.latido_vencido
        overdue = self._clock() - 5 * self._settings.sii_timeout
        # We live, even if the database was away and has no fresh heartbeat of ours yet.
        alive = await self._store.latidos.alive_ids(vencido) | {self._process}
        await self._store.envios.release_leases(alive)
        for envio in await self._store.envios.find_by_estado(EstadoEnvio.SUBIENDO):
            dead = envio.trabajador not in alive and envio.cambiado <= vencido
            if (dead or envio.cambiado <= overdue) and await self._store.envios.take_over(envio.id, self._clock()):
                log.warning("sobre_huerfano", envio=envio.id, trabajador=envio.trabajador)
        abandoned: defaultdict[str, list[Dte]] = defaultdict(list)
        for dte in await self._store.documents.find_by_estado(Estado.ENVIANDO, hasta=vencido, limit=_BATCH):
            abandoned[dte.envio or ""].append(dte)
        for envio_id, documentos in abandoned.items():
            await self._heal(envio_id, documentos)
        return False

    async def _heal(self, envio_id: str, documentos: Sequence[Dte]) -> None:
        """Documents in `enviando` for long: what their envelope's record says is what happened."""
        envios, ids = self._store.envios, [dte.id for dte in documentos]
        envio = await envios.get(envio_id)
        if envio is None:  # provably never sent, once nobody can write the intent any more
            if await envios.give_up(envio_id, ids, emisor=documentos[0].emisor, canal=documentos[0].canal):
                await self._back_to_work(envio_id, documentos, _INTERRUMPIDO, desde=Estado.ENVIANDO)
        elif envio.estado is EstadoEnvio.NO_RECIBIDO:
            await self._back_to_work(envio_id, documentos, _INTERRUMPIDO, desde=Estado.ENVIANDO)
        elif envio.estado in (EstadoEnvio.RECIBIDO, EstadoEnvio.TERMINADO):
            await self._store.moves.mark_enviado(envio_id, ids, track_id=envio.track_id)
            await self._record(envio, EstadoEnvio.RECIBIDO, "recuperado", proxima=timedelta())

    async def step(self) -> bool:
        """Settle one envelope whose fate is not known; True if there was one."""
        subida, consulta = (self._gate.admitted(operacion) for operacion in Operacion)
        canales = [canal for canal in subida if canal in consulta]
        if not canales:
            return False
        envio = await self._store.envios.lease_due(EstadoEnvio.INCIERTO, canales, until=self._clock() + LEASE)
        if envio is None:
            return False
        if await self._inquiry.may_ask(envio):
            await self._settle(envio)
        return True

    async def _settle(self, envio: Envio) -> None:
        await self._store.moves.mark_incierto(envio.id, envio.documentos, _SIN_RESPUESTA)  # of a dead worker
        todos = await self._store.documents.find_by_envio(envio.id)
        documentos = [dte for dte in todos if dte.estado in _ABIERTOS]
        via = await self._vias.get(envio.emisor, envio.canal)
        if not documentos:
            sent = any(dte.estado is Estado.ENVIADO for dte in todos)
            await self._record(envio, EstadoEnvio.RECIBIDO if sent else EstadoEnvio.TERMINADO, "termino")
        elif isinstance(via, Bloqueado):
            await self._ask_later(envio, "sin_certificado")
        elif envio.canal is Canal.FACTURA and envio.subidas < MAX_UPLOADS and not self._is_paused(envio):
            await self._send_again(envio, documentos, via)
        else:
            await self._look_for(envio, documentos, via)

    def _is_paused(self, envio: Envio) -> bool:
        return self._gate.en_pausa.covers(envio.canal, envio.emisor)

    async def _look_for(self, envio: Envio, documentos: Sequence[Dte], via: Via) -> None:
        """Ask for the folios: an envelope arrives whole or not at all, so one that is found tells for the others."""
        step = max(1, len(documentos) // _SAMPLE)
        with self._gate.breaker(envio.canal, Operacion.CONSULTA, envio.emisor).turn():
            asked = await self._inquiry.ask_each(documentos[::step][:_SAMPLE], via, until_found=True)
        for dte, error in [(d, DISTINTO) for d in asked.other] + [(d, _SIN_FOLIO) for d in asked.invalid]:
            await self._outcomes.park(envio.id, dte, error, desde=Estado.INCIERTO)
        if asked.held:
            await self._mark_received(envio, documentos, None)
        elif asked.unanswered or asked.other or asked.invalid:
            await self._ask_later(envio, "consulta_folios", desconocido=asked.desconocido)
        elif count_since_upload(envio.respuestas, _NO_RECIBIDO) + 1 < ROUNDS:
            await self._ask_later(envio, _NO_RECIBIDO)
        elif envio.subidas < _max_uploads(envio.canal):
            await self._send_again(envio, documentos, via)
        else:
            await self._give_to_a_person(envio, documentos)

    async def _send_again(self, envio: Envio, documentos: Sequence[Dte], via: Via) -> None:
        """The identical bytes once more. Only an answer that is about these bytes settles anything."""
        subida = await self._inquiry.send_again(envio, via)
        if subida is None:
            await self._ask_later(envio, "sin_subida")
            return
        match subida.resultado:
            case Recibido(track_id) | YaRecibido(track_id):
                await self._mark_received(envio, documentos, track_id, subida)
            case Rechazado() as motivo:  # these bytes are refused whenever they come: they were the first time too
                await self._refuse(envio, documentos, to_error(motivo), subida)
            case NoAhora() | Bloqueado() | Incierto():
                await self._ask_later(envio, "subida", subida)
            case _ as never:
                assert_never(never)

    async def _mark_received(
        self, envio: Envio, documentos: Sequence[Dte], track_id: str | None, subida: Subida | None = None
    ) -> None:
        """incierto → enviado; without a track id the verdict will be asked for folio by folio."""
        await self._store.moves.mark_enviado(envio.id, [dte.id for dte in documentos], track_id=track_id)
        proxima = self._settings.consulta_espera
        await self._record(envio, EstadoEnvio.RECIBIDO, "subida", subida, proxima=proxima, track_id=track_id)
        log.info("duda_resuelta", envio=envio.id, recibido=True, track_id=track_id)

    async def _refuse(self, envio: Envio, documentos: Sequence[Dte], error: ErrorEnvio, subida: Subida) -> None:
        """incierto → pendiente: nothing was registered, so new envelopes, of half the size, may be made."""
        for grupo, half in halve(documentos, envio.id):
            await self._back_to_work(envio.id, half, error, desde=Estado.INCIERTO, grupo=grupo)
        await self._record(envio, EstadoEnvio.NO_RECIBIDO, "subida", subida)
        log.info("duda_resuelta", envio=envio.id, recibido=False)

    async def _give_to_a_person(self, envio: Envio, documentos: Sequence[Dte]) -> None:
        """incierto → pendiente, parked: sent many times, and the SII still neither takes nor refuses it.

        Never for a transient cause: those come back by themselves, and this would be with other bytes.
        """
        for dte in documentos:
            before = dte.error_envio or _SIN_RESPUESTA
            error = error_for(Causa.DESCONOCIDO, before.codigo, before.glosa)
            await self._outcomes.park(envio.id, dte, error, desde=Estado.INCIERTO)
        await self._record(envio, EstadoEnvio.NO_RECIBIDO, _NO_RECIBIDO)

    async def _back_to_work(
        self, envio: str, documentos: Sequence[Dte], error: ErrorEnvio, *, desde: Estado, grupo: str | None = None
    ) -> None:
        """→ pendiente, to be sent at once; through the outbox, because no message of theirs is at hand."""
        por_grupo: defaultdict[str | None, list[str]] = defaultdict(list)
        for dte in documentos:
            por_grupo[grupo or dte.grupo].append(dte.id)
        for each, ids in por_grupo.items():
            await self._store.moves.mark_pendiente(
                envio,
                ids,
                desde=desde,
                proximo_intento=self._clock(),
                error=error,
                intento=False,
                grupo=each,
                reenvio=True,
            )

    async def _ask_later(
        self, envio: Envio, operacion: str, subida: Subida | None = None, *, desconocido: str = ""
    ) -> None:
        """Stay uncertain. After a "not received" the wait is longer: the SII registers files some time later."""
        base = self._settings.consulta_espera
        match operacion:
            case "no_recibido":
                missed = count_since_upload(envio.respuestas, _NO_RECIBIDO)
                wait = espera_growing(4 * base, missed)
            case "subida":
                wait = espera_growing(base, envio.subidas)
            case _:
                wait = espera_growing(base, envio.consultas)
        await self._record(envio, EstadoEnvio.INCIERTO, operacion, subida, proxima=wait, desconocido=desconocido)

    async def _record(
        self,
        envio: Envio,
        estado: EstadoEnvio,
        operacion: str,
        subida: Subida | None = None,
        *,
        proxima: timedelta = timedelta(),
        track_id: str | None = None,
        desconocido: str = "",
    ) -> None:
        dicho = (subida.http, subida.cuerpo) if subida is not None else (None, "")
        await self._store.envios.record(
            envio.id,
            estado,
            self._inquiry.to_respuesta(operacion, *dicho).model_copy(update={"desconocido": desconocido}),
            desde=(envio.estado,),
            track_id=track_id,
            proxima_consulta=self._clock() + proxima,
        )


def _max_uploads(canal: Canal) -> int:
    return MAX_UPLOADS_DTEBOX if canal is Canal.DTEBOX else MAX_UPLOADS

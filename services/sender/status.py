"""Asks for the verdict of envelopes that the SII has received, until each of their documents has its own.

The first question comes after `consulta_espera`, the next ones at three times the wait before, up to ten minutes, for
days. A lease in the envelope's record keeps two senders from asking the same question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from services.sender.gate import Gate, Operacion, Via
from services.sender.inquiry import SIN_CODIGO, Inquiry, count_since_upload
from services.sender.outcomes import Outcomes, error_for, halve
from services.sender.veredictos import LibroVeredictos, clave_of
from services.sender.vias import Vias
from shared.clock import Clock
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.respuesta import Bloqueado, Recibido, YaRecibido
from shared.dte.veredicto import (
    ConsultaBloqueada,
    Detalle,
    EnProceso,
    EnvioRechazado,
    Perdido,
    Procesado,
    SinVeredicto,
    TokenVencido,
    Veredicto,
    count_unexplained,
    find_repetidos,
    settle_documentos,
    settle_registrados,
)
from shared.log import get_logger
from shared.messages import Dte, Envio, ErrorEnvio, EstadoEnvio, Respuesta
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.adapters.mongo import Store

log = get_logger("posta.sender")

LEASE = timedelta(minutes=5)
PATIENCE = 6
"""Questions after which a document that the SII does not show is no longer thought to be in process."""
PATIENCE_REPETIDO = 40
"""The same for one of which the SII says that it had it before: about six hours, for the verdict of that upload."""

_FOLIOS = "consulta_folios"


class Verdicts:
    """One envelope at a time for each caller of `step`."""

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
    ) -> None:
        self._store = store
        self._gate = gate
        self._vias = vias
        self._inquiry = inquiry
        self._outcomes = outcomes
        self._clock = clock
        self._libro = LibroVeredictos(store, outcomes, settings=settings, clock=clock)

    async def step(self) -> bool:
        """Ask about one envelope whose time has come; True if there was one."""
        canales = self._gate.admitted(Operacion.CONSULTA)
        if not canales:
            return False
        envio = await self._store.envios.lease_due(EstadoEnvio.RECIBIDO, canales, until=self._clock() + LEASE)
        if envio is None:
            return False
        if await self._inquiry.may_ask(envio):
            with self._gate.breaker(envio.canal, Operacion.CONSULTA, envio.emisor).turn():
                await self._settle(envio)
        return True

    async def _settle(self, envio: Envio) -> None:
        # Moves nothing, unless the worker that uploaded died between the envelope's record and the documents'.
        await self._store.moves.mark_enviado(envio.id, envio.documentos, track_id=envio.track_id)
        todos = await self._store.documents.find_by_envio(envio.id)
        documentos = [dte for dte in todos if dte.estado is Estado.ENVIADO]
        via = await self._vias.get(envio.emisor, envio.canal)
        if not documentos:
            await self._libro.end(envio, self._inquiry.to_respuesta("termino"))
        elif isinstance(via, Bloqueado):
            await self._libro.ask_later(envio, self._inquiry.to_respuesta("sin_certificado", cuerpo=via.glosa))
        elif envio.track_id is None:
            await self._settle_without_track(envio, documentos, via)
        else:
            await self._settle_by_track(envio, envio.track_id, todos, via)

    async def _settle_by_track(self, envio: Envio, track_id: str, todos: Sequence[Dte], via: Via) -> None:
        """Ask for the envelope; every answer has its way to go on."""
        documentos = [dte for dte in todos if dte.estado is Estado.ENVIADO]
        dicho = await self._gate.ask_envio(envio.canal, via, track_id)
        respuesta = self._inquiry.to_respuesta("consulta", dicho.http, dicho.cuerpo)
        match dicho.valor:
            case Procesado() as procesado:
                await self._libro.apply(
                    envio, settle_documentos(procesado, [clave_of(dte) for dte in todos]), documentos
                )
                await self._settle_the_rest(envio, procesado, via, respuesta)
            case EnvioRechazado() as rechazo:
                await self._settle_refused(envio, rechazo, documentos, via, respuesta)
            case Perdido():
                await self._send_again(envio, via, respuesta)
            case EnProceso(codigo, _, desconocido):
                if desconocido:
                    log.error("codigo_desconocido", envio=envio.id, codigo=codigo)
                    respuesta = respuesta.model_copy(update={"desconocido": codigo or SIN_CODIGO})
                await self._libro.ask_later(envio, respuesta)
            case TokenVencido(codigo) | SinVeredicto(codigo=codigo) | ConsultaBloqueada(codigo=codigo):
                kind = type(dicho.valor).__name__
                log.warning("consulta_sin_respuesta", envio=envio.id, consulta=kind, codigo=codigo)
                await self._libro.ask_later(envio, respuesta)
            case _ as never:
                assert_never(never)

    async def _settle_the_rest(self, envio: Envio, procesado: Procesado, via: Via, respuesta: Respuesta) -> None:
        """Documents that the envelope's verdict leaves open, asked one by one.

        One that the SII does not hold is among the rejected, once as many are missing as it has counted. One that came
        twice has its verdict from the upload before; if that never comes, a person has to look.
        """
        asked = await self._inquiry.ask_each(await self._libro.open(envio), via)
        repetidos = find_repetidos(procesado)
        judged_here = [clave_of(dte) for dte in asked.registered if clave_of(dte) not in repetidos]
        await self._libro.apply_asked(envio, asked, settle_registrados(procesado, judged_here))
        missing = [dte for dte in asked.missing if clave_of(dte) not in repetidos]
        faltan, rechazados = len(missing), count_unexplained(procesado) - len(asked.invalid)
        counted = faltan == rechazados or (faltan < rechazados and envio.consultas >= PATIENCE)
        if faltan and counted and not asked.unanswered:
            glosa = "El SII no da el motivo por esta vía: está en el correo de respuesta del envío."
            rechazo = Veredicto(Estado.RECHAZADO, Causa.CONTENIDO, procesado.codigo, glosa)
            await self._libro.apply(envio, {clave_of(dte): rechazo for dte in missing}, missing)
        if envio.consultas >= PATIENCE_REPETIDO:
            await self._park_repeated(envio, asked.missing, repetidos)
        await self._libro.end_or_ask_later(envio, asked.mark(respuesta))

    async def _park_repeated(
        self, envio: Envio, missing: Iterable[Dte], repetidos: Mapping[tuple[int, int], Detalle]
    ) -> None:
        for dte in missing:
            detalle = repetidos.get(clave_of(dte))
            if detalle is not None:
                error = error_for(detalle.causa, detalle.codigo, detalle.glosa)
                await self._outcomes.park(envio.id, dte, error, desde=Estado.ENVIADO)

    async def _settle_refused(
        self,
        envio: Envio,
        rechazo: EnvioRechazado,
        documentos: Sequence[Dte],
        via: Via,
        respuesta: Respuesta,
    ) -> None:
        """An envelope refused as a whole: what the SII holds all the same is accepted, the rest goes in halves."""
        if rechazo.registrado:
            asked = await self._inquiry.ask_each(documentos, via)
            await self._libro.apply_asked(envio, asked)
            if asked.unanswered or (rechazo.causa is Causa.REPETIDO and envio.consultas < PATIENCE_REPETIDO):
                await self._libro.end_or_ask_later(envio, asked.mark(respuesta))
                return
            documentos = asked.missing
        error = error_for(rechazo.causa, rechazo.codigo, rechazo.glosa)
        if rechazo.causa is Causa.REPETIDO:
            for dte in documentos:
                await self._outcomes.park(envio.id, dte, error, desde=Estado.ENVIADO)
        elif len(documentos) == 1:
            await self._store.moves.mark_rechazado(envio.id, [documentos[0].id], error, desde=Estado.ENVIADO)
        else:
            await self._send_in_halves(envio, documentos, error)
        await self._libro.end(envio, respuesta)

    async def _send_in_halves(self, envio: Envio, documentos: Sequence[Dte], error: ErrorEnvio) -> None:
        for grupo, half in halve(documentos, envio.id):
            await self._store.moves.mark_pendiente(
                envio.id,
                [dte.id for dte in half],
                desde=Estado.ENVIADO,
                proximo_intento=self._clock(),
                error=error,
                intento=False,
                grupo=grupo,
                reenvio=True,
            )

    async def _settle_without_track(self, envio: Envio, documentos: Sequence[Dte], via: Via) -> None:
        """An envelope known to be at the SII only by its folios: ask for them; for its rest, by sending it again."""
        asked = await self._inquiry.ask_each(documentos, via)
        await self._libro.apply_asked(envio, asked)
        respuesta = asked.mark(self._inquiry.to_respuesta(_FOLIOS))
        if asked.missing and count_since_upload(envio.respuestas, _FOLIOS) + 1 >= PATIENCE:
            await self._send_again(envio, via, respuesta)
        else:
            await self._libro.end_or_ask_later(envio, respuesta)

    async def _send_again(self, envio: Envio, via: Via, respuesta: Respuesta) -> None:
        """The identical bytes once more: the SII answers with a track id that it knows."""
        subida = await self._inquiry.send_again(envio, via)
        match subida and subida.resultado:
            case Recibido(track_id) | YaRecibido(track_id):
                await self._libro.adopt(envio, track_id)
                await self._libro.ask_later(envio, respuesta, track_id=track_id, vez=envio.subidas)
            case _:
                await self._libro.ask_later(envio, respuesta)

"""Writes down what an upload came to, one function for each outcome, and then sends the work where it goes next.

First the envelope's record (the SII's words are precious), then the documents, then the broker's confirm. Each function
may be run again after a failure half-way: moves that were made are not made twice, and a message published twice is
harmless.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from services.sender.lotes import Clave
from services.sender.ritmo import Ritmo
from shared.backoff import PASOS, Paso, espera_growing, paso_covering, paso_for
from shared.clock import Clock
from shared.dte.causa import Causa
from shared.dte.estado import ENVIABLES, Estado
from shared.dte.respuesta import Bloqueado, Incierto, NoAhora, Rechazado
from shared.errors import Invalid
from shared.messages import Dte, DteConXml, ErrorEnvio, EstadoEnvio, Respuesta, trabajo_of
from shared.metrics import REINTENTOS
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.adapters.mongo import Store
    from shared.adapters.rabbit import Publisher


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sobre:
    """An envelope and the documents that were claimed for it."""

    id: str
    clave: Clave
    documentos: tuple[DteConXml, ...]

    @property
    def ids(self) -> list[str]:
        return [documento.id for documento in self.documentos]


def to_error(motivo: Rechazado | NoAhora | Bloqueado | Incierto) -> ErrorEnvio:
    """The outcome as it is kept with each document, with what a person does about it."""
    return error_for(motivo.causa, motivo.codigo, motivo.glosa)


def error_for(causa: Causa, codigo: str, glosa: str) -> ErrorEnvio:
    return ErrorEnvio(causa=causa, codigo=codigo, glosa=glosa, remedio=causa.remedio)


DISTINTO = error_for(Causa.DISTINTO, "DNK", "El SII tiene otros datos bajo este folio.")


def halve(documentos: Sequence[T], envio: str) -> list[tuple[str, list[T]]]:
    """Both halves of a refused envelope, each with the name that keeps it together and apart from all others."""
    middle = (len(documentos) + 1) // 2
    return [(f"{envio}.1", list(documentos[:middle])), (f"{envio}.2", list(documentos[middle:]))]


class Outcomes:
    """One function per outcome of an upload."""

    def __init__(self, store: Store, publisher: Publisher, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._publisher = publisher
        self._settings = settings
        self._clock = clock
        self.ritmo = Ritmo(clock)

    async def received(self, sobre: Sobre, respuesta: Respuesta, track_id: str | None) -> None:
        """The SII has it: → enviado. True whatever others believe about this envelope meanwhile."""
        await self._store.envios.record(
            sobre.id,
            EstadoEnvio.RECIBIDO,
            respuesta,
            desde=(EstadoEnvio.SUBIENDO, EstadoEnvio.INCIERTO),
            track_id=track_id,
            proxima_consulta=self._clock() + self._settings.consulta_espera,
        )
        await self._store.moves.mark_enviado(sobre.id, sobre.ids, track_id=track_id)
        self.ritmo.add(sobre.clave.canal, len(sobre.documentos))

    async def refused(self, sobre: Sobre, respuesta: Respuesta, motivo: Rechazado) -> None:
        """Refused as a whole: alone → rechazado; in company → pendiente in two halves, until the culprit is alone."""
        await self._record_not_taken(sobre, respuesta)
        if len(sobre.documentos) == 1:
            await self._store.moves.mark_rechazado(sobre.id, sobre.ids, to_error(motivo), desde=Estado.ENVIANDO)
        else:
            await self.split(sobre, to_error(motivo))

    async def split(self, sobre: Sobre, error: ErrorEnvio) -> None:
        """enviando → pendiente, each half to be sent at once and on its own. Nobody's attempt is used up."""
        for grupo, half in halve(sobre.documentos, sobre.id):
            await self._store.moves.mark_pendiente(
                sobre.id,
                [documento.id for documento in half],
                desde=Estado.ENVIANDO,
                proximo_intento=self._clock(),
                error=error,
                intento=False,
                grupo=grupo,
            )
            trabajos = [trabajo_of(documento).model_copy(update={"grupo": grupo}) for documento in half]
            cuerpos = [documento.xml for documento in half]
            await asyncio.gather(*map(self._publisher.publish_reenvio, trabajos, cuerpos))

    async def not_now(self, sobre: Sobre, respuesta: Respuesta, motivo: NoAhora, *, outage: bool) -> None:
        """Nothing was taken: → pendiente, until the ladder's next step; parked when the attempts are spent.

        In an outage, and when the SII asks for patience, the attempt does not count.
        """
        await self._record_not_taken(sobre, respuesta)
        error = to_error(motivo)
        counts = not outage and motivo.causa is not Causa.LIMITE
        por_paso: defaultdict[Paso | None, list[DteConXml]] = defaultdict(list)
        for documento in sobre.documentos:
            por_paso[self._next_paso(documento, motivo, counts=counts)].append(documento)
        again = sum(len(documentos) for paso, documentos in por_paso.items() if paso is not None)
        REINTENTOS.labels(sobre.clave.canal, motivo.causa).inc(again)
        for paso, documentos in por_paso.items():
            await self._put_off(sobre, documentos, paso, error, intento=counts)

    async def blocked(self, sobre: Sobre, respuesta: Respuesta | None, motivo: Bloqueado) -> None:
        """A person has to act first: → pendiente, parked with the cause. No answer when nothing was even sent."""
        if respuesta is not None:
            await self._record_not_taken(sobre, respuesta)
        await self._put_off(sobre, sobre.documentos, None, to_error(motivo), intento=False)

    async def unbuildable(self, sobre: Sobre, error: Invalid) -> None:
        """No envelope can be made of these documents: in company → two halves; alone → parked. Nothing was sent."""
        causa = error_for(Causa.ESQUEMA, error.fallas[0].codigo, str(error))
        if len(sobre.documentos) > 1:
            await self.split(sobre, causa)
        else:
            await self._put_off(sobre, sobre.documentos, None, causa, intento=False)

    async def uncertain(self, sobre: Sobre, respuesta: Respuesta, motivo: Incierto) -> None:
        """Bytes left and no verdict came: → incierto, for `reconcile` to settle."""
        await self._store.envios.record(
            sobre.id,
            EstadoEnvio.INCIERTO,
            respuesta,
            desde=(EstadoEnvio.SUBIENDO,),
            proxima_consulta=self._clock() + espera_growing(self._settings.consulta_espera, 0),
        )
        await self._store.moves.mark_incierto(sobre.id, sobre.ids, to_error(motivo))

    async def park(self, envio: str, dte: Dte, error: ErrorEnvio, *, desde: Estado) -> None:
        """→ pendiente, parked, for a document that is in nobody's hands; its message goes to the dead-letter queue."""
        await self._store.moves.mark_pendiente(
            envio, [dte.id], desde=desde, proximo_intento=None, error=error, intento=False, grupo=dte.grupo
        )
        xml = await self._store.documents.get_xml(dte.id)
        await self._publisher.publish_dlq(trabajo_of(dte), xml or b"", error)

    async def pass_on(self, dte: Dte, xml: bytes) -> None:
        """Send on a delivery that came too early, or to the wrong half; drop it when its document has moved on."""
        if dte.estado not in ENVIABLES:
            return
        trabajo = trabajo_of(dte)
        if dte.estado is Estado.PENDIENTE and dte.proximo_intento is None:
            await self._publisher.publish_dlq(trabajo, xml, dte.error_envio or error_for(Causa.DESCONOCIDO, "", ""))
        elif dte.proximo_intento is not None and dte.proximo_intento > self._clock():
            await self._publisher.publish_espera(trabajo, xml, paso_covering(dte.proximo_intento - self._clock()))
        else:
            await self._publisher.publish_reenvio(trabajo, xml)

    def _next_paso(self, documento: Dte, motivo: NoAhora, *, counts: bool) -> Paso | None:
        """The wait before this document's next attempt; None when it has had all that a person's word gives it."""
        if not counts:
            return paso_covering(motivo.espera or PASOS[0].espera)
        intentos = documento.intentos - documento.intentos_previos + 1
        return None if intentos >= self._settings.max_intentos else paso_for(intentos)

    async def _put_off(
        self, sobre: Sobre, documentos: Sequence[DteConXml], paso: Paso | None, error: ErrorEnvio, *, intento: bool
    ) -> None:
        """enviando → pendiente, and the message, confirmed, to the wait queue or the dead-letter queue."""
        espera = paso.espera if paso is not None else timedelta()
        await self._store.moves.mark_pendiente(
            sobre.id,
            [documento.id for documento in documentos],
            desde=Estado.ENVIANDO,
            proximo_intento=None if paso is None else self._clock() + espera,
            error=error,
            intento=intento,
            grupo=sobre.clave.grupo,
        )
        publish = self._publisher
        await asyncio.gather(
            *(
                publish.publish_dlq(trabajo_of(documento), documento.xml, error)
                if paso is None
                else publish.publish_espera(trabajo_of(documento), documento.xml, paso)
                for documento in documentos
            )
        )

    async def _record_not_taken(self, sobre: Sobre, respuesta: Respuesta) -> None:
        not_taken = EstadoEnvio.NO_RECIBIDO
        await self._store.envios.record(sobre.id, not_taken, respuesta, desde=(EstadoEnvio.SUBIENDO,))

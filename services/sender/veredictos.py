"""Puts on record what the SII has said about the documents of an envelope.

Each of them moves as its verdict says; the envelope ends with the last of them, or waits for the next question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from services.sender.inquiry import Asked
from services.sender.outcomes import DISTINTO, Outcomes, error_for
from shared.backoff import espera_growing
from shared.clock import Clock
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.veredicto import Veredicto
from shared.messages import Dte, Envio, EstadoEnvio, Respuesta
from shared.metrics import VEREDICTOS
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.adapters.mongo import Store

_ACEPTADO = Veredicto(Estado.ACEPTADO)
_NADA: Mapping[tuple[int, int], Veredicto] = {}
_SIN_FOLIO = Veredicto(Estado.RECHAZADO, Causa.CAF, "FNA", "El SII dice que el folio no está autorizado o fue anulado.")


class LibroVeredictos:
    """Each method is safe to repeat: it moves only what is still `enviado` in its envelope."""

    def __init__(self, store: Store, outcomes: Outcomes, *, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._outcomes = outcomes
        self._settings = settings
        self._clock = clock

    async def adopt(self, envio: Envio, track_id: str | None) -> None:
        """The track id under which the SII turns out to know the envelope; nothing if it named none."""
        if track_id is not None:
            await self._store.moves.adopt_track_id(envio.id, track_id)

    async def apply_asked(self, envio: Envio, asked: Asked, held: Mapping[tuple[int, int], Veredicto] = _NADA) -> None:
        """What was said about a folio by itself: held, refused, never to be taken, or held with other data.

        `held` is what more is known of those that are held; the others of them are accepted.
        """
        for track_id in asked.track_ids.values():  # of a DTEBox, which takes one document at a time
            await self.adopt(envio, track_id)
        for dte, rechazo in asked.rejected:
            glosa = rechazo.glosa or "El DTEBox no da el motivo: está en su página."
            await self.apply(
                envio, {clave_of(dte): Veredicto(Estado.RECHAZADO, Causa.CONTENIDO, rechazo.codigo, glosa)}, [dte]
            )
        accepted = {clave_of(dte): _ACEPTADO for dte in asked.registered}
        await self.apply(envio, {**accepted, **held}, asked.registered)
        await self.apply(envio, {clave_of(dte): _SIN_FOLIO for dte in asked.invalid}, asked.invalid)
        for dte in asked.other:
            await self._outcomes.park(envio.id, dte, DISTINTO, desde=Estado.ENVIADO)

    async def apply(
        self, envio: Envio, veredictos: Mapping[tuple[int, int], Veredicto], documentos: Iterable[Dte]
    ) -> None:
        """enviado → aceptado, reparo or rechazado, as each document's verdict says."""
        por_veredicto: defaultdict[Veredicto, list[str]] = defaultdict(list)
        for dte in documentos:
            veredicto = veredictos.get(clave_of(dte))
            if veredicto is not None:
                por_veredicto[veredicto].append(dte.id)
        for veredicto, ids in por_veredicto.items():
            moved = await self._mark(envio.id, ids, veredicto)
            VEREDICTOS.labels(veredicto.estado).inc(moved)

    async def _mark(self, envio: str, ids: Sequence[str], veredicto: Veredicto) -> int:
        moves = self._store.moves
        error = error_for(veredicto.causa or Causa.DESCONOCIDO, veredicto.codigo, veredicto.glosa)
        if veredicto.estado is Estado.ACEPTADO:
            return await moves.mark_aceptado(envio, ids)
        if veredicto.estado is Estado.REPARO:
            return await moves.mark_reparo(envio, ids, error)
        return await moves.mark_rechazado(envio, ids, error, desde=Estado.ENVIADO)

    async def open(self, envio: Envio) -> list[Dte]:
        """The documents that have no verdict yet."""
        return [d for d in await self._store.documents.find_by_envio(envio.id) if d.estado is Estado.ENVIADO]

    async def end_or_ask_later(self, envio: Envio, respuesta: Respuesta) -> None:
        """Whichever is right for what is still open."""
        if await self.open(envio):
            await self.ask_later(envio, respuesta)
        else:
            await self.end(envio, respuesta)

    async def end(self, envio: Envio, respuesta: Respuesta) -> None:
        """Nobody asks about the envelope any more."""
        recibido = (EstadoEnvio.RECIBIDO,)
        await self._store.envios.record(envio.id, EstadoEnvio.TERMINADO, respuesta, desde=recibido)

    async def ask_later(
        self, envio: Envio, respuesta: Respuesta, *, track_id: str | None = None, vez: int | None = None
    ) -> None:
        """Put the next question off; `vez` counts the waits so far, by default the questions."""
        base = self._settings.consulta_espera
        proxima = self._clock() + espera_growing(base, envio.consultas if vez is None else vez)
        await self._store.envios.record(
            envio.id,
            EstadoEnvio.RECIBIDO,
            respuesta,
            desde=(EstadoEnvio.RECIBIDO,),
            track_id=track_id,
            proxima_consulta=proxima,
        )


def clave_of(dte: Dte) -> tuple[int, int]:
    """By what a verdict names a document of its envelope: type and folio."""
    return int(dte.tipo), dte.folio

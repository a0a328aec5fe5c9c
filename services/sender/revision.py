"""What an operator wants to know after a disaster: what is in doubt, and what the SII says of it. Sends nothing.

Doubt is settled by the sender that runs; here its next questions can be made due at once. What is asked here is told
and changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from services.sender.gate import Gate, Operacion
from services.sender.inquiry import Asked, Inquiry
from services.sender.vias import Vias
from shared.adapters.mongo.listado import Filtro
from shared.clock import Clock
from shared.dte.estado import Estado
from shared.dte.respuesta import Bloqueado
from shared.dte.rut import parse_rut
from shared.errors import Invalid
from shared.messages import Dte, Envio, EstadoEnvio
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.adapters.mongo import Store
    from shared.adapters.mongo.auditoria import Registro

_MUCHOS = 10_000


class EnSii(StrEnum):
    """What the SII, or a DTEBox, says of one document."""

    RECIBIDO = "recibido"
    EN_TRAMITE = "en_tramite"
    RECHAZADO = "rechazado"
    NO_RECIBIDO = "no_recibido"
    DISTINTO = "distinto"
    """It holds other data under this folio."""
    FOLIO_INVALIDO = "folio_invalido"
    SIN_RESPUESTA = "sin_respuesta"


class Juicio(StrEnum):
    """What that means beside what Posta believes."""

    COINCIDE = "coincide"
    EN_DUDA = "en_duda"
    """Posta does not know it yet; the sender settles it."""
    DIFIERE = "difiere"
    """A person has to look."""
    SIN_RESPUESTA = "sin_respuesta"


_DUDAS = frozenset({Estado.ENVIANDO, Estado.INCIERTO})
_COINCIDEN: Mapping[EnSii, Collection[Estado]] = {
    EnSii.RECIBIDO: {Estado.ENVIADO, Estado.ACEPTADO, Estado.REPARO},
    EnSii.EN_TRAMITE: {Estado.ENVIADO},
    EnSii.RECHAZADO: {Estado.ENVIADO, Estado.RECHAZADO},
    # Not received is said of what was refused, and of what it has not registered yet, too.
    EnSii.NO_RECIBIDO: {Estado.GENERADO, Estado.PENDIENTE, Estado.ENVIADO, Estado.RECHAZADO},
    EnSii.DISTINTO: (),
    EnSii.FOLIO_INVALIDO: {Estado.RECHAZADO},
}
"""With which states of a document here an answer goes well."""


@dataclass(frozen=True, slots=True)
class Ambito:
    """What to look at: a company's, what was made from `desde` on and before `hasta`; None: all.

    Of a company that is named every document is asked about, of the others those in doubt.
    """

    emisor: str | None = None
    desde: datetime | None = None
    hasta: datetime | None = None
    limite: int = 200
    """Documents that are asked about at most."""

    def holds(self, one: Dte | Envio) -> bool:
        return (
            self.emisor in (None, one.emisor)
            and (self.desde is None or one.creado >= self.desde)
            and (self.hasta is None or one.creado < self.hasta)
        )


@dataclass(frozen=True, slots=True)
class Comparado:
    """One document in both books. `estado`: what it is here, read before the SII was asked."""

    dte: Dte
    sii: EnSii

    @property
    def juicio(self) -> Juicio:
        if self.sii is EnSii.SIN_RESPUESTA:
            return Juicio.SIN_RESPUESTA
        if self.dte.estado in _COINCIDEN[self.sii]:
            return Juicio.COINCIDE
        settles = self.dte.estado in _DUDAS and self.sii not in (EnSii.DISTINTO, EnSii.FOLIO_INVALIDO)
        return Juicio.EN_DUDA if settles else Juicio.DIFIERE


@dataclass(frozen=True, slots=True)
class Dudas:
    """What nobody knows at this moment."""

    sobres: Sequence[Envio]
    """In `incierto`, and in `subiendo` of a worker that is dead."""
    documentos: Sequence[Dte]
    """In `incierto`, and in `enviando` for longer than any upload lasts."""
    senders: int
    """Senders that live; without one nothing is settled."""


class Revision:
    """Reads, asks, and makes questions due: `find_dudas`, `compare`, `hurry`."""

    def __init__(
        self,
        store: Store,
        gate: Gate,
        vias: Vias,
        inquiry: Inquiry,
        registro: Registro,
        *,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._store = store
        self._gate = gate
        self._vias = vias
        self._inquiry = inquiry
        self._registro = registro
        self._settings = settings
        self._clock = clock

    async def get_emisor(self, rut: str) -> str:
        """A company's RUT as it is on record. Invalid if there is none like it."""
        try:
            conocido = parse_rut(rut)
        except ValueError as error:
            raise Invalid.one("emisor", "POSTA-REV-01", str(error)) from error
        if await self._store.companies.get_emisor(conocido) is None:
            raise Invalid.one("emisor", "POSTA-REV-02", f"la empresa {rut} no está registrada: vea «posta emisor list»")
        return conocido

    async def find_dudas(self, ambito: Ambito) -> Dudas:
        """Of envelopes that the sweep of a sender would take over, and of documents that wait for the answer."""
        vencido = self._clock() - self._settings.latido_vencido
        latidos = await self._store.latidos.alive(vencido)
        alive = {latido.id for latido in latidos}
        open_ = await self._store.envios.find_by_estado(EstadoEnvio.INCIERTO, EstadoEnvio.SUBIENDO)
        sobres = [
            envio
            for envio in open_
            if ambito.holds(envio) and (envio.estado is EstadoEnvio.INCIERTO or envio.trabajador not in alive)
        ]
        overdue = self._clock() - 5 * self._settings.sii_timeout
        documentos = [
            *await self._store.documents.find_by_estado(Estado.INCIERTO, hasta=self._clock(), limit=_MUCHOS),
            *await self._store.documents.find_by_estado(Estado.ENVIANDO, hasta=overdue, limit=_MUCHOS),
            *await self._store.documents.find_by_ids({id_ for envio in sobres for id_ in envio.documentos}),
        ]
        chosen = {dte.id: dte for dte in documentos if dte.estado in _DUDAS and ambito.holds(dte)}
        senders = sum(latido.servicio == "sender" for latido in latidos)
        return Dudas(sobres, list(chosen.values()), senders)

    async def hurry(self, sobres: Sequence[Envio]) -> int:
        """Make the sender's next question about these envelopes due now; how many would have waited longer."""
        ids = [envio.id for envio in sobres if envio.estado is EstadoEnvio.INCIERTO]
        async with self._registro.act("reconcile.adelantar", "sobres en duda", sobres=ids):
            return await self._store.envios.hurry(self._clock(), ids)

    async def choose(self, ambito: Ambito, dudas: Dudas) -> list[Dte]:
        """The documents to ask about: those in doubt first, then those of the company that is named."""
        chosen = {dte.id: dte for dte in dudas.documentos}
        if ambito.emisor is not None:
            filtro = Filtro(ambito.emisor, desde=ambito.desde, hasta=ambito.hasta)
            chosen = {**chosen, **{dte.id: dte for dte in await self._store.listado.page(filtro, ambito.limite)}}
        return list(chosen.values())[: ambito.limite]

    async def compare(self, documentos: Sequence[Dte], pausa: timedelta) -> list[Comparado]:
        """Ask about each, with a pause between two questions, while the SII answers."""
        return [Comparado(dte, await self._ask(dte, pausa)) for dte in documentos]

    async def _ask(self, dte: Dte, pausa: timedelta) -> EnSii:
        via = await self._vias.get(dte.emisor, dte.canal)
        breaker = self._gate.breaker(dte.canal, Operacion.CONSULTA, dte.emisor)
        if isinstance(via, Bloqueado) or not breaker.admits():
            return EnSii.SIN_RESPUESTA
        await asyncio.sleep(pausa.total_seconds())
        with breaker.turn():
            return _read(await self._inquiry.ask_each([dte], via))


def _read(asked: Asked) -> EnSii:
    """The one document's place in what was asked."""
    said = (
        (EnSii.RECIBIDO, asked.registered),
        (EnSii.EN_TRAMITE, asked.in_course),
        (EnSii.RECHAZADO, asked.rejected),
        (EnSii.NO_RECIBIDO, asked.missing),
        (EnSii.DISTINTO, asked.other),
        (EnSii.FOLIO_INVALIDO, asked.invalid),
    )
    return next((en_sii for en_sii, found in said if found), EnSii.SIN_RESPUESTA)

"""The SII and the DTEBoxes behind circuit breakers: the end of every operation tells how they are.

A pause is the other reason for nothing to go up; unlike an outage, nobody probes whether it is over.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from services.sender.breaker import Breaker, Position
from services.sender.cajas import Cajas
from services.sender.en_pausa import EnPausa
from services.sender.latencia import Latencias
from shared.clock import Clock
from shared.corte import EstadoCorte
from shared.dte.respuesta import Bloqueado, Dicho, Incierto, NoAhora, Resultado
from shared.dte.tipos import Canal
from shared.dte.veredicto import ConsultaDte, ConsultaEnvio, SinVeredicto
from shared.log import get_logger
from shared.messages import Dte, DteConXml
from shared.metrics import SUBIDA_SEGUNDOS, SUBIDAS

log = get_logger("posta.sender")
R = TypeVar("R", Resultado, ConsultaEnvio, ConsultaDte)


class Operacion(StrEnum):
    """Uploads and questions go to different services of the SII, which fail apart."""

    SUBIDA = "subida"
    CONSULTA = "consulta"


@dataclass(frozen=True, slots=True)
class Archivo:
    """The exact bytes of one upload, and their file name: what is put on record before anything leaves."""

    nombre: str
    contenido: bytes


class Via(Protocol):
    """How one company's documents get to the SII: its own services, or a DTEBox. Whoever it is, the folio is ours.

    No operation raises for what the other side does: all it can do is in the three closed sets.
    """

    @property
    def caja(self) -> str | None:
        """The host of the company's DTEBox; None on a way straight to the SII."""
        ...

    def seal(self, documentos: Sequence[DteConXml], envio: str, ahora: datetime, /) -> Archivo | Bloqueado:
        """What would be uploaded of these documents, together. Invalid if it cannot be made. Runs in a thread."""
        ...

    async def upload(self, archivo: Archivo) -> Dicho[Resultado]:
        """Send these bytes, now or once more."""
        ...

    async def ask_envio(self, track_id: str) -> Dicho[ConsultaEnvio]:
        """The verdict on an upload that was given a track id."""
        ...

    async def ask_dte(self, dte: Dte) -> Dicho[ConsultaDte]:
        """What the other side holds under a document's folio."""
        ...


@dataclass(frozen=True, slots=True)
class Subida:
    """What an upload came to, and what was literally said; in an `outage` it counts as nobody's attempt."""

    resultado: Resultado
    http: int | None
    cuerpo: str
    outage: bool


def describe(resultado: Resultado) -> dict[str, str]:
    """An outcome for the log: its kind, track id, cause and code; not the SII's prose, which may name people."""
    names = {"track_id", "causa", "codigo"}.intersection(resultado.__slots__)
    return {"resultado": type(resultado).__name__} | {name: str(getattr(resultado, name)) for name in sorted(names)}


class Gate:
    """All channels, with one breaker for each channel and operation, and for each DTEBox and operation."""

    def __init__(self, clock: Clock, en_pausa: EnPausa) -> None:
        self.en_pausa = en_pausa
        self.latencias = Latencias(clock)
        self.cajas = Cajas(clock)
        self._breakers = {
            (canal, operacion): Breaker(f"{canal}.{operacion}", clock) for canal in Canal for operacion in Operacion
        }

    def breaker(self, canal: Canal, operacion: Operacion, emisor: str | None = None) -> Breaker:
        """The breaker of a channel; with `emisor`, of the box that its documents go to, if it is known to have one."""
        caja = self.cajas.breaker(emisor, operacion) if emisor and canal is Canal.DTEBOX else None
        return caja or self._breakers[canal, operacion]

    def held(self, canal: Canal) -> frozenset[str]:
        """Companies of which nothing may leave through this channel now: paused, or at a box that is away."""
        resting = self.cajas.resting(Operacion.SUBIDA) if canal is Canal.DTEBOX else frozenset()
        return self.en_pausa.emisores | resting

    def admitted(self, operacion: Operacion) -> Sequence[Canal]:
        """The channels whose breaker lets this kind of operation begin now."""
        return [canal for canal in Canal if self._breakers[canal, operacion].admits()]

    def flows(self, canal: Canal) -> bool:
        """True if documents of this channel go up freely: neither an outage nor a pause holds them back."""
        closed = self._breakers[canal, Operacion.SUBIDA].position is Position.CLOSED
        return closed and not self.en_pausa.has_canal(canal)

    def describe(self) -> dict[str, EstadoCorte]:
        """How each breaker stands, by its name, for the heartbeat."""
        return {breaker.name: breaker.describe() for breaker in self._breakers.values()} | self.cajas.describe()

    async def upload(self, canal: Canal, emisor: str, via: Via, archivo: Archivo) -> Subida:
        """Upload the exact bytes of an envelope."""
        self._learn(emisor, via)
        started = time.monotonic()
        dicho = await self._timed(canal, Operacion.SUBIDA, via.upload(archivo))
        SUBIDA_SEGUNDOS.labels(canal).observe(time.monotonic() - started)
        SUBIDAS.labels(canal, type(dicho.valor).__name__).inc()
        outage = _report(self.breaker(canal, Operacion.SUBIDA, emisor), _find_outage(dicho.valor))
        return Subida(dicho.valor, dicho.http, dicho.cuerpo, outage)

    async def ask_envio(self, canal: Canal, via: Via, track_id: str) -> Dicho[ConsultaEnvio]:
        dicho = await self._timed(canal, Operacion.CONSULTA, via.ask_envio(track_id))
        _report(self.breaker(canal, Operacion.CONSULTA), _find_outage(dicho.valor))
        return dicho

    async def ask_dte(self, dte: Dte, via: Via) -> Dicho[ConsultaDte]:
        self._learn(dte.emisor, via)
        dicho = await self._timed(dte.canal, Operacion.CONSULTA, via.ask_dte(dte))
        _report(self.breaker(dte.canal, Operacion.CONSULTA, dte.emisor), _find_outage(dicho.valor))
        return dicho

    async def _timed(self, canal: Canal, operacion: Operacion, asking: Awaitable[Dicho[R]]) -> Dicho[R]:
        """Take note of how long an answer took. A refused connection takes no time: of silence the breaker tells."""
        started = time.monotonic()
        dicho = await asking
        if dicho.http is not None:
            self.latencias.note(f"{canal}.{operacion}", time.monotonic() - started)
        return dicho

    def _learn(self, emisor: str, via: Via) -> None:
        if via.caja is not None:
            self.cajas.learn(emisor, via.caja)


def _report(breaker: Breaker, error: str | None) -> bool:
    """Tell a breaker how an operation ended, with the sign of an outage if it was one; True if there is one."""
    before = breaker.position
    outage = breaker.fail(error) if error is not None else False
    if error is None:
        breaker.succeed()
    if breaker.position is not before:
        log.warning("corte", corte=breaker.name, antes=before.value, ahora=breaker.position.value, error=error)
    return outage


def _find_outage(dicho: Resultado | ConsultaEnvio | ConsultaDte) -> str | None:
    """Cause and code of an answer, or of its absence, that speaks of an outage."""
    if isinstance(dicho, NoAhora | Incierto | SinVeredicto) and dicho.causa.transitoria:
        return f"{dicho.causa} {dicho.codigo}".rstrip()
    return None

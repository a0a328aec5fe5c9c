"""One exchange copy, from the news that its document was accepted to its acknowledgement, always in this order:

envelope on record (intent) → claim → mail → record what became of it → confirm what is sent on → ack.

A process that dies between mail and record leaves a claim in the name of a dead process: the mail goes once more, under
the same Message-ID. A customer who gets a mail twice knows it by that; one who gets none knows nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar, assert_never

from services.sender.breaker import Breaker
from services.sender.intercambio.material import collect, error_of, make, write
from shared.backoff import PASOS, Paso, paso_covering, paso_for
from shared.clock import Clock
from shared.correo import (
    CausaCorreo,
    Entregado,
    Incierto,
    NoAhora,
    Rechazado,
    ResultadoCorreo,
    ServidorCorreo,
    parse_direccion,
)
from shared.corte import EstadoCorte
from shared.dte.respuesta import Bloqueado
from shared.errors import Misconfigured
from shared.lifecycle import until_available
from shared.log import get_logger
from shared.messages import CorreoEmisor, ErrorEnvio, EstadoIntercambio, Intercambio
from shared.metrics import INTERCAMBIOS
from shared.settings import Settings

if TYPE_CHECKING:
    from services.sender.firmantes import Firmantes
    from shared.adapters.keystore import Boveda
    from shared.adapters.mongo import Store
    from shared.adapters.rabbit import Entrega, Publisher
    from shared.adapters.smtp import Smtp

log = get_logger("posta.intercambio")
T = TypeVar("T")


class Copias:
    """Takes one copy at a time for each caller; callers run side by side."""

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        firmantes: Firmantes,
        smtp: Smtp,
        boveda: Boveda,
        *,
        settings: Settings,
        clock: Clock,
        process: str,
        stop: asyncio.Event,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._firmantes = firmantes
        self._smtp = smtp
        self._boveda = boveda
        self._settings = settings
        self._clock = clock
        self._process = process
        self._stop = stop
        self._breakers: dict[str, Breaker] = {}
        self._in_hand: set[str] = set()

    def describe(self) -> dict[str, EstadoCorte]:
        """The mail servers that are away or being tried, by `correo.` and their address, for the heartbeat."""
        return {f"correo.{name}": each.describe() for name, each in self._breakers.items() if each.is_news}

    async def deliver(self, id_: str, entrega: Entrega) -> None:
        """Bring the copy of one document to its buyer, as far as it still has to go there, and acknowledge."""
        if id_ in self._in_hand:  # the broker's second delivery of what this process is busy with
            await self._patiently(partial(self._publisher.publish_copia, id_, _emisor_of(id_), PASOS[0]))
        else:
            self._in_hand.add(id_)
            try:
                await self._bring(id_)
            finally:
                self._in_hand.discard(id_)
        await entrega.ack()

    async def _bring(self, id_: str) -> None:
        correo = await self._patiently(partial(self._store.correos.get, _emisor_of(id_)))
        copia = await self._patiently(partial(self._store.intercambios.get, id_))
        if copia is None:
            if correo is None or not correo.activo:
                return  # nobody wants a copy
            copia = await self._patiently(partial(self._intend, id_, correo))
        if copia is None:
            return
        match copia.estado:
            case EstadoIntercambio.ENTREGADO | EstadoIntercambio.SIN_CORREO:
                pass
            case EstadoIntercambio.APARTADO:
                await self._to_dead_letters(copia)
            case EstadoIntercambio.PENDIENTE | EstadoIntercambio.ENVIANDO:
                await self._go_on(copia, correo)
            case _ as never:
                assert_never(never)

    async def _intend(self, id_: str, correo: CorreoEmisor) -> Intercambio | None:
        """Put the copy on record, with the exact bytes of its envelope; None if there is none to send."""
        material = await collect(self._store, self._firmantes, id_)
        if material is None:
            return None
        copia, contenido = await asyncio.to_thread(make, material, correo, self._clock())
        return await self._store.intercambios.add(copia, contenido)

    async def _go_on(self, copia: Intercambio, correo: CorreoEmisor | None) -> None:
        if correo is None or not correo.activo:
            await self._patiently(partial(self._park, copia, error_of(CausaCorreo.APAGADO, "", "")))
            return
        breaker = self._breakers.setdefault(f"{correo.host}:{correo.puerto}", Breaker("correo", self._clock))
        ahora = self._clock()
        if copia.proximo_intento is not None and copia.proximo_intento > ahora:
            await self._patiently(partial(self._wait, copia, paso_covering(copia.proximo_intento - ahora)))
        elif not breaker.admits():
            until = breaker.describe().proxima_prueba or ahora
            await self._patiently(partial(self._put_off, copia, paso_covering(max(until - ahora, timedelta()))))
        else:
            with breaker.turn():
                await self._try(copia, correo, breaker)

    async def _try(self, copia: Intercambio, correo: CorreoEmisor, breaker: Breaker) -> None:
        if not await self._patiently(partial(self._claim, copia)):
            await self._patiently(partial(self._wait, copia, PASOS[0]))  # somebody else has it, and perhaps dies of it
            return
        resultado = await self._mail(copia, correo)
        if isinstance(resultado, NoAhora) and resultado.caida:
            breaker.fail(f"{resultado.causa} {resultado.codigo}".rstrip())
        else:
            breaker.succeed()
        INTERCAMBIOS.labels(type(resultado).__name__).inc()
        log.info("copia_enviada", dte=copia.id, resultado=type(resultado).__name__, intento=copia.intentos + 1)
        await self._patiently(partial(self._record, copia, resultado))

    async def _claim(self, copia: Intercambio) -> bool:
        vencido = self._clock() - self._settings.latido_vencido
        others = await self._store.latidos.alive_ids(vencido) - {self._process}
        return await self._store.intercambios.claim(copia.id, others)

    async def _mail(self, copia: Intercambio, correo: CorreoEmisor) -> ResultadoCorreo:
        """Compose and hand in; what cannot be composed is refused by ourselves, and says why."""
        material = await self._patiently(partial(collect, self._store, self._firmantes, copia.id))
        sobre = await self._patiently(partial(self._store.intercambios.get_contenido, copia.id))
        if material is None or isinstance(material.emision, Bloqueado):
            glosa = material.emision.glosa if material and isinstance(material.emision, Bloqueado) else "sin documento"
            return Rechazado(CausaCorreo.SOBRE, "", glosa)
        try:
            servidor = self._open(correo)
            parse_direccion(copia.correo)
        except Misconfigured as error:
            return Rechazado(CausaCorreo.CREDENCIALES, "", str(error))
        except ValueError as error:
            return Rechazado(CausaCorreo.DIRECCION, "", str(error))
        if not sobre:  # it could not be made when the document was accepted
            hecha, sobre = await asyncio.to_thread(make, material, correo, self._clock())
            if hecha.error is not None:
                return Rechazado(CausaCorreo.SOBRE, hecha.error.codigo, hecha.error.glosa)
            copia = hecha.model_copy(update={"correo": copia.correo, "creado": copia.creado})
            await self._patiently(partial(self._store.intercambios.complete, copia, sobre))
        mensaje = await write(material, material.emision.caratula, copia, correo, sobre=sobre)
        return await self._smtp.send(servidor, mensaje)

    def _open(self, correo: CorreoEmisor) -> ServidorCorreo:
        clave = None if correo.clave is None else self._boveda.decrypt(correo.clave).decode()
        return ServidorCorreo(correo.host, correo.puerto, correo.seguridad, correo.usuario, clave)

    async def _record(self, copia: Intercambio, resultado: ResultadoCorreo) -> None:
        """Every outcome has its way to go on; a new one that is forgotten here does not pass the type checker."""
        match resultado:
            case Entregado():
                await self._store.intercambios.mark_entregado(copia.id)
            case Rechazado(causa, codigo, texto):
                await self._give_up(copia, error_of(causa, codigo, texto))
            case NoAhora(causa, codigo, texto) as motivo if motivo.caida:
                await self._again(copia, error_of(causa, codigo, texto), PASOS[0], intento=False)
            case NoAhora(causa, codigo, texto) | Incierto(causa=causa, codigo=codigo, texto=texto):
                error, intentos = error_of(causa, codigo, texto), copia.intentos + 1
                if intentos >= self._settings.max_intentos:
                    await self._give_up(copia, error)
                else:
                    await self._again(copia, error, paso_for(intentos), intento=True)
            case _ as never:
                assert_never(never)

    async def _again(self, copia: Intercambio, error: ErrorEnvio, paso: Paso, *, intento: bool) -> None:
        proximo = self._clock() + paso.espera
        await self._store.intercambios.mark_pendiente(copia.id, proximo, error, intento=intento)
        await self._wait(copia, paso)

    async def _give_up(self, copia: Intercambio, error: ErrorEnvio) -> None:
        await self._store.intercambios.mark_apartado(copia.id, error, intento=True)
        await self._publisher.publish_copia_dlq(copia.id, copia.emisor, error.causa)

    async def _park(self, copia: Intercambio, error: ErrorEnvio) -> None:
        await self._store.intercambios.park(copia.id, error)
        await self._publisher.publish_copia_dlq(copia.id, copia.emisor, error.causa)

    async def _put_off(self, copia: Intercambio, paso: Paso) -> None:
        """Its server is away: nobody tries, and nothing is counted."""
        await self._store.intercambios.put_off(copia.id, self._clock() + paso.espera)
        await self._wait(copia, paso)

    async def _wait(self, copia: Intercambio, paso: Paso) -> None:
        await self._publisher.publish_copia(copia.id, copia.emisor, paso)

    async def _to_dead_letters(self, copia: Intercambio) -> None:
        causa = copia.error.causa if copia.error else ""
        await self._patiently(partial(self._publisher.publish_copia_dlq, copia.id, copia.emisor, causa))

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        return await until_available(attempt, self._stop)


def _emisor_of(id_: str) -> str:
    """The company in a document's id."""
    return id_.rsplit("-", 2)[0]

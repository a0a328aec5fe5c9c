"""Writes into the database what emitter and sender would, at times of its own choosing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from shared.adapters.mongo import Store
from shared.clock import chile, now
from shared.corte import EstadoCorte
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.existencias import Destino
from shared.dte.tipos import Prioridad, TipoDte
from shared.latencia import LIMITES, Cuentas, place_of
from shared.messages import DteConXml, ErrorEnvio, EstadoEnvio, Latido, Respuesta, dte_id
from shared.settings import Settings

EMISOR = "76192083-9"
_FOLIOS = 5_000


class Tienda:
    """One company with its folios and tills. Everything it does happens at `ahora`, which only `advance` moves."""

    def __init__(self, settings: Settings, ahora: datetime | None = None) -> None:
        self.ahora = ahora or now()
        self.store = Store(settings, lambda: self.ahora, "prueba")
        self._envios = 0
        self._ventas = 0

    async def open(self) -> Tienda:
        """Import the company's folios."""
        await self.store.prepare()
        for tipo, desde in ((TipoDte.BOLETA, 12_001), (TipoDte.FACTURA, 1_801)):
            await self.store.folios.add(
                Destino(EMISOR, tipo),
                desde=desde,
                hasta=desde + _FOLIOS - 1,
                fecha=date(2026, 3, 2),
                archivo=b"cifrado",
            )
        return self

    async def close(self) -> None:
        await self.store.close()

    def advance(self, segundos: float) -> None:
        self.ahora += timedelta(seconds=segundos)

    async def sell(
        self,
        cuantos: int = 1,
        *,
        tipo: TipoDte = TipoDte.BOLETA,
        monto: int = 12_990,
        tienda: str = "Providencia",
        caja: str = "2",
        publicar: bool = True,
    ) -> list[str]:
        """Documents in `generado`; gives their ids. `publicar=False` leaves their events in the outbox."""
        reserva = await self.store.folios.reserve(Destino(EMISOR, tipo), cuantos)
        nuevos = [self._dte(tipo, folio, monto, tienda, caja) for folio in reserva.folios]
        assert await self.store.documents.insert(nuevos) == {}
        await self.store.folios.settle([(reserva, ())])
        if publicar:
            await self.publish()
        return [nuevo.id for nuevo in nuevos]

    async def publish(self) -> None:
        """Empty the outbox, as if the broker had confirmed everything."""
        pending = await self.store.documents.pending_outbox(_FOLIOS)
        if pending:
            await self.store.documents.clear_outbox({dte.id: [e.id for e in eventos] for dte, eventos in pending})

    async def upload(self, ids: Sequence[str]) -> str:
        """Put documents into an envelope that is on its way; gives the envelope's id."""
        self._envios += 1
        envio = f"F60T{self._envios:06}-{hashlib.sha256(ids[0].encode()).hexdigest()[:6]}"
        documentos = await self.store.moves.claim(ids, envio)
        assert len(documentos) == len(ids)
        contenido = f"<Sobre>{envio}</Sobre>".encode()
        await self.store.envios.add_intent(
            id_=envio,
            emisor=EMISOR,
            canal=documentos[0].canal,
            documentos=ids,
            archivo=f"Sobre_{envio}.xml",
            contenido=contenido,
            sha256=hashlib.sha256(contenido).hexdigest(),
            trabajador="prueba",
        )
        return envio

    async def deliver(self, ids: Sequence[str], *, segundos: float = 2.4) -> str:
        """Upload, and have the SII take it."""
        envio = await self.upload(ids)
        self.advance(segundos)
        track_id = f"{4_512_300 + self._envios}"
        await self._answer(envio, EstadoEnvio.RECIBIDO, track_id=track_id)
        assert await self.store.moves.mark_enviado(envio, ids, track_id=track_id) == len(ids)
        return envio

    async def accept(self, ids: Sequence[str]) -> None:
        """All the way to `aceptado`."""
        envio = await self.deliver(ids)
        self.advance(6.2)
        assert await self.store.moves.mark_aceptado(envio, ids) == len(ids)
        await self._answer(envio, EstadoEnvio.TERMINADO)
        await self.publish()

    async def object_to(self, ids: Sequence[str], glosa: str) -> None:
        envio = await self.deliver(ids)
        self.advance(5.1)
        error = ErrorEnvio(
            causa=Causa.CONTENIDO, codigo="DTE-2-720", glosa=glosa, remedio="Es válido: revise la glosa."
        )
        assert await self.store.moves.mark_reparo(envio, ids, error) == len(ids)
        await self._answer(envio, EstadoEnvio.TERMINADO)

    async def reject(self, ids: Sequence[str], causa: Causa, codigo: str, glosa: str) -> None:
        envio = await self.upload(ids)
        self.advance(3.3)
        await self._answer(envio, EstadoEnvio.NO_RECIBIDO)
        error = ErrorEnvio(causa=causa, codigo=codigo, glosa=glosa, remedio=causa.remedio)
        assert await self.store.moves.mark_rechazado(envio, ids, error, desde=Estado.ENVIANDO) == len(ids)

    async def postpone(
        self, ids: Sequence[str], causa: Causa, glosa: str, *, espera: timedelta | None, codigo: str = ""
    ) -> None:
        """`pendiente`, until a time, or for a person when `espera` is None."""
        envio = await self.upload(ids)
        self.advance(1.2)
        await self._answer(envio, EstadoEnvio.NO_RECIBIDO)
        error = ErrorEnvio(causa=causa, codigo=codigo, glosa=glosa, remedio=causa.remedio)
        moved = await self.store.moves.mark_pendiente(
            envio,
            ids,
            desde=Estado.ENVIANDO,
            proximo_intento=None if espera is None else self.ahora + espera,
            error=error,
            intento=True,
        )
        assert moved == len(ids)

    async def doubt(self, ids: Sequence[str]) -> None:
        """`incierto`: the bytes left and no answer came."""
        envio = await self.upload(ids)
        self.advance(60)
        await self._answer(envio, EstadoEnvio.INCIERTO)
        causa = Causa.SIN_RESPUESTA
        error = ErrorEnvio(causa=causa, glosa="El SII cerró la conexión", remedio=causa.remedio)
        assert await self.store.moves.mark_incierto(envio, ids, error) == len(ids)

    async def _answer(self, envio: str, estado: EstadoEnvio, *, track_id: str | None = None) -> None:
        """What became of an envelope."""
        operacion = "consulta" if estado is EstadoEnvio.TERMINADO else "subida"
        respuesta = Respuesta(momento=self.ahora, operacion=operacion, http=200)
        desde = (EstadoEnvio.SUBIENDO, EstadoEnvio.RECIBIDO)
        assert await self.store.envios.record(envio, estado, respuesta, desde=desde, track_id=track_id)

    async def beat(
        self,
        id_: str,
        *,
        workers: int = 0,
        en_vuelo: int = 0,
        cortes: Mapping[str, str] | None = None,
        latencias: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        """A heartbeat at `ahora` of the process `<servicio>@…`; a sender has five workers.

        `latencias`: seconds that each answer took, by channel and operation.
        """
        servicio = id_.partition("@")[0]
        latido = Latido(
            id=id_,
            servicio=servicio,
            momento=self.ahora,
            workers_activos=workers,
            max_workers=5 if servicio == "sender" else 0,
            en_vuelo=en_vuelo,
            cortes={nombre: EstadoCorte(posicion=p, desde=self.ahora) for nombre, p in (cortes or {}).items()},
            latencias={nombre: _count(segundos) for nombre, segundos in (latencias or {}).items()},
        )
        await self.store.latidos.beat(latido)

    def _dte(self, tipo: TipoDte, folio: int, monto: int, tienda: str, caja: str) -> DteConXml:
        self._ventas += 1
        xml = f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<DTE>Ñuñoa {folio}</DTE>'.encode("iso-8859-1")
        return DteConXml(
            id=dte_id(EMISOR, tipo, folio),
            emisor=EMISOR,
            tipo=tipo,
            folio=folio,
            canal=tipo.canal,
            prioridad=Prioridad.NORMAL,
            terminal=f"{tienda}-{caja}",
            tienda=tienda,
            caja=caja,
            clave=f"venta-{self._ventas}",
            huella="0" * 64,
            receptor="66666666-6" if tipo is TipoDte.BOLETA else "96790240-3",
            fecha=chile(self.ahora).date(),
            monto=monto,
            sha256=hashlib.sha256(xml).hexdigest(),
            ted="<TED/>",
            creado=self.ahora,
            cambiado=self.ahora,
            xml=xml,
        )


def _count(segundos: Sequence[float]) -> Cuentas:
    places = [place_of(each) for each in segundos]
    return tuple(places.count(place) for place in range(len(LIMITES) + 1))

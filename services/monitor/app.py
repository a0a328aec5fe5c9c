"""The monitor: it asks MongoDB and RabbitMQ apart, keeps the last that each said, and tells which of them is away.

It only reads. Whatever it cannot see it names; it never shows an old figure as if it were new.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from services.monitor.colas import ClaseCola, describe_cola, sort_colas
from services.monitor.cuadratura import Balanza, LadoSii
from services.monitor.documento import Documento, Ficha, describe_documento, describe_ficha
from services.monitor.panel import (
    Fuente,
    LecturaBase,
    LecturaBroker,
    Panel,
    Problema,
    build_panel,
    count_documentos,
)
from services.monitor.pausas import DETENIDOS_MAX, describe_pausa
from services.monitor.provisiones import Provisiones
from services.monitor.referencias import read_referencias
from shared.clock import Clock, chile
from shared.dte.estado import Estado
from shared.errors import PostaError
from shared.log import get_logger
from shared.metrics import record_colas, record_estados
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.adapters.mongo import Store
    from shared.adapters.mongo.folio_records import LibroFolios
    from shared.adapters.rabbit.depths import Depths

log = get_logger("posta.monitor")

ULTIMOS = 25
"""Documents on the panel."""
_LIBROS = 60
"""Readings of the ledger that are kept until the documents of their moment are counted."""
_CAIDOS_VISIBLES = timedelta(minutes=5)
"""How long a process that died without saying so stays on the list."""


class Monitor:
    """What is known of the pipeline at this moment. One for each process, however many browsers look at it."""

    def __init__(self, store: Store, depths: Depths, colas: Sequence[str], *, settings: Settings, clock: Clock) -> None:
        """`colas` are the names of the queues that are watched."""
        self._store = store
        self._depths = depths
        self._colas = colas
        self._settings = settings
        self._clock = clock
        self._base: LecturaBase | None = None
        self._broker: LecturaBroker | None = None
        self._provisiones: Provisiones | None = None
        self._sii: LadoSii | None = None
        self._balanza = Balanza()
        self._problemas: dict[Fuente, Problema] = {}
        self._libros: deque[LibroFolios] = deque(maxlen=_LIBROS)

    async def observe_base(self) -> None:
        """Read MongoDB; its absence is noted, and is no error."""
        try:
            self._base = await self._read_base()
        except PostaError as error:
            self._note(Fuente.MONGODB, error, self._base)
            return
        self._problemas.pop(Fuente.MONGODB, None)
        if self._base.conteo is not None:
            record_estados(self._base.conteo.estados)

    async def observe_broker(self) -> None:
        """Read RabbitMQ; its absence is noted, and is no error."""
        try:
            self._broker = await self._read_broker()
        except PostaError as error:
            self._note(Fuente.RABBITMQ, error, self._broker)
            return
        self._problemas.pop(Fuente.RABBITMQ, None)
        if self._base is not None:
            self._balanza.put_mensajes(self._broker.momento, self._count_mensajes(self._base, self._broker))
        record_colas({cola.nombre: (cola.mensajes, cola.consumidores) for cola in self._broker.colas})

    def note_sii(self, lado: LadoSii) -> None:
        """What the SII's answers say of what is called accepted, by whoever has just compared."""
        self._sii = lado

    def note_retenidos(self, retenidos: int) -> None:
        """Documents that are held back now: all others that are to be sent have to be in a queue."""
        base = self._base
        if base is not None and base.conteo is not None:
            waiting = base.conteo.estados[Estado.PENDIENTE] - sum(base.conteo.apartados.values())
            due = base.conteo.estados[Estado.GENERADO] + waiting - retenidos - base.salida
            self._balanza.put_documentos(base.momento, max(0, due))

    def note_provisiones(self, provisiones: Provisiones) -> None:
        """What runs out, by whoever has just looked."""
        self._provisiones = provisiones

    def panel(self) -> Panel:
        """The last that is known, without asking anybody."""
        return build_panel(
            self._base,
            self._broker,
            [self._problemas[fuente] for fuente in Fuente if fuente in self._problemas],
            ambiente=self._settings.ambiente,
            ahora=self._clock(),
            vencido=self._settings.latido_vencido,
            provisiones=self._provisiones,
            lados={"broker": self._balanza.weigh(), "sii": self._sii},
        )

    @property
    def ready(self) -> bool:
        """Whether each source has been asked at least once: from then on the page says the truth, outages included."""
        return all(
            lectura is not None or fuente in self._problemas
            for fuente, lectura in ((Fuente.MONGODB, self._base), (Fuente.RABBITMQ, self._broker))
        )

    async def list_documentos(self, limit: int) -> list[Documento]:
        """The newest documents, asked now. Unavailable when MongoDB is away."""
        return [describe_documento(dte) for dte in await self._store.documents.latest(limit)]

    async def get_ficha(self, id_: str) -> Ficha | None:
        """One document with its history, asked now. Unavailable when MongoDB is away."""
        dte = await self._store.documents.get(id_)
        if dte is None:
            return None
        copia, frenos = await self._store.intercambios.get(id_), await self._store.documents.all_parked(dte.espera_a)
        return describe_ficha(dte, self._clock(), copia, frenos, await read_referencias(self._store, dte))

    async def _read_base(self) -> LecturaBase:
        momento = self._clock()
        conteo = await self._store.conteos.read(chile(momento).date().isoformat())
        self._libros.append(await self._store.folios.sums())
        counted = [libro for libro in self._libros if conteo is not None and libro.momento <= conteo.al_dia]
        return LecturaBase(
            momento=momento,
            conteo=conteo,
            folios_antes=counted[-1] if counted else None,
            folios=self._libros[-1],
            salida=await self._store.documents.count_outbox(),
            espera=await self._store.esperas.read(),
            latidos=tuple(await self._store.latidos.alive(momento - _CAIDOS_VISIBLES)),
            ultimos=tuple(await self.list_documentos(ULTIMOS)),
            alertas=tuple(await self._store.alertas.vigentes()),
            pausas=tuple(describe_pausa(pausa) for pausa in await self._store.pausas.all()),
            detenidos=await self._store.detenidos.count(DETENIDOS_MAX),
        )

    async def _read_broker(self) -> LecturaBroker:
        momento = self._clock()
        measured = await self._depths.measure(self._colas)
        return LecturaBroker(
            momento=momento,
            colas=sort_colas(
                describe_cola(nombre, depth.mensajes, depth.consumidores)
                if (depth := measured.get(nombre))
                else describe_cola(nombre, None)
                for nombre in self._colas
            ),
        )

    def _count_mensajes(self, base: LecturaBase, broker: LecturaBroker) -> int:
        """Documents' messages: ready, and in the hands of senders as far as these have told."""
        work = {cola.nombre for cola in broker.colas if cola.clase is ClaseCola.ENVIO}
        vivos = (latido for latido in base.latidos if latido.momento >= base.momento - self._settings.latido_vencido)
        en_mano = sum(n for latido in vivos for queue, n in latido.en_mano.items() if queue in work)
        return count_documentos(broker.colas, base.espera.copias) + en_mano

    def _note(self, fuente: Fuente, error: PostaError, last: LecturaBase | LecturaBroker | None) -> None:
        known = self._problemas.get(fuente)
        if known is None:
            log.warning("fuente_ausente", fuente=fuente, error=str(error))
        self._problemas[fuente] = Problema(
            fuente=fuente,
            mensaje=f"{fuente} no responde",  # the driver's own words go to the log: they name hosts
            desde=known.desde if known else self._clock(),
            datos_de=last.momento if last else None,
        )

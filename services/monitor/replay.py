"""Sends parked documents again: what waits for a person, and replays of it as operations on record.

An operation is carried on by `Reenviador`, in whichever monitor holds it; here it is only created, stopped and read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from pydantic import BaseModel

from services.monitor.documento import Documento, Ficha, describe_documento, describe_ficha
from services.monitor.pausas import PausaVista, describe_pausa, find_pausa
from services.monitor.referencias import read_referencias
from shared.adapters.mongo.auditoria import Registro
from shared.adapters.mongo.notas import Nota
from shared.adapters.mongo.operaciones import Operacion, Reenviado, Suerte
from shared.adapters.mongo.parados import FiltroParados, GrupoCausa
from shared.clock import Clock
from shared.errors import Conflict, Invalid
from shared.messages import Pausa, Respuesta

if TYPE_CHECKING:
    from shared.adapters.mongo import Store

RITMO = 10.0
"""Documents in a second, unless somebody asks for another rate."""
RITMO_MAX = 1_000
MOSTRADOS = 1_000
"""Documents that a report lists one by one."""
PREVISTOS = 50
"""Documents that a preview lists one by one."""


class Causa(BaseModel):
    """One card: documents parked for one cause, what to do, and when that was last tried."""

    causa: str
    cuantos: int
    primero: datetime
    ultimo: datetime
    reenviado: datetime | None
    """When a replay of this cause was last begun."""
    remedio: str
    glosa: str
    ejemplo: str
    retenidas: int
    """Notes that are held until the SII has accepted one of these: they go when these have gone."""
    nota: Nota | None
    """What the operators wrote down about it."""


class Previa(BaseModel):
    """What a replay would take. The set can only shrink from here: it ends at `hasta`, and nothing newer enters it."""

    cuantos: int
    causas: tuple[Causa, ...]
    documentos: tuple[Documento, ...]
    """The first of them, in the order in which they would go."""
    hasta: datetime
    """Parked before this moment: the bound to ask the replay for."""


class Expediente(BaseModel):
    """Why one document stands where it stands: its record, and what the SII literally said about its envelope."""

    ficha: Ficha
    respuestas: tuple[Respuesta, ...]
    que_hacer: str


class Informe(BaseModel):
    """What became of an operation's documents."""

    operacion: Operacion
    cuentas: dict[Suerte, int]
    documentos: tuple[Reenviado, ...]
    """The first of them, in the order of the frozen set."""
    pausas: tuple[PausaVista, ...] = ()
    """Those in force that keep documents of it, which were sent again, from the SII."""
    detenidos: tuple[str, ...] = ()
    """These documents, of the first thousand that are on their way."""

    @property
    def hechos(self) -> int:
        """Documents of which there is nothing more to wait for."""
        return sum(n for suerte, n in self.cuentas.items() if suerte not in (Suerte.ESPERA, Suerte.EN_CAMINO))


@dataclass(frozen=True, slots=True)
class Pedido:
    """How a replay is to go."""

    filtro: FiltroParados
    todo: bool = False
    """Everything that is parked, if the filter asks for nothing."""
    ritmo: float = RITMO
    canario: bool = True


class Replay:
    """What is parked, and putting it to work again. The bytes that go out are the stored ones, always."""

    def __init__(self, store: Store, registro: Callable[[str, str], Registro], clock: Clock) -> None:
        """`registro` gives the audit in the hands of whoever asks, with their reason."""
        self._store = store
        self._registro = registro
        self._clock = clock

    async def list_causas(self, filtro: FiltroParados) -> list[Causa]:
        """Everything that waits for a person and matches, grouped by cause, the largest group first."""
        groups = await self._store.parados.group(filtro)
        replayed = await self._store.operaciones.last_by_causa()
        retenidas, notas = await self._store.parados.count_waiting(filtro), await self._store.notas.all()
        return [
            _to_causa(group, replayed.get(group.causa), retenidas.get(group.causa, 0), notas.get(group.causa))
            for group in groups
        ]

    async def preview(self, pedido: Pedido) -> Previa:
        """What `start` would take if it were asked now with `hasta` as bound. Invalid without a filter."""
        _check(pedido)
        ahora = self._clock()
        filtro = replace(pedido.filtro, hasta=min(pedido.filtro.hasta or ahora, ahora))
        causas = await self.list_causas(filtro)
        first = await self._store.parados.freeze(filtro, limite=PREVISTOS)
        dtes = {dte.id: dte for dte in await self._store.documents.find_by_ids([id_ for id_, _ in first])}
        return Previa(
            cuantos=sum(causa.cuantos for causa in causas),
            causas=tuple(causas),
            documentos=tuple(describe_documento(dtes[id_]) for id_, _ in _interleave(first)),
            hasta=filtro.hasta or ahora,
        )

    async def write_nota(self, causa: str, texto: str, *, quien: str) -> None:
        """Keep what the operators know about a cause, beside its card; an empty text takes it away."""
        async with self._registro(quien, "").act("dlq.nota", causa, nota=texto):
            await self._store.notas.write(causa, texto, quien)

    async def show(self, id_: str) -> Expediente:
        """One document, parked or not. Invalid if there is none with this id."""
        dte = await self._store.documents.get(id_)
        if dte is None:
            raise Invalid.one("id", "POSTA-MON-01", f"no hay un documento «{id_}»: la forma es RUT-tipo-folio")
        envio = await self._store.envios.get(dte.envio) if dte.envio else None
        frenos = await self._store.documents.all_parked(dte.espera_a)
        referencias = await read_referencias(self._store, dte)
        ficha = describe_ficha(dte, self._clock(), frenos=frenos, referencias=referencias)
        return Expediente(ficha=ficha, respuestas=envio.respuestas if envio else (), que_hacer=_que_hacer(ficha))

    async def start(self, pedido: Pedido, *, quien: str, motivo: str = "") -> Operacion:
        """Freeze the set and put the operation on record. Invalid without a filter, Conflict if nothing matches."""
        _check(pedido)
        parked = _interleave(await self._store.parados.freeze(pedido.filtro))
        others = sorted(set(pedido.filtro.ids or ()).difference(id_ for id_, _ in parked))
        if not parked:
            nadie = f"no esperan a una persona: {', '.join(others)}" if others else "nada de eso espera a una persona"
            raise Conflict(f"{nadie}; vea «posta dlq list»")
        documentos = [Reenviado(documento=id_, causa=causa, suerte=Suerte.ESPERA) for id_, causa in parked]
        documentos += [Reenviado(documento=id_, causa="", suerte=Suerte.OMITIDO) for id_ in others]
        operacion = Operacion(
            id=uuid4().hex[:10],
            quien=quien,
            motivo=motivo,
            filtro=pedido.filtro.described,
            causas=tuple(sorted({causa for _, causa in parked})),
            total=len(documentos),
            ritmo=pedido.ritmo,
            canario=pedido.canario,
            creado=self._clock(),
        )
        detalle = {"filtro": operacion.filtro, "causas": list(operacion.causas), "total": operacion.total}
        async with self._registro(quien, motivo).act("dlq.replay", operacion.id, **detalle):
            await self._store.operaciones.create(operacion, documentos)
        return operacion

    async def stop(self, id_: str, *, quien: str, motivo: str = "") -> Operacion:
        """Send nothing more of it. Invalid if there is no such operation, Conflict if it has ended already."""
        async with self._registro(quien, motivo).act("dlq.stop", id_):
            operacion = await self._get(id_)
            if not await self._store.operaciones.stop(id_, quien):
                raise Conflict(f"la operación {id_} ya no se puede detener: está {operacion.estado}")
        return await self._get(id_)

    async def list_operaciones(self) -> list[Operacion]:
        """The newest first."""
        return await self._store.operaciones.latest()

    async def report(self, id_: str, *, documentos: int = MOSTRADOS) -> Informe:
        """How an operation stands. Invalid if there is none with this id."""
        operacion = await self._get(id_)
        cuentas = await self._store.operaciones.count(id_)
        shown = await self._store.operaciones.documentos(id_, limite=documentos) if documentos else ()
        detenidos = await self._find_detenidos(operacion)
        pausas = {pausa.id: describe_pausa(pausa) for pausa in detenidos.values()}
        return Informe(
            operacion=operacion,
            cuentas=cuentas,
            documentos=tuple(shown),
            pausas=tuple(pausas.values()),
            detenidos=tuple(detenidos),
        )

    async def _find_detenidos(self, operacion: Operacion) -> dict[str, Pausa]:
        """Documents on their way that a pause holds back, with the pause."""
        pausas = await self._store.pausas.all() if operacion.abierta else []
        if not pausas:
            return {}
        under_way = await self._store.operaciones.under_way(operacion.id)
        dtes = await self._store.documents.find_by_ids([one.documento for one in under_way])
        held = {dte.id: find_pausa(dte, pausas) for dte in dtes}
        return {id_: pausa for id_, pausa in held.items() if pausa is not None}

    async def _get(self, id_: str) -> Operacion:
        operacion = await self._store.operaciones.get(id_)
        if operacion is None:
            raise Invalid.one("id", "POSTA-MON-02", f"no hay una operación «{id_}»; vea «posta dlq operaciones»")
        return operacion


def _check(pedido: Pedido) -> None:
    if pedido.filtro.asks_nothing and not pedido.todo:
        raise Invalid.one("filtro", "POSTA-MON-03", "nombre los documentos, dé un filtro, o pida todo")
    if not 0 < pedido.ritmo <= RITMO_MAX:
        raise Invalid.one("ritmo", "POSTA-MON-04", f"va de más de 0 hasta {RITMO_MAX} documentos por segundo")


def _interleave(parked: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """One document of each cause first, then the second of each: so the canary tries as many causes as it can."""
    seen: Counter[str] = Counter()
    ranked = []
    for id_, causa in parked:
        ranked.append((seen[causa], id_, causa))
        seen[causa] += 1
    return [(id_, causa) for _, id_, causa in sorted(ranked, key=lambda row: row[0])]


def _to_causa(group: GrupoCausa, reenviado: datetime | None, retenidas: int, nota: Nota | None) -> Causa:
    return Causa(
        causa=group.causa,
        cuantos=group.cuantos,
        primero=group.primero,
        ultimo=group.ultimo,
        reenviado=reenviado,
        remedio=group.remedio,
        glosa=group.glosa,
        ejemplo=group.ejemplo,
        retenidas=retenidas,
        nota=nota,
    )


def _que_hacer(ficha: Ficha) -> str:
    documento = ficha.documento
    if documento.error is not None and documento.error.remedio:
        return documento.error.remedio
    if ficha.frenos:
        return " ".join(f"Espera a {f.id}, apartado por «{f.causa}»: {f.remedio}".strip() for f in ficha.frenos)
    return "Espera a una persona." if documento.apartado else "Nada: no espera a una persona."

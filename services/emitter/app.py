"""The use case: a sale becomes a signed, stored document with a folio of its own, once, however often it is asked for.

Whatever waits at one moment is committed together, without waiting for company: one look for known keys, one
reservation of folios, signatures in a few threads, one insert. While commits are under way the next one gathers.
What is wrong with one sale never touches its neighbours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from services.emitter.espera import Emitido, Espera, Pedido
from services.emitter.retencion import find_esperas
from services.emitter.taller import ConFolio, Lista, Taller, prepare, sign
from shared.clock import Clock
from shared.dte.construccion import FindUf
from shared.dte.existencias import Destino
from shared.errors import FoliosExhausted, Misconfigured, PostaError, Unavailable
from shared.log import get_logger
from shared.messages import DteConXml, TerminalGuardado
from shared.metrics import EMITIDOS

if TYPE_CHECKING:
    from services.emitter.firmantes import Cafs, Empresas
    from services.emitter.folios import FolioLedger
    from shared.adapters.mongo import Documents

log = get_logger("posta.emitter")

_A_LA_VEZ = 2
"""Commits under way at one time: while one waits for MongoDB the other signs (a third more documents in a second)."""
_VUELTAS = 3
"""Folios that a sale gets at most, should somebody else's document have the first ones."""
_MIRADAS = 20
_ENTRE_MIRADAS = 0.025
"""Half a second in all until the winner of a race can be read: its write is there before a majority has it."""


class Emitter:
    """All ways in share this one. `run` must be running."""

    def __init__(
        self,
        documents: Documents,
        ledger: FolioLedger,
        empresas: Empresas,
        cafs: Cafs,
        clock: Clock,
        *,
        lote_max: int,
        hilos: int,
        plazo: timedelta,
        find_uf: FindUf,
        announce: Callable[[Sequence[DteConXml]], None],
    ) -> None:
        """`plazo` bounds every answer; `find_uf` tells the value of a day's UF; `announce` hears of new documents."""
        self._documents = documents
        self._ledger = ledger
        self._empresas = empresas
        self._cafs = cafs
        self._clock = clock
        self._plazo = plazo
        self._find_uf = find_uf
        self._tell = announce
        self._taller = Taller(hilos)
        self._running = False
        self.espera = Espera(lote_max=lote_max, limite=5 * lote_max)

    async def emit(self, cuerpo: bytes, clave: str, terminal: TerminalGuardado, *, de_lote: bool = False) -> Emitido:
        """The document of this sale (JSON), new or from an earlier request of this till with the same key.

        Invalid (MalformedJson when it is not JSON), Conflict for a key used for other content, FoliosExhausted.
        Unavailable when no answer came in time: it is then not known whether the document exists, so the POS asks again
        with the same key. `de_lote`: one line of a bulk request, which lets lone sales pass.
        """
        self.require_running()
        pedido = Pedido(terminal, clave, cuerpo, de_lote)
        self.espera.add(pedido)
        try:
            async with asyncio.timeout(self._plazo.total_seconds()):
                return await pedido.respuesta
        except TimeoutError as error:
            raise Unavailable("MongoDB", "la venta no quedó confirmada; repítala con la misma clave") from error

    def require_running(self) -> None:
        """Unavailable while no sale can be taken: before the database's indexes are there, and at the end."""
        if not self._running:
            raise Unavailable("El emisor", "está partiendo o deteniéndose")

    async def warm(self) -> None:
        """Do now what the first sales would otherwise wait for."""
        await self._taller.warm()
        await self._empresas.warm()

    async def run(self, closing: asyncio.Event) -> None:
        """Commit what waits until `closing` is set and nobody waits any more."""
        self._running = True
        waking = asyncio.ensure_future(self._wake_at(closing))
        try:
            async with asyncio.TaskGroup() as committers:
                for _ in range(_A_LA_VEZ):
                    committers.create_task(self._commit_all(closing))
        finally:
            self._running = False
            waking.cancel()
            self._taller.close()

    async def _commit_all(self, closing: asyncio.Event) -> None:
        while lote := await self.espera.take(closing):
            await self._commit_safely(lote)

    async def _wake_at(self, closing: asyncio.Event) -> None:
        await closing.wait()
        self.espera.wake()

    async def _commit_safely(self, lote: Sequence[Pedido]) -> None:
        """The commit, and an answer for everybody in it whatever happens."""
        try:
            await self._commit(lote)
        except PostaError as error:
            _refuse(lote, error)
        except Exception as error:
            log.exception("lote_fallido", ventas=len(lote))
            _refuse(lote, error)
        finally:
            self.espera.finish(lote)

    async def _commit(self, lote: Sequence[Pedido]) -> None:
        known, prepared = await asyncio.gather(
            self._documents.find_by_claves([pedido.key for pedido in lote]), self._prepare(lote)
        )
        listas = []
        for pedido, outcome in zip(lote, prepared, strict=True):
            if pedido.key in known and pedido.huella:  # without one it was not even JSON
                pedido.answer(known[pedido.key], nuevo=False)
            elif isinstance(outcome, BaseException):
                _refuse_one(pedido, outcome)
            else:
                listas.append(outcome)
        listas = await find_esperas(listas, self._documents)
        for _ in range(_VUELTAS):
            listas = await self._issue(listas)
        _refuse((lista.pedido for lista in listas), Unavailable("El registro de folios", "hubo choques repetidos"))

    async def _prepare(self, lote: Sequence[Pedido]) -> list[Lista | Exception]:
        """Everything that can be wrong with a sale comes out here, before it has a folio."""
        ruts = {pedido.terminal.emisor for pedido in lote}
        found = await asyncio.gather(*(self._empresas.get(rut) for rut in ruts), return_exceptions=True)
        empresas = dict(zip(ruts, found, strict=True))
        ahora = self._clock()
        return await self._taller.run(
            [partial(prepare, pedido, empresas[pedido.terminal.emisor], ahora, self._find_uf) for pedido in lote]
        )

    async def _issue(self, listas: Sequence[Lista]) -> list[Lista]:
        """Folios, signatures, insert, answers. Gives the sales whose folio turned out to be taken."""
        con_folio = await self._take_folios(listas)
        try:
            firmadas = await self._sign(con_folio)
            choques = await self._documents.insert([dte for _, dte in firmadas]) if firmadas else {}
        except BaseException:
            for reserva in {sale.reserva for sale in con_folio}:
                self._ledger.doubt(reserva)
            raise
        stored = [(sale, dte) for sale, dte in firmadas if dte.id not in choques]
        for sale, dte in stored:
            sale.lista.pedido.answer(dte, nuevo=True)
        repeated = [sale for sale, dte in firmadas if dte.id in choques and choques[dte.id].repeats_clave]
        taken = [sale for sale, dte in firmadas if dte.id in choques and not choques[dte.id].repeats_clave]
        self._settle(con_folio, used=[*(sale for sale, _ in stored), *taken])
        self._announce([dte for _, dte in stored])
        await self._answer_winners([sale.lista.pedido for sale in repeated])
        return [sale.lista for sale in taken]

    async def _take_folios(self, listas: Sequence[Lista]) -> list[ConFolio]:
        """One reservation for each company and type (and store or till, if it has folios of its own).

        The sales for which there is no folio left are refused.
        """
        groups: dict[Destino, list[Lista]] = {}
        for lista in listas:
            destino = self._ledger.find_destino(lista.venta.Encabezado.IdDoc.TipoDTE, lista.pedido.terminal)
            groups.setdefault(destino, []).append(lista)
        taken = await asyncio.gather(*(self._take_group(destino, group) for destino, group in groups.items()))
        return [sale for group in taken for sale in group]

    async def _take_group(self, destino: Destino, group: Sequence[Lista]) -> list[ConFolio]:
        try:
            reservas = await self._ledger.reserve(destino, len(group))
        except PostaError as error:
            _refuse((lista.pedido for lista in group), error)
            return []
        folios = [(folio, reserva) for reserva in reservas for folio in reserva.folios]
        _refuse((lista.pedido for lista in group[len(folios) :]), FoliosExhausted(destino.emisor, destino.tipo))
        return [ConFolio(lista, folio, reserva) for lista, (folio, reserva) in zip(group, folios, strict=False)]

    async def _sign(self, con_folio: Sequence[ConFolio]) -> list[tuple[ConFolio, DteConXml]]:
        """The signed records, in a few threads; a sale that cannot be signed is refused and its folio goes back."""
        ids = {sale.reserva.caf for sale in con_folio}
        found = await asyncio.gather(*(self._cafs.get(id_) for id_ in ids), return_exceptions=True)
        cafs = dict(zip(ids, found, strict=True))
        ahora = self._clock()
        outcomes = await self._taller.run([partial(sign, sale, cafs[sale.reserva.caf], ahora) for sale in con_folio])
        signed = []
        for sale, outcome in zip(con_folio, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                _refuse_one(sale.lista.pedido, outcome)
            else:
                signed.append((sale, outcome))
        return signed

    def _settle(self, con_folio: Sequence[ConFolio], *, used: Sequence[ConFolio]) -> None:
        in_use = {(sale.reserva.id, sale.folio) for sale in used}
        for reserva in {sale.reserva for sale in con_folio}:
            self._ledger.settle(reserva, [folio for folio in reserva.folios if (reserva.id, folio) not in in_use])

    def _announce(self, stored: Sequence[DteConXml]) -> None:
        for dte in stored:
            EMITIDOS.labels(f"{dte.tipo:d}").inc()
        if stored:
            self._tell(stored)
            log.info("documentos_emitidos", cuantos=len(stored), primero=stored[0].id)

    async def _answer_winners(self, pedidos: Sequence[Pedido]) -> None:
        """Another process stored these keys first: its documents are the answer, as soon as they can be read."""
        left = list(pedidos)
        for _ in range(_MIRADAS):
            if not left:
                return
            winners = await self._documents.find_by_claves([pedido.key for pedido in left])
            for pedido in left:
                if pedido.key in winners:
                    pedido.answer(winners[pedido.key], nuevo=False)
            left = [pedido for pedido in left if pedido.key not in winners]
            await asyncio.sleep(_ENTRE_MIRADAS if left else 0)
        _refuse(left, Unavailable("MongoDB", "otra venta con la misma clave se está guardando; repítala"))


def _refuse(pedidos: Iterable[Pedido], error: BaseException) -> None:
    for pedido in pedidos:
        pedido.refuse(error)


def _refuse_one(pedido: Pedido, error: BaseException) -> None:
    """One sale's own trouble. What is not its own but a mistake of ours must be seen."""
    if not isinstance(error, PostaError) or isinstance(error, Misconfigured):
        log.error("venta_fallida", clave=pedido.clave, terminal=pedido.terminal.id, exc_info=error)
    pedido.refuse(error)

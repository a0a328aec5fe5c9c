"""The folio ledger as a property: whatever several emitters do and wherever they die, every folio is accounted for."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck
from hypothesis import settings as effort
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from services.emitter.folios import FolioLedger
from shared.adapters.mongo import Store
from shared.adapters.mongo.folio_records import CafGuardado, Reserva
from shared.administracion.huecos import Huecos
from shared.dte.existencias import Destino
from shared.dte.tipos import TipoDte
from shared.errors import Conflict, FoliosExhausted
from shared.messages import Latido
from shared.settings import Settings
from tests.dte_data import EMISOR_RUT
from tests.integration.adapters.conftest import Reloj
from tests.invariants import check_folios
from tests.records import make_record

T = TypeVar("T")
VENCIDO = timedelta(seconds=15)
BOLETA = TipoDte.BOLETA
COMUN = Destino(EMISOR_RUT, BOLETA)
DESTINOS = (COMUN, Destino(EMISOR_RUT, BOLETA, "Centro"), Destino(EMISOR_RUT, BOLETA, "Centro", "caja-1"))


class Proceso:
    """One emitter's hand in the ledger."""

    def __init__(self, settings: Settings, reloj: Reloj, nombre: str) -> None:
        self.nombre = nombre
        self.store = Store(settings, reloj, nombre)
        self.ledger = FolioLedger(
            self.store.folios, self.store.documents, self.store.latidos, reloj, process=nombre, vencido=VENCIDO
        )
        self.huecos = Huecos(self.store.folios, self.store.usados)
        self.held: list[Reserva] = []

    async def beat(self, reloj: Reloj) -> None:
        await self.store.latidos.beat(Latido(id=self.nombre, servicio="emitter", momento=reloj()))

    async def reserve(self, destino: Destino, cuantos: int) -> int:
        """Hold so many more folios, or as many as there are; gives how many."""
        try:
            reservas = await self.ledger.reserve(destino, cuantos)
        except FoliosExhausted:
            return 0
        self.held += reservas
        return sum(len(reserva.folios) for reserva in reservas)

    async def void(self, desde: int, hasta: int) -> bool:
        try:
            await self.huecos.void(EMISOR_RUT, BOLETA, desde, hasta, "prueba")
        except Conflict:
            return False
        return True


class Fin(StrEnum):
    """What becomes of a reservation."""

    SALDADA = "settled in order"
    INCIERTA = "nobody knows which documents were stored"
    HUERFANA = "the process dies between insert and settlement"


quien = st.integers(0, 2)
cuantos = st.integers(1, 6)
destino = st.sampled_from(DESTINOS)


class LedgerMachine(RuleBasedStateMachine):
    """Three emitters on one company's boletas, with a clock of their own."""

    settings: ClassVar[Settings]

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.Runner()
        self._reloj = Reloj()
        self._names = itertools.count(1)
        self._siguiente = 1
        self._procesos = [self._born() for _ in range(3)]
        self._do(self._clean())

    @rule(quien=quien, cuantos=cuantos, destino=destino)
    def folios_are_reserved(self, quien: int, cuantos: int, destino: Destino) -> None:
        proceso = self._procesos[quien]
        taken = self._do(proceso.reserve(destino, cuantos))
        if taken == 0:
            self._import_caf(5, destino)
            taken = self._do(proceso.reserve(destino, cuantos))
        assert 0 < taken <= cuantos

    @rule(quien=quien, usados=st.sets(st.integers(0, 5)), fin=st.sampled_from(Fin))
    def documents_are_stored(self, quien: int, usados: set[int], fin: Fin) -> None:
        """Those with the folios at the positions `usados` of the latest reservation."""
        proceso = self._procesos[quien]
        if not proceso.held:
            return
        reserva = proceso.held.pop()
        unused = self._store_some(quien, reserva, usados)
        if fin is Fin.SALDADA:
            proceso.ledger.settle(reserva, unused)
            self._do(proceso.ledger.settle_due())
        elif fin is Fin.INCIERTA:
            proceso.ledger.doubt(reserva)
        else:
            self._do(proceso.store.close())
            self._procesos[quien] = self._born()

    @rule(quien=quien, segundos=st.sampled_from([5, 20]))
    def time_passes_and_somebody_rescues(self, quien: int, segundos: int) -> None:
        self._reloj.advance(seconds=segundos)
        for proceso in self._procesos:
            self._do(proceso.beat(self._reloj))
        self._do(self._procesos[quien].ledger.rescue())

    @rule(quien=quien, donde=st.integers(0, 40), cuantos=cuantos)
    def an_operator_voids_folios_that_are_free_and_no_others(self, quien: int, donde: int, cuantos: int) -> None:
        desde, hasta = 1 + donde, donde + cuantos
        caf = self._range_of(desde)
        all_free = caf is not None and hasta <= caf.hasta and caf.count_free(desde, hasta) == cuantos
        assert self._do(self._procesos[quien].void(desde, hasta)) is all_free

    @rule(donde=st.integers(0, 40), destino=destino)
    def an_operator_keeps_a_range_for_somebody_else(self, donde: int, destino: Destino) -> None:
        caf = self._range_of(1 + donde)
        if caf is not None:
            assert self._do(self._procesos[0].store.folios.assign(caf.id, destino)).destino == destino

    @rule(cuantos=st.tuples(cuantos, cuantos, cuantos), donde=st.integers(0, 40), destino=destino)
    def everything_happens_at_once(self, cuantos: tuple[int, int, int], donde: int, destino: Destino) -> None:
        """Each process reserves and settles what it held, and somebody voids the very folios that are next to go."""
        for proceso in self._procesos:
            if proceso.held:
                reserva = proceso.held.pop()
                proceso.ledger.settle(reserva, reserva.folios)
        caf = self._range_of(1 + donde)
        desde = caf.siguiente if caf is not None else 1 + donde

        async def at_once() -> None:
            await asyncio.gather(
                *(proceso.reserve(destino, n) for proceso, n in zip(self._procesos, cuantos, strict=True)),
                *(proceso.ledger.settle_due() for proceso in self._procesos),
                self._procesos[0].void(desde, desde + cuantos[0] - 1),
            )

        self._do(at_once())

    @invariant()
    def every_folio_is_free_or_reserved_or_used_or_voided(self) -> None:
        self._do(check_folios(self._procesos[0].store))

    def teardown(self) -> None:
        """In the end nothing is reserved, and no gap is without explanation."""
        try:
            for proceso in self._procesos:
                for pieza in proceso.held:
                    proceso.ledger.settle(pieza, pieza.folios)
                self._do(proceso.ledger.close())
            for _ in range(2):
                for quien in range(3):
                    self.time_passes_and_somebody_rescues(quien, 20)
            assert self._do(check_folios(self._procesos[0].store)).reservados == 0
            assert all(revision.cuadra for revision in self._do(self._procesos[0].huecos.review(self._reloj().date())))
        finally:
            for proceso in self._procesos:
                self._do(proceso.store.close())
            self._loop.close()

    def _import_caf(self, cuantos: int, destino: Destino) -> None:
        desde, self._siguiente = self._siguiente, self._siguiente + cuantos
        fields: dict[str, Any] = {"desde": desde, "hasta": desde + cuantos - 1, "fecha": date(2026, 11, 1)}
        self._do(self._procesos[0].store.folios.add(destino, **fields, archivo=b""))

    def _range_of(self, folio: int) -> CafGuardado | None:
        return self._do(self._procesos[0].store.folios.find(EMISOR_RUT, BOLETA, folio))

    def _born(self) -> Proceso:
        async def create() -> Proceso:
            return Proceso(self.settings, self._reloj, f"proceso-{next(self._names)}")

        return self._do(create())

    async def _clean(self) -> None:
        store = self._procesos[0].store
        for collection in (store._mongo.database.dtes, store._mongo.database.cafs, store._mongo.database.latidos):
            await collection.delete_many({})
        await store.prepare()
        for proceso in self._procesos:
            await proceso.beat(self._reloj)

    def _store_some(self, quien: int, reserva: Reserva, which: set[int]) -> list[int]:
        """Store documents with the folios at these positions; gives the folios left over."""
        used = [folio for place, folio in enumerate(reserva.folios) if place in which]
        if used:
            records = [make_record(folio) for folio in used]
            assert self._do(self._procesos[quien].store.documents.insert(records)) == {}, "a folio was given out twice"
        return [folio for folio in reserva.folios if folio not in used]

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run(work)


def test_no_folio_is_used_twice_and_none_is_lost_whatever_happens(settings: Settings) -> None:
    LedgerMachine.settings = settings
    run_state_machine_as_test(
        LedgerMachine,
        settings=effort(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )

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
from shared.adapters.mongo.folios import Reserva
from shared.dte.tipos import TipoDte
from shared.errors import FoliosExhausted
from shared.messages import Latido
from shared.settings import Settings
from tests.dte_data import EMISOR_RUT
from tests.integration.adapters.conftest import Reloj
from tests.invariants import check_folios
from tests.records import make_record

T = TypeVar("T")
VENCIDO = timedelta(seconds=15)


class Proceso:
    """One emitter's hand in the ledger."""

    def __init__(self, settings: Settings, reloj: Reloj, nombre: str) -> None:
        self.nombre = nombre
        self.store = Store(settings, reloj, nombre)
        self.ledger = FolioLedger(
            self.store.folios, self.store.documents, self.store.latidos, reloj, process=nombre, vencido=VENCIDO
        )
        self.held: list[Reserva] = []

    async def beat(self, reloj: Reloj) -> None:
        await self.store.latidos.beat(Latido(id=self.nombre, servicio="emitter", momento=reloj()))


class Fin(StrEnum):
    """What becomes of a reservation."""

    SALDADA = "settled in order"
    INCIERTA = "nobody knows which documents were stored"
    HUERFANA = "the process dies between insert and settlement"


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

    @rule(quien=st.integers(0, 2), cuantos=st.integers(1, 6))
    def folios_are_reserved(self, quien: int, cuantos: int) -> None:
        proceso = self._procesos[quien]
        try:
            reservas = self._do(proceso.ledger.reserve(EMISOR_RUT, TipoDte.BOLETA, cuantos))
        except FoliosExhausted:
            self._import_caf(5)
            reservas = self._do(proceso.ledger.reserve(EMISOR_RUT, TipoDte.BOLETA, cuantos))
        assert sum(len(reserva.folios) for reserva in reservas) <= cuantos
        proceso.held += reservas

    @rule(quien=st.integers(0, 2), usados=st.sets(st.integers(0, 5)), fin=st.sampled_from(Fin))
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

    @rule(quien=st.integers(0, 2), segundos=st.sampled_from([5, 20]))
    def time_passes_and_somebody_rescues(self, quien: int, segundos: int) -> None:
        self._reloj.advance(seconds=segundos)
        for proceso in self._procesos:
            self._do(proceso.beat(self._reloj))
        self._do(self._procesos[quien].ledger.rescue())

    @invariant()
    def every_folio_is_free_or_reserved_or_used(self) -> None:
        self._do(check_folios(self._procesos[0].store))

    def teardown(self) -> None:
        """In the end only what is held is reserved: each settles its own lost inserts, anybody those of the dead."""
        try:
            for _ in range(2):
                for quien in range(3):
                    self.time_passes_and_somebody_rescues(quien, 20)
            held = sum(len(reserva.folios) for proceso in self._procesos for reserva in proceso.held)
            assert self._do(check_folios(self._procesos[0].store)).reservados == held
        finally:
            for proceso in self._procesos:
                self._do(proceso.store.close())
            self._loop.close()

    def _import_caf(self, cuantos: int) -> None:
        desde, self._siguiente = self._siguiente, self._siguiente + cuantos
        fields: dict[str, Any] = {"emisor": EMISOR_RUT, "tipo": TipoDte.BOLETA, "fecha": date(2026, 11, 1)}
        self._do(self._procesos[0].store.folios.add(**fields, desde=desde, hasta=desde + cuantos - 1, archivo=b""))

    def _born(self) -> Proceso:
        async def create() -> Proceso:
            return Proceso(self.settings, self._reloj, f"proceso-{next(self._names)}")

        return self._do(create())

    async def _clean(self) -> None:
        database = self._procesos[0].store._mongo.database
        for collection in (database.dtes, database.cafs, database.latidos):
            await collection.delete_many({})
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

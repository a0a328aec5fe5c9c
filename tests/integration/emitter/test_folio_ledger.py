"""The folio ledger as a property: whatever several emitters do and wherever they die, every folio is accounted for."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from datetime import date, timedelta
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck
from hypothesis import settings as effort
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

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

    @rule(cuantos=st.integers(1, 8))
    def a_caf_is_imported(self, cuantos: int) -> None:
        store = self._procesos[0].store
        desde, self._siguiente = self._siguiente, self._siguiente + cuantos
        fields: dict[str, Any] = {"emisor": EMISOR_RUT, "tipo": TipoDte.BOLETA, "fecha": date(2026, 11, 1)}
        self._do(store.folios.add(**fields, desde=desde, hasta=desde + cuantos - 1, archivo=b""))

    @rule(quien=st.integers(0, 2), cuantos=st.integers(1, 6))
    def folios_are_reserved(self, quien: int, cuantos: int) -> None:
        proceso = self._procesos[quien]
        try:
            reservas = self._do(proceso.ledger.reserve(EMISOR_RUT, TipoDte.BOLETA, cuantos))
        except FoliosExhausted:
            return
        assert sum(len(reserva.folios) for reserva in reservas) <= cuantos
        proceso.held += reservas

    @rule(quien=st.integers(0, 2), usados=st.sets(st.integers(0, 5)))
    def documents_are_stored_and_the_reservation_settled(self, quien: int, usados: set[int]) -> None:
        reserva = self._pop(quien)
        if reserva is not None:
            unused = self._store_some(quien, reserva, usados)
            self._procesos[quien].ledger.settle(reserva, unused)
            self._do(self._procesos[quien].ledger.settle_due())

    @rule(quien=st.integers(0, 2), usados=st.sets(st.integers(0, 5)))
    def documents_are_stored_and_nobody_knows_which(self, quien: int, usados: set[int]) -> None:
        reserva = self._pop(quien)
        if reserva is not None:
            self._store_some(quien, reserva, usados)
            self._procesos[quien].ledger.doubt(reserva)

    @rule(quien=st.integers(0, 2), usados=st.sets(st.integers(0, 5)))
    def a_process_dies_between_insert_and_settlement(self, quien: int, usados: set[int]) -> None:
        for reserva in self._procesos[quien].held:
            self._store_some(quien, reserva, usados)
        self._procesos[quien].store.close()
        self._procesos[quien] = self._born()

    @rule(quien=st.integers(0, 2))
    def time_passes_and_somebody_rescues(self, quien: int) -> None:
        self._reloj.advance(seconds=20)
        for proceso in self._procesos:
            self._do(proceso.beat(self._reloj))
        for _ in range(2):
            self._do(self._procesos[quien].ledger.rescue())

    @invariant()
    def every_folio_is_free_or_reserved_or_used(self) -> None:
        self._do(check_folios(self._procesos[0].store))

    @precondition(lambda self: self._siguiente > 1)
    @rule()
    def in_the_end_only_what_is_held_is_reserved(self) -> None:
        self.time_passes_and_somebody_rescues(0)
        for proceso in self._procesos[1:]:  # each settles its own lost inserts: for the others it is alive
            for _ in range(2):
                self._do(proceso.ledger.rescue())
        held = sum(len(reserva.folios) for proceso in self._procesos for reserva in proceso.held)
        assert self._do(check_folios(self._procesos[0].store)).reservados == held

    def teardown(self) -> None:
        for proceso in self._procesos:
            proceso.store.close()
        self._loop.close()

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

    def _pop(self, quien: int) -> Reserva | None:
        held = self._procesos[quien].held
        return held.pop() if held else None

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

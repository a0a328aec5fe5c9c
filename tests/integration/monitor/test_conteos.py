"""The counters against the documents themselves: whatever happens, they say what adding everything up says."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.errors import OperationFailure

from services.monitor.contador import Contador
from shared.adapters.mongo import Moves, Store
from shared.adapters.mongo.conteo_flujo import HistoryLostError, _lost_translated
from shared.clock import now
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte
from shared.messages import ErrorEnvio
from shared.settings import Settings
from tests.conditions import eventually
from tests.integration.monitor.tienda import Tienda

CAUSAS = (Causa.SII_CAIDO, Causa.SIN_PERMISO, Causa.CAF)


class Mundo:
    """Documents, what may happen to them, and one who counts."""

    def __init__(self, tienda: Tienda) -> None:
        self.tienda = tienda
        self.ids: list[str] = []
        self.contador = Contador(tienda.store.conteos, now)

    async def act(self, act: str, luck: int) -> None:
        """Do it to a third of the documents, to those to which it may happen."""
        some = [id_ for number, id_ in enumerate(self.ids) if number % 3 == luck % 3]
        self.tienda.advance(1)
        await ACTS[act](self, some, luck)

    async def sell(self, _some: list[str], luck: int) -> None:
        self.ids += await self.tienda.sell(1 + luck % 3, tipo=TipoDte.BOLETA if luck % 2 else TipoDte.FACTURA)

    async def postpone(self, some: list[str], luck: int, espera: timedelta | None) -> None:
        desde = (Estado.ENVIANDO, Estado.INCIERTO, Estado.ENVIADO)[luck % 3]
        later = None if espera is None else self.tienda.ahora + espera
        await self.moves.mark_pendiente(
            envio(luck), some, desde=desde, proximo_intento=later, error=error(luck), intento=True
        )

    async def wake_up_tomorrow(self, _some: list[str], _luck: int) -> None:
        self.tienda.advance(86_400)

    async def crash(self, _some: list[str], _luck: int) -> None:
        self.contador = Contador(self.tienda.store.conteos, now)

    @property
    def moves(self) -> Moves:
        return self.tienda.store.moves

    async def check(self) -> None:
        assert await self.contador.catch_up()
        _, counted = await self.tienda.store.conteos.casillas()
        suma = self.tienda.store.conteos.suma
        assert counted == await suma.casillas(await suma.now())


def envio(luck: int) -> str:
    return f"envio-{luck % 4}"


def error(luck: int) -> ErrorEnvio:
    return ErrorEnvio(causa=CAUSAS[luck % 3])


ACTS: dict[str, Callable[[Mundo, list[str], int], Awaitable[object]]] = {
    "sell": Mundo.sell,
    "claim": lambda m, some, luck: m.moves.claim(some, envio(luck)),
    "deliver": lambda m, some, luck: m.moves.mark_enviado(envio(luck), some, track_id="7"),
    "accept": lambda m, some, luck: m.moves.mark_aceptado(envio(luck), some),
    "object": lambda m, some, luck: m.moves.mark_reparo(envio(luck), some, error(luck)),
    "reject": lambda m, some, luck: m.moves.mark_rechazado(envio(luck), some, error(luck), desde=Estado.ENVIANDO),
    "doubt": lambda m, some, luck: m.moves.mark_incierto(envio(luck), some, error(luck)),
    "wait": lambda m, some, luck: m.postpone(some, luck, timedelta(seconds=2)),
    "park": lambda m, some, luck: m.postpone(some, luck, None),
    "requeue": lambda m, some, _: m.moves.requeue(some),
    "resend": lambda m, some, luck: m.moves.resend(some, f"operacion-{luck}"),
    "urgent": lambda m, some, _: m.moves.raise_prioridad(some),
    "next_day": Mundo.wake_up_tomorrow,
    "crash": Mundo.crash,
}


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 11)), min_size=5, max_size=40))
async def test_any_sequence_of_moves_is_counted_as_adding_up_would(tienda: Tienda, acts: list[tuple[str, int]]) -> None:
    mundo = Mundo(tienda)
    for number, (act, luck) in enumerate([("sell", 2), ("claim", 0), ("claim", 1), *acts]):
        await mundo.act(act, luck)
        if number % 9 == 8:
            await mundo.check()
    await mundo.check()


@asynccontextmanager
async def counting(store: Store) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = asyncio.create_task(Contador(store.conteos, now).run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


async def counts(tienda: Tienda) -> Counter[str]:
    conteo = await tienda.store.conteos.read("2000-01-01")
    return Counter({estado.value: n for estado, n in conteo.estados.items() if n}) if conteo else Counter()


async def test_parked_documents_are_told_by_cause_and_the_throughput_by_minute(tienda: Tienda) -> None:
    contador = Contador(tienda.store.conteos, now)
    await contador.catch_up()
    await tienda.accept(await tienda.sell(3))
    await tienda.postpone(await tienda.sell(2), Causa.SIN_PERMISO, "glosa", espera=None)
    await tienda.postpone(await tienda.sell(1), Causa.SII_CAIDO, "glosa", espera=timedelta(hours=1))
    await contador.catch_up()
    conteo = await tienda.store.conteos.read(now().date().isoformat())
    assert conteo is not None
    assert conteo.apartados == {"sin_permiso": 2}
    assert conteo.estados[Estado.PENDIENTE] == 3
    assert sum(n for punto, n in conteo.puntos.items() if punto.paso == "hora" and punto.suceso == "emitidos") == 6
    assert sum(n for punto, n in conteo.puntos.items() if punto.paso == "minuto" and punto.suceso == "aceptado") == 3


async def test_a_second_one_waits_and_takes_over_from_one_that_ended(tienda: Tienda, settings: Settings) -> None:
    other = Store(settings, now, "otro")
    try:
        async with counting(tienda.store):
            await tienda.sell(2)
            await eventually(lambda: _has(tienda, generado=2), within=30)
            assert not await Contador(other.conteos, now).catch_up(), "two counted at one time"
        await tienda.sell(3)
        async with counting(other):
            await eventually(lambda: _has(tienda, generado=5), within=30)
    finally:
        await other.close()


@pytest.mark.parametrize("code", [136, 260, 280, 286])
def test_what_fell_off_the_oplog_is_told_apart_from_a_database_that_is_away(code: int) -> None:
    with pytest.raises(HistoryLostError), _lost_translated():
        raise OperationFailure("el oplog ya no lo tiene", code)


async def test_a_document_that_was_deleted_by_hand_has_everything_counted_anew(tienda: Tienda) -> None:
    contador = Contador(tienda.store.conteos, now)
    ids = await tienda.sell(4)
    await contador.catch_up()
    await tienda.store._mongo.database.dtes.delete_one({"_id": ids[0]})
    await contador.catch_up()
    assert await _has(tienda, generado=3)


async def _has(tienda: Tienda, **estados: int) -> bool:
    return await counts(tienda) == Counter(estados)

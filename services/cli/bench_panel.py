"""What the panel and the first page of the list cost over few and over very many documents."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pymongo

from deploy.local.cuenta import create_reader_token
from deploy.local.demo.fetch import fetch
from deploy.local.desechable import throwaway_stack
from deploy.local.ports import free_ports
from deploy.local.stack import Stack, service_running
from shared.adapters.mongo import Store
from shared.adapters.mongo.relleno import LOTE
from shared.clock import now
from shared.errors import Unavailable
from shared.settings import Settings

BASE = 50_000
_VECES = 101
_PACIENCIA = 3_600.0
"""Seconds for each of: a fill, its indexes, the naive count."""
_POR_SEGUNDO = 5_000
"""Documents that a monitor counts in a second, at the very least."""


async def measure(settings: Settings, documentos: int, advance: Callable[[int], None]) -> dict[str, float]:
    """Medians in milliseconds, on a private stack that is gone afterwards; `advance` hears of documents stored."""
    async with throwaway_stack(settings, "posta-bench-", only=(), sandbox=False) as stack:
        return await _measure(stack, documentos, advance)


async def _measure(stack: Stack, documentos: int, advance: Callable[[int], None]) -> dict[str, float]:
    """Two databases on one server, asked in turn: whatever else the machine does, both suffer from it."""
    [port] = free_ports(1)
    few = {"mongo_database": f"{stack.settings.mongo_database}_base", "monitor_port": port}
    async with (
        _filled(stack.settings.model_copy(update=few), min(BASE, documentos), lambda _: None) as base,
        _filled(stack.settings, documentos, advance) as masa,
    ):
        tiempos = await _take_turns(base, masa)
        began = time.perf_counter()
        with pymongo.timeout(_PACIENCIA):
            await masa.store.relleno.count_naively()
        ingenuo = (time.perf_counter() - began) * 1000
    cifras = {nombre: statistics.median(each) for nombre, each in tiempos.items()}
    return {nombre: round(cifra, 2) for nombre, cifra in {**cifras, "ingenuo_ms": ingenuo}.items()} | {
        "documentos": documentos
    }


@dataclass(frozen=True, slots=True)
class Lleno:
    """A filled database, and the address of its monitor once that has counted."""

    store: Store
    monitor: str
    token: str

    @property
    def preguntas(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """What is measured; the reading is what the panel's figures cost, which are shown to any number of browsers."""
        return {
            "panel": lambda: fetch(f"{self.monitor}/", self.token),
            "lista": lambda: fetch(f"{self.monitor}/documentos", self.token),
            "lectura": lambda: self.store.conteos.read(now().date().isoformat()),
        }


@asynccontextmanager
async def _filled(settings: Settings, documentos: int, advance: Callable[[int], None]) -> AsyncIterator[Lleno]:
    store = Store(settings, now, "bench")
    try:
        await _fill(store, documentos, advance)
        token = await create_reader_token(settings)
        async with service_running(settings, "monitor"):
            await _until_counted(store, documentos)
            yield Lleno(store, f"http://{settings.monitor_host}:{settings.monitor_port}", token)
    finally:
        await store.close()


async def _fill(store: Store, documentos: int, advance: Callable[[int], None]) -> None:
    """While no monitor follows the changes, and without indexes, which are built afterwards: that is far quicker."""
    ahora = now()
    with pymongo.timeout(_PACIENCIA):
        for primero in range(0, documentos, LOTE):
            ultimo = min(documentos, primero + LOTE)
            await store.relleno.fill(primero, ultimo, ahora)
            advance(ultimo - primero)
    with pymongo.timeout(_PACIENCIA):
        await store.prepare()
        await store.relleno.flush()


async def _until_counted(store: Store, documentos: int) -> None:
    deadline = time.monotonic() + 120 + documentos / _POR_SEGUNDO
    while (conteo := await store.conteos.read("")) is None or sum(conteo.estados.values()) != documentos:
        if time.monotonic() > deadline:
            raise Unavailable("El monitor", f"no ha contado los {documentos} documentos")
        await asyncio.sleep(0.2)


async def _take_turns(base: Lleno, masa: Lleno) -> dict[str, list[float]]:
    """Milliseconds of every question, by the name of its figure; the first round, which warms up, is left out."""
    tiempos: dict[str, list[float]] = defaultdict(list)
    for ronda in range(_VECES + 1):
        for nombre in base.preguntas:
            for cifra, lleno in ((f"{nombre}_base_ms", base), (f"{nombre}_ms", masa)):
                began = time.perf_counter()
                await lleno.preguntas[nombre]()
                if ronda:
                    tiempos[cifra].append((time.perf_counter() - began) * 1000)
    return tiempos

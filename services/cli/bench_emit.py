"""How fast the emitter is with all its servers on this machine, and how far that is from what its parts cost alone.

Everything is measured in one run: a lone sale, a steady load, as much as it takes, and in bulk. All documents are
durable (majority, journalled) and published: the run ends when the outbox is empty and every folio is there once.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from deploy.local.demo.company import create_company
from deploy.local.desechable import throwaway_stack
from deploy.local.stack import Stack
from services.cli.bench_firma import VENTA
from services.cli.bench_limite import Limite, measure_firma, measure_limite
from services.cli.bench_till import Till
from shared.adapters.mongo import Store
from shared.clock import now
from shared.errors import Unavailable
from shared.settings import Settings

SALES = json.dumps(VENTA).encode()
RITMO = 100
"""Sales a second of the steady load."""
_TILLS = 64
_CALENTAR = 100
_CPU = "process_cpu_seconds_total"
_PACIENCIA = 120.0


@dataclass(frozen=True, slots=True)
class Tamano:
    """How much is measured: sales of each kind, and seconds of the steady load."""

    solas: int = 500
    segundos: int = 60
    maximo: int = 6_000
    lote: int = 10_000

    @property
    def total(self) -> int:
        return self.solas + RITMO * self.segundos + self.maximo + self.lote


@dataclass(frozen=True, slots=True)
class Cifras:
    """Milliseconds, documents a second, megabytes."""

    limite: Limite
    solas: Sequence[float]
    carga: Sequence[float]
    max_dps: float
    lote_dps: float
    firma_dps: float
    cpu_ms: float
    """The emitter's processor time for each document, at its maximum."""
    memoria: Sequence[float]
    """The emitter's, after its first sales and after each kind of load."""
    publicacion_s: float
    """From the last answer until everything was published."""

    def to_json(self) -> dict[str, float]:
        """Every figure, and each as a ratio to its limit, rounded."""
        limite = self.limite.total
        datos = {
            "limite_ms": limite,
            "solo_p50_ms": _percentile(self.solas, 50),
            "solo_p99_ms": _percentile(self.solas, 99),
            "carga100_p50_ms": _percentile(self.carga, 50),
            "carga100_p99_ms": _percentile(self.carga, 99),
            "max_dps": self.max_dps,
            "lote_dps": self.lote_dps,
            "firma_dps": self.firma_dps,
            "razon_solo": _percentile(self.solas, 50) / limite,
            "razon_carga": _percentile(self.carga, 99) / limite,
            "razon_firma": self.max_dps / self.firma_dps,
            "razon_lote": self.lote_dps / self.firma_dps,
            "cpu_ms": self.cpu_ms,
            "memoria_inicio_mb": self.memoria[0],
            "memoria_mb": max(self.memoria),
            "publicacion_s": self.publicacion_s,
            "limite_firma_ms": self.limite.firma,
            "limite_timbre_ms": self.limite.timbre,
            "limite_insercion_ms": self.limite.insercion,
            "limite_http_ms": self.limite.ida_y_vuelta,
        }
        return {nombre: round(cifra, 2) for nombre, cifra in datos.items()}


async def measure(settings: Settings, tamano: Tamano, tell: Callable[[str], None]) -> Cifras:
    """Everything, on a private stack that is gone afterwards; `tell` hears in Spanish what is being measured."""
    tell("firmando en todos los núcleos, sin nada más")
    firma_dps = await asyncio.to_thread(measure_firma, os.cpu_count() or 1, 3.0)
    tell("partiendo RabbitMQ, MongoDB y el emisor")
    async with (
        throwaway_stack(settings, "posta-bench-", only={"emitter"}) as stack,
        _open_tills(stack, tamano.total) as tills,
    ):
        return await _measure(stack, tills, tamano, firma_dps, tell)


async def _measure(
    stack: Stack, tills: Sequence[Till], tamano: Tamano, firma_dps: float, tell: Callable[[str], None]
) -> Cifras:
    await _sell(tills[0], _CALENTAR, "calentar")
    tell("cada parte de una venta, sola")
    limite = await measure_limite(stack.settings, tills[0])
    memoria = [await _memory_mb(tills[0])]
    tell("una venta a la vez")
    solas = await _sell(tills[0], tamano.solas, "sola")
    tell(f"{RITMO} ventas por segundo")
    carga = await _sell_at_rate(tills, tamano.segundos)
    memoria.append(await _memory_mb(tills[0]))
    tell("todas las que tome")
    cpu = await tills[0].read_metric(_CPU)
    max_dps = await _sell_all(tills, tamano.maximo)
    cpu_ms = (await tills[0].read_metric(_CPU) - cpu) * 1000 / tamano.maximo
    memoria.append(await _memory_mb(tills[0]))
    tell("en lote")
    lote_dps = await _sell_lote(tills[0], tamano.lote)
    memoria.append(await _memory_mb(tills[0]))
    publicacion = await _until_published(stack.settings, tamano.total + _CALENTAR)
    return Cifras(limite, solas, carga, max_dps, lote_dps, firma_dps, cpu_ms, memoria, publicacion)


@asynccontextmanager
async def _open_tills(stack: Stack, folios: int) -> AsyncIterator[list[Till]]:
    llaves = await create_company(stack.settings, 2 * folios)
    host, port = stack.settings.emitter_host, stack.settings.emitter_port
    async with AsyncExitStack() as opened:
        tills = [Till(host, port, llaves[number % len(llaves)]) for number in range(_TILLS)]
        yield [await opened.enter_async_context(till) for till in tills]


async def _sell(till: Till, cuantas: int, nombre: str) -> list[float]:
    return [await till.sell(SALES, f"{nombre}-{number}") for number in range(cuantas)]


async def _sell_at_rate(tills: Sequence[Till], segundos: int) -> list[float]:
    """Open loop: a sale's time counts from the moment at which it was due, whether or not a till was free."""
    free: asyncio.Queue[Till] = asyncio.Queue()
    for till in tills:
        free.put_nowait(till)

    async def sell(number: int, due: float) -> float:
        till = await free.get()
        await till.sell(SALES, f"ritmo-{number}")
        free.put_nowait(till)
        return (time.perf_counter() - due) * 1000

    began, tasks = time.perf_counter(), []
    for number in range(segundos * RITMO):
        due = began + number / RITMO
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(sell(number, due)))
    return await asyncio.gather(*tasks)


async def _sell_all(tills: Sequence[Till], cuantas: int) -> float:
    """Closed loop: each till sends its next sale when it has its answer. Documents a second."""
    numbers = iter(range(cuantas))

    async def work(till: Till) -> None:
        for number in numbers:
            await till.sell(SALES, f"maximo-{number}")

    began = time.perf_counter()
    await asyncio.gather(*map(work, tills))
    return cuantas / (time.perf_counter() - began)


async def _sell_lote(till: Till, cuantas: int) -> float:
    lineas = (json.dumps({**VENTA, "clave": f"lote-{number}"}).encode() + b"\n" for number in range(cuantas))
    began = time.perf_counter()
    hechos = await till.sell_lote(lineas)
    if hechos != cuantas:
        raise RuntimeError(f"{hechos} results for {cuantas} lines")
    return cuantas / (time.perf_counter() - began)


async def _until_published(settings: Settings, cuantos: int) -> float:
    """Seconds until the outbox is empty. RuntimeError unless every sale has its document then."""
    store, began = Store(settings, now, "bench"), time.perf_counter()
    try:
        while await store.documents.count_outbox():
            if time.perf_counter() - began > _PACIENCIA:
                raise Unavailable("RabbitMQ", "no se publicó todo a tiempo")
            await asyncio.sleep(0.02)
        spent = time.perf_counter() - began
        stored = sum((await store.documents.count_by_estado()).values())
    finally:
        await store.close()
    if stored != cuantos:
        raise RuntimeError(f"{stored} documents for {cuantos} sales")
    return spent


async def _memory_mb(till: Till) -> float:
    return await till.read_metric("process_resident_memory_bytes") / 1_000_000


def _percentile(times: Sequence[float], which: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[which - 1]

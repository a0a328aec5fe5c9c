"""What the panel and the first page of the list cost over few and over very many documents."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pymongo

from deploy.local.cuenta import create_reader_token
from deploy.local.demo.fetch import fetch
from deploy.local.stack import Stack, local_stack, service_running
from shared.adapters.mongo import Store
from shared.adapters.mongo.relleno import LOTE
from shared.clock import now
from shared.errors import Unavailable
from shared.settings import Settings

BASE = 50_000
_VECES = 21
_PACIENCIA = 3_600.0
"""Seconds for each of: a fill, its indexes, their count."""


async def measure(settings: Settings, documentos: int, advance: Callable[[int], None]) -> dict[str, float]:
    """Medians in milliseconds, on a private stack that is gone afterwards; `advance` hears of documents stored."""
    with tempfile.TemporaryDirectory(prefix="posta-bench-") as carpeta:
        async with local_stack(
            settings, Path(carpeta), sandbox=False, echo=lambda _, __: None, usual_ports=False, only=()
        ) as stack:
            store = Store(stack.settings, now, "bench")
            try:
                return await _measure(stack, store, documentos, advance)
            finally:
                await store.close()


async def _measure(stack: Stack, store: Store, documentos: int, advance: Callable[[int], None]) -> dict[str, float]:
    base = min(BASE, documentos)
    await _fill(store, 0, base, advance)
    few = await _pages(stack, store, base)
    await _fill(store, base, documentos, advance)
    many = await _pages(stack, store, documentos)
    began = time.perf_counter()
    with pymongo.timeout(_PACIENCIA):
        await store.relleno.count_naively()
    ingenuo = (time.perf_counter() - began) * 1000
    cifras = {
        "panel_base_ms": few["panel"],
        "panel_ms": many["panel"],
        "lista_base_ms": few["lista"],
        "lista_ms": many["lista"],
        "lectura_base_ms": few["lectura"],
        "lectura_ms": many["lectura"],
        "ingenuo_ms": ingenuo,
        "documentos": documentos,
    }
    return {nombre: round(cifra, 2) for nombre, cifra in cifras.items()}


async def _fill(store: Store, desde: int, hasta: int, advance: Callable[[int], None]) -> None:
    """While no monitor follows the changes, and without indexes, which are built afterwards: that is far quicker."""
    ahora = now()
    with pymongo.timeout(_PACIENCIA):
        await store.relleno.drop_indexes()
        for primero in range(desde, hasta, LOTE):
            ultimo = min(hasta, primero + LOTE)
            await store.relleno.fill(primero, ultimo, ahora)
            advance(ultimo - primero)
    with pymongo.timeout(_PACIENCIA):
        await store.prepare()


async def _pages(stack: Stack, store: Store, documentos: int) -> dict[str, float]:
    """Medians, once a monitor has counted all of them; the reading is what its panel asks of MongoDB."""
    await store.conteos.forget()  # adding up is quicker than following millions of changes
    async with service_running(stack, "monitor"):
        await _until_counted(store, documentos)
        monitor, token = stack.addresses["monitor"], await create_reader_token(stack.settings)
        dia = now().date().isoformat()
        return {
            "panel": await _median(lambda: fetch(f"{monitor}/", token)),
            "lista": await _median(lambda: fetch(f"{monitor}/documentos", token)),
            "lectura": await _median(lambda: store.conteos.read(dia)),
        }


async def _until_counted(store: Store, documentos: int) -> None:
    deadline = time.monotonic() + _PACIENCIA
    while (conteo := await store.conteos.read("")) is None or sum(conteo.estados.values()) != documentos:
        if time.monotonic() > deadline:
            raise Unavailable("El monitor", f"no ha contado los {documentos} documentos")
        await asyncio.sleep(0.2)


async def _median(ask: Callable[[], Awaitable[object]]) -> float:
    await ask()  # the first one opens connections
    times = []
    for _ in range(_VECES):
        began = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)

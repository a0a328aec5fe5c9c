"""The same invoices delivered three ways to the same sandbox, side by side in one run.

Each way has signed documents of its own (the SII takes a folio once), the same seeded latency of each upload, and
nothing else going on. What is timed is the same for all three: from the moment at which all documents are handed over
until whoever delivers holds the SII's track id of every one. The baselines are handed documents that are signed
already, and their workers are there and logged in. Posta is handed sales: its time includes folios, signatures,
MongoDB, RabbitMQ and its first login. The baselines are in `tests/benchmarks`, which nothing here imports: they run as
programs.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from deploy.local.demo.company import create_company
from deploy.local.demo.fetch import fetch_json
from deploy.local.demo.sales import make_sales
from deploy.local.desechable import throwaway_stack
from deploy.local.stack import Stack
from services.cli.bench_encargo import prepare_encargo, run_baseline
from services.cli.bench_till import Till
from services.cli.escenario import put_escenario
from shared.adapters.mongo import Store
from shared.clock import now
from shared.dte.estado import FINALES, Estado
from shared.errors import Unavailable
from shared.settings import Settings

Avance = Callable[[str, int, int], None]
"""Hears how many of how many documents the SII has, by which way."""
HILOS, CELERY, POSTA = "hilos", "celery", "posta"
_POLL = 0.05
_POR_DOCUMENTO, _PACIENCIA = 6.0, 120.0
"""Seconds: of patience for each document, and beside."""


@dataclass(frozen=True, slots=True)
class Prueba:
    """How many invoices; seconds, from and to, that the sandbox takes for an upload; the seed of its luck."""

    documentos: int = 100
    latencia: tuple[float, float] = (2.0, 5.0)
    semilla: int = 2026

    @property
    def paciencia(self) -> float:
        return _PACIENCIA + _POR_DOCUMENTO * self.documentos


@dataclass(frozen=True, slots=True)
class Marca:
    """How one way fared: seconds, and uploads that the sandbox counted."""

    segundos: float
    envios: int


@dataclass(frozen=True, slots=True)
class Cifras:
    """All three, in one run."""

    hilos: Marca
    celery: Marca
    posta: Marca

    def to_json(self) -> dict[str, float]:
        """Seconds, uploads, and how many times as long as Posta each baseline took."""
        return {
            "hilos_s": round(self.hilos.segundos, 2),
            "celery_s": round(self.celery.segundos, 2),
            "posta_s": round(self.posta.segundos, 2),
            "hilos_envios": self.hilos.envios,
            "celery_envios": self.celery.envios,
            "posta_envios": self.posta.envios,
            "razon_hilos": round(self.hilos.segundos / self.posta.segundos, 2),
            "razon_celery": round(self.celery.segundos / self.posta.segundos, 2),
        }


async def measure(settings: Settings, prueba: Prueba, avance: Avance) -> Cifras:
    """All three ways, on a private stack that is gone afterwards. RuntimeError if one loses or doubles a document."""
    async with throwaway_stack(settings, "posta-bench-", only={"sandbox", "emitter", "sender"}) as stack:
        llaves = await create_company(stack.settings, prueba.documentos)
        return await stack.supervisor.during(_measure(stack, llaves[0], prueba, avance))


async def _measure(stack: Stack, llave: str, prueba: Prueba, avance: Avance) -> Cifras:
    marcas = {}
    for numero, nombre in enumerate((HILOS, CELERY)):
        encargo = await asyncio.to_thread(prepare_encargo, stack.settings, nombre, prueba.documentos, numero)
        correr = run_baseline(f"tests.benchmarks.entrega_{nombre}", encargo, stack.settings)
        marcas[nombre] = await _take_time(stack, nombre, prueba, avance, correr)
    correr = _deliver_by_posta(stack.settings, llave, prueba)
    marcas[POSTA] = await _take_time(stack, POSTA, prueba, avance, correr)
    return Cifras(**marcas)


async def _take_time(stack: Stack, nombre: str, prueba: Prueba, avance: Avance, correr: Awaitable[float]) -> Marca:
    """One way from its start to its end, with the sandbox's books before and after."""
    antes = await _start_scenario(stack, prueba)
    following = asyncio.create_task(_follow(stack, nombre, prueba, avance, antes["documentos"]))
    try:
        async with asyncio.timeout(prueba.paciencia):
            segundos = await correr
    except TimeoutError as error:
        raise Unavailable(nombre, f"no entregó todo en {prueba.paciencia:.0f} s") from error
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    despues = await _read_resumen(stack)
    llegados, repetidos = (despues[campo] - antes[campo] for campo in ("documentos", "repetidos"))
    if (llegados, repetidos) != (prueba.documentos, 0):
        raise RuntimeError(f"{nombre}: {llegados} documents at the SII, {repetidos} of them again")
    avance(nombre, prueba.documentos, prueba.documentos)
    return Marca(segundos, despues["envios"] - antes["envios"])


async def _start_scenario(stack: Stack, prueba: Prueba) -> dict[str, Any]:
    """The same luck for each way, from its first upload on; the books as they stand then."""
    desde, hasta = prueba.latencia
    escenario = {"semilla": prueba.semilla, "latencia": {"envio": {"min": desde, "max": hasta}}}
    await asyncio.to_thread(put_escenario, f"{stack.addresses['sandbox']}/sandbox/escenario", escenario)
    return await _read_resumen(stack)


async def _read_resumen(stack: Stack) -> dict[str, Any]:
    resumen: dict[str, Any] = await fetch_json(f"{stack.addresses['sandbox']}/sandbox/resumen")
    return resumen


async def _follow(stack: Stack, nombre: str, prueba: Prueba, avance: Avance, antes: int) -> None:
    while True:
        avance(nombre, (await _read_resumen(stack))["documentos"] - antes, prueba.documentos)
        await asyncio.sleep(10 * _POLL)


async def _deliver_by_posta(settings: Settings, llave: str, prueba: Prueba) -> float:
    """Seconds from the first byte of the sales to the last track id in MongoDB."""
    ventas = make_sales(0, prueba.documentos, seed=prueba.semilla)
    lineas = [json.dumps({**venta.venta, "clave": venta.clave}).encode() + b"\n" for venta in ventas]
    store = Store(settings, now, "bench")
    try:
        async with Till(settings.emitter_host, settings.emitter_port, llave) as till:
            began = time.monotonic()
            await till.sell_lote(lineas)
            await _until_enviados(store, prueba.documentos)
            return time.monotonic() - began
    finally:
        await store.close()


async def _until_enviados(store: Store, cuantos: int) -> None:
    """Every document has its track id."""
    enviados = 0
    while enviados < cuantos:
        await asyncio.sleep(_POLL)
        estados = await store.documents.count_by_estado()
        enviados = sum(estados[estado] for estado in {Estado.ENVIADO, *FINALES})

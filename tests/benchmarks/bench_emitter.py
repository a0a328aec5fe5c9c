"""How fast the emitter is, with everything on this machine: lone sale, fixed rate, and as fast as it goes.

Run: `python -m tests.benchmarks.bench_emitter`. Prints figures; judges none.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from shared.dte.documento import complete_venta, sign_documento
from shared.dte.modelo import parse_venta
from tests.dte_data import AHORA, EMISOR, FECHA, firmante, make_caf, venta_boleta
from tests.emitter_world import EmitterProcess, World, create_world, open_store, request_of
from tests.servers import run_servers, settings_for

SOLAS = 300
SEGUNDOS = 20
RITMO = 100
POSES = 64
MAXIMO = 4_000


async def measure(world: World, log: Path) -> dict[str, Any]:
    """All figures, in milliseconds and documents per second."""
    emitter = EmitterProcess(world.settings, log)
    await emitter.start()
    try:
        limits = httpx.Limits(max_connections=POSES)
        async with world.http(limits=limits) as http, open_store(world.settings) as store:
            await lone(http, 50, "calentar")
            figures = await lone(http, SOLAS, "sola")
            figures |= await at_rate(http)
            cpu = cpu_seconds(emitter.pid)
            figures |= await closed_loop(http)
            figures["cpu_ms_por_documento"] = round((cpu_seconds(emitter.pid) - cpu) * 1000 / MAXIMO, 2)
            began = time.monotonic()
            while await store.documents.count_outbox():
                await asyncio.sleep(0.05)
            figures["outbox_vacio_s"] = round(time.monotonic() - began, 2)
            figures["memoria_mb"] = memory_mb(emitter.pid)
    finally:
        emitter.stop()
    return figures | {"firma_dps": signing_alone()}


async def lone(http: httpx.AsyncClient, cuantas: int, nombre: str) -> dict[str, Any]:
    times = [await timed(lambda i=i: post(http, f"{nombre}-{i}")) for i in range(cuantas)]
    return {f"{nombre}_p50_ms": percentile(times, 50), f"{nombre}_p99_ms": percentile(times, 99)}


async def at_rate(http: httpx.AsyncClient) -> dict[str, Any]:
    """Open loop: a sale every 10 ms, whatever becomes of the ones before."""
    began, tasks = time.monotonic(), []
    for number in range(SEGUNDOS * RITMO):
        await asyncio.sleep(max(0.0, began + number / RITMO - time.monotonic()))
        tasks.append(asyncio.create_task(timed(lambda n=number: post(http, f"ritmo-{n}"))))
    times = await asyncio.gather(*tasks)
    return {f"carga{RITMO}_p50_ms": percentile(times, 50), f"carga{RITMO}_p99_ms": percentile(times, 99)}


async def closed_loop(http: httpx.AsyncClient) -> dict[str, Any]:
    """As many tills as connections, each sending its next sale when it has its answer."""
    numbers = iter(range(MAXIMO))

    async def till() -> list[float]:
        return [await timed(lambda n=number: post(http, f"maximo-{n}")) for number in numbers]

    began = time.monotonic()
    times = [t for ts in await asyncio.gather(*(till() for _ in range(POSES))) for t in ts]
    return {
        "max_dps": round(MAXIMO / (time.monotonic() - began)),
        "max_p50_ms": percentile(times, 50),
        "max_p99_ms": percentile(times, 99),
    }


async def post(http: httpx.AsyncClient, clave: str) -> None:
    answer = await http.post("/v1/dte", **request_of(clave))
    if answer.status_code != 201:
        raise RuntimeError(answer.text)


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


def signing_alone() -> int:
    """Documents that one thread reads, completes, signs and checks in a second."""
    caf, cuantos = make_caf(hasta=10_000), 300
    began = time.perf_counter()
    for folio in range(1, cuantos + 1):
        venta: Any = parse_venta(venta_boleta())
        completa = complete_venta(venta, EMISOR, fecha=FECHA)
        sign_documento(completa, folio=folio, caf=caf, firmante=firmante(), ahora=AHORA)
    return round(cuantos / (time.perf_counter() - began))


def percentile(times: Sequence[float], which: int) -> float:
    return round(statistics.quantiles(times, n=100, method="inclusive")[which - 1], 1)


def cpu_seconds(pid: int) -> float:
    """Processor time that the process has used, in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def main() -> None:
    with tempfile.TemporaryDirectory() as carpeta, run_servers() as servers:
        settings = settings_for(servers.private, servers.fresh_name(), Path(carpeta))

        async def run() -> dict[str, Any]:
            world = await create_world(settings, boletas=100_000)
            return await measure(world, Path(carpeta) / "emitter.log")

        sys.stdout.write(json.dumps(asyncio.run(run())) + "\n")


if __name__ == "__main__":
    main()

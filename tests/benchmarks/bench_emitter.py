"""How fast the emitter is, with everything on this machine: lone sale, fixed rate, and as fast as it goes.

Run: `python -m tests.benchmarks.bench_emitter`. Prints figures; judges none.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from shared.adapters.mongo import Store
from shared.dte.documento import complete_venta, sign_documento
from shared.dte.modelo import parse_venta
from tests.benchmarks.tills import Till
from tests.conditions import eventually
from tests.dte_data import AHORA, EMISOR, FECHA, firmante, make_caf, venta_boleta
from tests.emitter_world import EmitterProcess, World, create_world, open_store
from tests.servers import run_servers, settings_for

SOLAS = 300
SEGUNDOS = 20
RITMO = 100
TILLS = 64
MAXIMO = 4_000


async def measure(world: World, log: Path) -> dict[str, Any]:
    """All figures, in milliseconds and documents per second."""
    emitter = EmitterProcess(world.settings, log)
    await emitter.start()
    tills = [await Till.open(world) for _ in range(TILLS)]
    try:
        async with open_store(world.settings) as store:
            await lone(tills[0], 50, "calentar")
            figures = await lone(tills[0], SOLAS, "sola")
            figures |= await at_rate(tills)
            cpu = cpu_seconds(emitter.pid)
            figures |= await closed_loop(tills)
            figures["cpu_ms_por_documento"] = round((cpu_seconds(emitter.pid) - cpu) * 1000 / MAXIMO, 2)
            began = time.monotonic()
            await eventually(partial(is_relayed, store), within=120)
            figures["outbox_vacio_s"] = round(time.monotonic() - began, 2)
            figures["memoria_mb"] = memory_mb(emitter.pid)
    finally:
        for till in tills:
            till.close()
        emitter.stop()
    return figures | {"firma_dps": signing_alone()}


async def is_relayed(store: Store) -> bool:
    return await store.documents.count_outbox() == 0


async def lone(till: Till, cuantas: int, nombre: str) -> dict[str, Any]:
    times = [await till.sell(f"{nombre}-{n}") for n in range(cuantas)]
    return {f"{nombre}_p50_ms": percentile(times, 50), f"{nombre}_p99_ms": percentile(times, 99)}


async def at_rate(tills: Sequence[Till]) -> dict[str, Any]:
    """Open loop: a sale is due every 10 ms, and its time counts from then, whether or not a till was free."""
    free: asyncio.Queue[Till] = asyncio.Queue()
    for till in tills:
        free.put_nowait(till)

    async def sell(number: int, due: float) -> float:
        till = await free.get()
        await till.sell(f"ritmo-{number}")
        free.put_nowait(till)
        return (time.perf_counter() - due) * 1000

    began, tasks = time.perf_counter(), []
    for number in range(SEGUNDOS * RITMO):
        due = began + number / RITMO
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(sell(number, due)))
    times = await asyncio.gather(*tasks)
    return {f"carga{RITMO}_p50_ms": percentile(times, 50), f"carga{RITMO}_p99_ms": percentile(times, 99)}


async def closed_loop(tills: Sequence[Till]) -> dict[str, Any]:
    """Each till sends its next sale when it has its answer."""
    numbers = itertools.count()

    async def work(till: Till) -> list[float]:
        return [await till.sell(f"maximo-{number}") for number in itertools.takewhile(lambda n: n < MAXIMO, numbers)]

    began = time.monotonic()
    times = [t for ts in await asyncio.gather(*map(work, tills)) for t in ts]
    return {
        "max_dps": round(MAXIMO / (time.monotonic() - began)),
        "max_p50_ms": percentile(times, 50),
        "max_p99_ms": percentile(times, 99),
    }


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

"""`posta bench deliver` as a person runs it, with few documents and a quick SII: real servers, all three ways."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from pathlib import Path

from tests.conditions import eventually
from tests.processes import processes_naming

ROOT = Path(__file__).parents[2]
CIFRAS = ["hilos_s", "celery_s", "posta_s", "hilos_envios", "celery_envios", "posta_envios"]


async def start_bench(carpeta: Path, *options: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "bench", "deliver", *options),
        cwd=ROOT,
        env=os.environ | {"POSTA_CARPETA": str(carpeta), "TMPDIR": str(carpeta)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def test_three_ways_deliver_the_same_number_of_documents_side_by_side(tmp_path: Path) -> None:
    bench = await start_bench(tmp_path, "--json", "--documentos", "5", "--latencia", "0.1-0.2")
    output, errors = await bench.communicate()

    assert bench.returncode == 0, errors.decode()  # which it is not if one of them loses or doubles a document
    cifras = json.loads(output)
    assert list(cifras) == [*CIFRAS, "razon_hilos", "razon_celery"]
    assert (cifras["hilos_envios"], cifras["celery_envios"]) == (5, 5)
    assert 1 <= cifras["posta_envios"] <= 5
    assert all(cifras[nombre] > 0 for nombre in CIFRAS)
    assert processes_naming(tmp_path) == []


async def test_a_long_run_tells_its_pieces_and_its_sums(tmp_path: Path) -> None:
    bench = await start_bench(tmp_path, "--json", "--documentos", "60", "--rapido")
    output, errors = await bench.communicate()

    assert bench.returncode == 0, errors.decode()
    cifras = json.loads(output)
    assert cifras["cuadratura"]["estados"] == {"aceptado": 60}
    assert cifras["cuadratura"]["sii_repetidos"] == 0
    assert {"emitter", "sender", "sandbox", "mongod", "rabbitmq"} <= set(cifras["fin"]["memoria_mb"])
    assert cifras["tramos"][-1]["recibidos"] == 60


async def test_all_wait_in_the_queue_while_the_sii_is_away_and_are_delivered_when_it_is_back(tmp_path: Path) -> None:
    bench = await start_bench(tmp_path, "--cola", "60")
    output, errors = await bench.communicate()

    assert bench.returncode == 0, errors.decode()
    assert "En cola al volver el SII: " in output.decode()
    assert "Cuadra: " in output.decode()
    assert "recibidos" in errors.decode()  # the bars, which do not disturb whoever reads the output


async def test_ctrl_c_ends_everything(tmp_path: Path) -> None:
    bench = await start_bench(tmp_path, "--documentos", "50", "--latencia", "60")

    async def baseline_runs() -> bool:
        return not set(processes_naming(tmp_path)).isdisjoint(processes_naming("tests.benchmarks.entrega_hilos"))

    await eventually(baseline_runs, 120)
    bench.send_signal(signal.SIGINT)
    await bench.communicate()

    assert bench.returncode == 130
    assert processes_naming(tmp_path) == []

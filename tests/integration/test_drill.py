"""`posta drill` as a person runs it: real faults on a stack of its own, and nothing left of it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from deploy.local.drill.run import FILAS
from services.sandbox.ensayos import ENSAYOS
from tests.conditions import eventually
from tests.processes import processes_naming

ROOT = Path(__file__).parents[2]
STARTED = 240.0
"""Seconds that a whole stack may need on a busy machine."""


pytestmark = pytest.mark.timeout(900)


async def start_drill(carpeta: Path, *options: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "drill", *options),
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(carpeta), "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def nothing_left(carpeta: Path) -> bool:
    return processes_naming(carpeta) == [] and list(carpeta.glob("posta-drill-*")) == []


async def test_it_breaks_things_and_proves_that_nothing_came_of_it(tmp_path: Path) -> None:
    registros = tmp_path / "registros"
    rows = ["rch", "kill_sender", "rabbitmq", "mongodb"]
    options = [option for row in rows for option in ("--solo", row)]
    drill = await start_drill(tmp_path, "--json", "--documentos", "6", "--registros", str(registros), *options)

    output, said = await drill.communicate()

    assert drill.returncode == 0, said.decode()
    [line] = output.decode().splitlines()
    outcome = json.loads(line)
    assert (outcome["ok"], outcome["documentos"], outcome["invariantes_rotos"]) == (True, 24, [])
    assert [falla["nombre"] for falla in outcome["fallas"]] == rows
    for falla in outcome["fallas"]:
        figures = ("documentos", "perdidos", "duplicados_sii", "folios_repetidos", "sin_terminar")
        assert [falla[figure] for figure in figures] == [6, 0, 0, 0, 0]
        assert falla["recuperado_en"] >= 0
    assert "terminó con estado" in (registros / "sender.log").read_text(encoding="utf-8")
    assert nothing_left(tmp_path)


async def test_a_document_removed_behind_its_back_makes_it_fail_and_name_the_invariant(tmp_path: Path) -> None:
    drill = await start_drill(tmp_path, "--json", "--documentos", "4", "--solo", "latencia", "--solo", "rch")
    with MongoClient[dict[str, Any]](await eventually(lambda: _find_mongod(tmp_path), STARTED)) as client:
        dtes = client.posta.dtes
        await eventually(lambda: _has_accepted(dtes), STARTED)
        drill.send_signal(signal.SIGSTOP)  # so that it cannot end before we have done our worst
        removed = dtes.find_one_and_delete({"estado": "aceptado"})
        drill.send_signal(signal.SIGCONT)

    output, said = await drill.communicate()

    assert drill.returncode == 1, said.decode()
    assert removed is not None
    outcome = json.loads(output.decode().splitlines()[-1])
    assert not outcome["ok"]
    assert {2, 3} <= set(outcome["invariantes_rotos"]), "a folio and a sale are lost"
    lost = [found for falla in outcome["fallas"] for found in falla["invariantes"] if found["invariante"] == 3]
    assert len(lost) == 1
    assert removed["_id"] in lost[0]["que"]
    assert "No se cumple: 2 (ningún folio perdido), 3 (ninguna venta perdida)" in said.decode()
    assert nothing_left(tmp_path)


async def test_after_ctrl_c_nothing_of_it_is_left(tmp_path: Path) -> None:
    drill = await start_drill(tmp_path, "--solo", "latencia")
    await eventually(lambda: _find_mongod(tmp_path), STARTED)

    drill.send_signal(signal.SIGINT)
    await drill.communicate()

    assert drill.returncode == 130
    assert nothing_left(tmp_path)


async def test_it_lists_the_faults_and_knows_no_others(tmp_path: Path) -> None:
    listing = await start_drill(tmp_path, "--lista", "--json")
    output, _ = await listing.communicate()
    assert [row["falla"] for row in json.loads(output)] == list(FILAS)
    assert set(ENSAYOS) < set(FILAS)

    unknown = await start_drill(tmp_path, "--solo", "terremoto")
    _, said = await unknown.communicate()
    assert unknown.returncode == 2
    assert "--solo: no hay una falla «terremoto»: «posta drill --lista» las muestra" in said.decode()


def _has_accepted(dtes: Collection[dict[str, Any]]) -> bool:
    try:
        return dtes.find_one({"estado": "aceptado"}) is not None
    except PyMongoError:  # it has just been started
        return False


def _find_mongod(carpeta: Path) -> str | None:
    """The address of the drill's database, once its program has been started."""
    for pid in processes_naming(carpeta):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found = re.search(r"mongod .*--port (\d+)", command)
        if found and command.split()[0].endswith("mongod"):
            return f"mongodb://127.0.0.1:{found[1]}/?directConnection=true"
    return None

"""`posta emit` with many sales: what it says, what it leaves behind, and how it goes on after an interruption."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.environment import child_environment
from shared.settings import Settings
from tests.conditions import eventually
from tests.dte_data import venta_boleta
from tests.emitter_world import World, create_world, open_store, running_emitter
from tests.integration.test_cli import Posta
from tests.invariants import check_folios


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    ours = await create_world(settings, boletas=3000)
    (settings.carpeta / "llave.txt").write_text(ours.llave, encoding="ascii")
    async with running_emitter(ours):
        yield ours


def _posta(world: World) -> Posta:
    return Posta(world.settings)


async def test_a_folder_of_files_is_issued_each_error_with_its_place_field_and_remedy(world: World) -> None:
    posta = _posta(world)
    ventas = world.settings.carpeta / "ventas"
    ventas.mkdir()
    posta.write("ventas/a.json", venta_boleta())
    posta.write("ventas/b.ndjson", "\n".join([json.dumps(venta_boleta())] * 3 + ["{"]))
    columns = "clave;Encabezado.IdDoc.TipoDTE;Detalle.1.NmbItem;Detalle.1.PrcItem"
    posta.write("ventas/c.csv", f"{columns}\nv-1;39;Té;990\nv-2;39;Té;mil\n")
    command = ("emit", "ventas", "--llave-file", "llave.txt")

    said = await posta(*command, "--json")
    again = await posta(*command)

    assert said.status == again.status == 1
    suma = said.json
    assert (suma["emitidos"], suma["repetidos"], suma["omitidos"], suma["fallidos"]) == (5, 0, 0, 2)
    assert {(error["archivo"], error["linea"]) for error in suma["errores"]} == {
        ("ventas/b.ndjson", 4),
        ("ventas/c.csv", 3),
    }
    assert suma["errores"][1]["errores"][0]["ruta"] == "Detalle.1.PrcItem"
    assert "ventas/c.csv:3: Detalle.1.PrcItem: " in again.error
    assert "ventas/b.ndjson:4: el cuerpo no es JSON" in again.error
    assert "0 emitidos, 5 que ya lo estaban, 0 omitidos, 2 con errores" in again.salida
    assert "--lote" in again.error
    other = (await posta(*command, "--lote", "martes", "--json")).json
    assert (other["emitidos"], other["repetidos"]) == (4, 1), "all but the one that has a key of its own"
    async with open_store(world.settings) as store:
        assert (await check_folios(store)).usados == 9


async def test_an_interrupted_run_goes_on_where_it_was_and_issues_nothing_twice(world: World) -> None:
    posta = _posta(world)
    posta.write("ventas.ndjson", "\n".join([json.dumps(venta_boleta())] * 2000))
    command = ("emit", "ventas.ndjson", "--llave-file", "llave.txt", "--salida", "resultados.ndjson", "--json")
    resultados = world.settings.carpeta / "resultados.ndjson"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", *command),
        cwd=posta.carpeta,
        env=child_environment(posta.settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    await eventually(lambda: resultados.exists() and resultados.stat().st_size > 0)
    process.send_signal(signal.SIGINT)
    _, error = await process.communicate()
    assert process.returncode == 130
    assert "Repita la misma orden" in error.decode()
    done = _count(resultados)

    suma = (await posta(*command)).json

    assert 0 < done < 2000
    assert suma["omitidos"] == done
    assert suma["emitidos"] + suma["repetidos"] + done == 2000
    assert _count(resultados) == 2000
    async with open_store(world.settings) as store:
        assert (await check_folios(store)).usados == 2000
    rest = (await posta(*command)).json
    assert (rest["omitidos"], rest["emitidos"], rest["repetidos"]) == (2000, 0, 0)


def _count(resultados: Path) -> int:
    claves = {json.loads(linea)["clave"] for linea in resultados.read_text(encoding="utf-8").splitlines()}
    return len(claves)


async def test_a_key_is_for_one_sale_and_a_file_of_another_kind_is_told_so(settings: Settings) -> None:
    posta = Posta(settings)
    llave, ventas, otro = posta.write("l.txt", "x"), posta.write("v.ndjson", "{}"), posta.write("v.xlsx", "")
    assert "«clave» en cada una" in (await posta("emit", ventas, "--llave-file", llave, "--clave", "x")).error
    said = await posta("emit", otro, "--llave-file", llave)
    assert (said.status, ".ndjson" in said.error) == (1, True)

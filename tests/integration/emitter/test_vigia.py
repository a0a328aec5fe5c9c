"""Folios of stores and tills in a running emitter, and what it tells of those that are left."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from shared.administracion.admin import Admin
from shared.administracion.main import open_admin
from shared.dte.tipos import TipoDte
from shared.settings import LogFormat, Settings
from tests.conditions import eventually
from tests.dte_data import EMISOR_RUT
from tests.emitter_world import EmitterProcess, World, create_world, import_folios, open_store, request_of
from tests.invariants import check_folios


async def test_a_till_uses_its_own_folios_first_and_whoever_must_know_hears_once_that_they_end(
    settings: Settings, tmp_path: Path
) -> None:
    only_number_counts = {"folios_minimo": 20, "folios_dias_aviso": 0, "folios_dias_critico": 0}
    often = {"folios_revision": timedelta(milliseconds=200), "log_format": LogFormat.JSON}
    world = await create_world(settings.model_copy(update=only_number_counts | often), boletas=25, facturas=0)
    process = EmitterProcess(world.settings, tmp_path / "emitter.log")
    async with open_admin(world.settings) as admin, open_store(world.settings) as store:
        other = await _share_out(admin, world)
        await process.start()
        try:
            ours, theirs = await _sell(world, 9), await _sell(other, 2)
            assert ours[:3] == [101, 102, 103]
            assert set(ours[3:]) <= {201, 202, *range(1, 26)}
            assert set(theirs) <= set(range(1, 26))
            await eventually(lambda: _metric(world, f'emisor="{EMISOR_RUT}",tipo="39"', "19.0"))
            await eventually(lambda: _told(process)[None, None] == ["aviso"])
            await import_folios(admin, TipoDte.BOLETA, 1001, 1100)
            await eventually(lambda: _told(process)[None, None] == ["aviso", "ok"])
            for terminal in (world.terminal, None):
                assert _told(process)["Centro", terminal] == ["aviso"], (
                    "they were few from the start, and once is enough"
                )
        finally:
            process.stop()
        cuenta = await check_folios(store)
        assert (cuenta.usados, cuenta.reservados) == (11, 0)


async def _share_out(admin: Admin, world: World) -> World:
    """Three folios for the till, two for its store; gives a till of another store."""
    await import_folios(admin, TipoDte.BOLETA, 101, 103, terminal=world.terminal)
    await import_folios(admin, TipoDte.BOLETA, 201, 202, tienda="Centro")
    creado = await admin.create_terminal(EMISOR_RUT, "Ñuñoa", "1")
    return World(world.settings, creado.llave, creado.terminal.id)


async def _sell(world: World, cuantos: int) -> list[int]:
    """The folios of so many boletas, one after the other."""
    async with world.http() as http:
        return [(await http.post("/v1/dte", **request_of(f"v-{n}"))).json()["folio"] for n in range(cuantos)]


async def _metric(world: World, labels: str, value: str) -> bool:
    async with world.http() as http:
        return f"posta_folios_disponibles{{{labels}}} {value}" in (await http.get("/metrics")).text


def _told(process: EmitterProcess) -> Mapping[tuple[str | None, str | None], list[str]]:
    """The levels that the log told of each store and till, in their order."""
    told: defaultdict[tuple[str | None, str | None], list[str]] = defaultdict(list)
    for line in process.output().splitlines():
        entry = json.loads(line) if line.startswith("{") and line.endswith("}") else {}
        if entry.get("event") in {"folios_por_agotarse", "folios_repuestos"}:
            told[entry["tienda"], entry["terminal"]].append(entry["nivel"])
    return told

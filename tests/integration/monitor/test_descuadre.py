"""`posta doctor --cuadratura`: what agrees is said, what does not is named by its folios."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from deploy.local.environment import child_environment
from shared.dte.existencias import Destino
from shared.dte.tipos import TipoDte
from shared.settings import Settings
from tests.integration.monitor.tienda import EMISOR, Tienda


async def doctor(settings: Settings, *options: str) -> tuple[int | None, str]:
    command = [sys.executable, "-m", "services.cli", "doctor", "--cuadratura", *options]
    child = await asyncio.create_subprocess_exec(
        *command, env=child_environment(settings), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate()
    return child.returncode, out.decode()


async def test_books_that_agree_end_with_status_zero(settings: Settings, tienda: Tienda) -> None:
    await tienda.accept(await tienda.sell(3))
    assert await doctor(settings) == (0, "Cuadra: 3 documentos\n")


async def test_a_wrong_counter_and_a_lost_folio_are_named(settings: Settings, tienda: Tienda) -> None:
    await tienda.sell(3)
    assert (await doctor(settings))[0] == 0
    counters = tienda.store._mongo.database.conteos
    await counters.update_one({"nivel": "dia", "estado": "generado"}, {"$inc": {"n": 2}})
    lost = await tienda.store.folios.reserve(Destino(EMISOR, TipoDte.BOLETA), 1)
    await tienda.store.folios.settle([(lost, ())])
    status, out = await doctor(settings, "--json")
    informe: dict[str, Any] = json.loads(out)
    assert (status, informe["cuadra"], informe["documentos"]) == (1, False, 3)
    [diferencia] = informe["conteos"]
    assert (diferencia["contados"], diferencia["hay"], diferencia["folios"]) == (5, 3, [12_001, 12_002, 12_003])
    [descuadre] = informe["folios"]
    assert (descuadre["faltan"], descuadre["sin_documento"]) == (1, [12_004])
    status, out = await doctor(settings)
    assert "dice 5, hay 3; folios 12001, 12002, 12003" in out
    assert "1 sin documento; folios 12004" in out

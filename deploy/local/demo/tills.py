"""Five tills that sell at the same time, each with its own key and connection."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.local.demo.sales import Sale, deal
from services.emitter.client import DocumentoEmitido, PosClient

_PAUSE = 0.1
"""Seconds at most between two sales of one till."""


@dataclass(frozen=True, slots=True)
class Emission:
    """One sale that the till has its document for, and how long its customer waited."""

    sale: Sale
    documento: DocumentoEmitido
    seconds: float


async def sell(url: str, llaves: Sequence[str], sales: Sequence[Sale]) -> list[Emission]:
    """Every sale, by all tills together. Unavailable if the emitter stays away too long."""
    hands = zip(llaves, deal(sales, len(llaves)), strict=True)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_run_till(url, llave, hand)) for llave, hand in hands]
    return [emission for task in tasks for emission in task.result()]


async def _run_till(url: str, llave: str, sales: Sequence[Sale]) -> list[Emission]:
    luck = random.Random(llave)  # noqa: S311 - a rehearsal, not a secret
    done = []
    async with PosClient(url, llave) as pos:
        for sale in sales:
            await asyncio.sleep(luck.uniform(0, _PAUSE))
            began = time.monotonic()
            documento = await pos.emit(sale.venta, sale.clave)
            done.append(Emission(sale, documento, time.monotonic() - began))
    return done

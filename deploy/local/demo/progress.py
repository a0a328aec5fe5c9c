"""How far the sales have come, as the monitor tells it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from deploy.local.demo.fetch import fetch_json
from shared.dte.estado import FINALES, Estado
from shared.errors import Unavailable

_POLL = 0.2


@dataclass(frozen=True, slots=True)
class Counts:
    """Documents that are at least that far."""

    emitidos: int
    enviados: int
    aceptados: int
    finales: int


async def follow(monitor: str, token: str, planned: int, limit: float, show: Callable[[Counts], None]) -> None:
    """Show the counts until `planned` documents have their verdict, or for `limit` seconds: the audit tells then.

    The monitor gives them for `token`.
    """
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        try:
            estados = (await fetch_json(f"{monitor}/api/stats?limit=0", token))["estados"] or {}
        except Unavailable:  # it has just been killed, or starts
            estados = {}
        if estados:
            counts = _count(estados)
            show(counts)
            if counts.finales >= planned:
                return
        await asyncio.sleep(_POLL)


def _count(estados: dict[str, int]) -> Counts:
    finales = sum(estados.get(estado, 0) for estado in FINALES)
    return Counts(
        emitidos=sum(estados.values()),
        enviados=finales + estados.get(Estado.ENVIADO, 0),
        aceptados=estados.get(Estado.ACEPTADO, 0) + estados.get(Estado.REPARO, 0),
        finales=finales,
    )

"""Says that this process lives, how busy it is, and how its breakers stand."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from services.sender.dispatch import Slots
from services.sender.gate import Gate
from shared.clock import Clock
from shared.errors import Unavailable
from shared.messages import Latido

if TYPE_CHECKING:
    from shared.adapters.mongo import Latidos


class Heartbeat:
    """While it beats, nobody else touches what this process has under way."""

    def __init__(self, latidos: Latidos, gate: Gate, slots: Slots, process: str, clock: Clock) -> None:
        self._latidos = latidos
        self._gate = gate
        self._slots = slots
        self._process = process
        self._clock = clock

    async def beat(self) -> bool:
        latido = Latido(
            id=self._process,
            servicio="sender",
            momento=self._clock(),
            workers_activos=self._slots.busy,
            max_workers=self._slots.max_workers,
            en_vuelo=self._slots.documentos,
            cortes=self._gate.positions(),
        )
        await self._latidos.beat(latido)
        return False

    async def stop(self) -> None:
        """The process ends: what it leaves may be settled at once."""
        with contextlib.suppress(Unavailable):
            await self._latidos.stop(self._process)

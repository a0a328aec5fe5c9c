"""The heartbeat of a process."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from shared.corte import EstadoCorte
from shared.dte.tipos import Canal
from shared.latencia import Cuentas
from shared.messages.record import Record


class Latido(Record):
    """Heartbeat of one process: alive at `momento`, with so many workers busy on so many documents."""

    id: str
    servicio: str
    momento: datetime
    workers_activos: int = 0
    max_workers: int = 0
    en_vuelo: int = 0
    en_mano: dict[str, int] = Field(default_factory=dict)
    """By queue: messages that it has taken from the broker and not acknowledged yet."""
    cortes: dict[str, EstadoCorte] = Field(default_factory=dict)
    """Each circuit breaker by its name."""
    ritmo: dict[Canal, float] = Field(default_factory=dict)
    """Documents a second, in the last minute in which any were delivered."""
    latencias: dict[str, Cuentas] = Field(default_factory=dict)
    """How long the SII took to answer lately, by channel and operation, as `shared.latencia` counts it."""

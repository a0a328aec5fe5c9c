"""The SII's weather: how each of its channels is now, for uploads and for questions apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import computed_field

from services.monitor.cortes import PAUSADO, Atraso, Corte, Vista
from shared.dte.tipos import Canal
from shared.latencia import add_up, compute_cuantil
from shared.messages import Latido

OPERACIONES = ("subida", "consulta")
_GRAVEDAD = (PAUSADO, "abierto", "probando")
"""A pause, which somebody has to end, and positions of a breaker, the worst first; any other comes after them."""


class Trato(Vista):
    """How one kind of operation of one channel goes. Empty of all figures while no sender lives."""

    operacion: str
    estado: str | None = None
    """The worst position of its breaker in any living process."""
    procesos: int = 0
    """Living processes in which it stands so…"""
    de: int = 0
    """… of so many."""
    desde: datetime | None = None
    ultima_prueba: datetime | None = None
    proxima_prueba: datetime | None = None
    error: str = ""
    p50: float | None = None
    """Seconds within which half of the answers came, of the last five minutes with answers."""
    p95: float | None = None
    respuestas: int = 0
    """So many answers these are of."""


class Clima(Vista):
    """One channel of the SII."""

    canal: Canal
    tratos: tuple[Trato, ...]
    atraso: Atraso | None = None
    """What waits for it; None when nothing does, or RabbitMQ has not said."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def estado(self) -> str | None:
        """The worst of its operations."""
        return min((trato.estado for trato in self.tratos if trato.estado), key=_rank, default=None)

    @property
    def quieto(self) -> bool:
        """Nothing waits, nothing was answered lately and nothing is wrong: it is not in use."""
        asked = any(trato.respuestas for trato in self.tratos)
        return self.atraso is None and not asked and self.estado in (None, "cerrado")


def build_climas(latidos: Sequence[Latido], cortes: Sequence[Corte], atrasos: Sequence[Atraso]) -> tuple[Clima, ...]:
    """Every channel, from the heartbeats of living processes and what was made of them already."""
    waiting = {atraso.canal: atraso for atraso in atrasos}
    return tuple(
        Clima(
            canal=canal,
            tratos=tuple(_trato(canal, operacion, latidos, cortes) for operacion in OPERACIONES),
            atraso=waiting.get(canal),
        )
        for canal in Canal
    )


def _trato(canal: Canal, operacion: str, latidos: Sequence[Latido], cortes: Sequence[Corte]) -> Trato:
    nombre = f"{canal}.{operacion}"
    counts = add_up(latido.latencias.get(nombre, ()) for latido in latidos)
    measured = {"p50": _cuantil(counts, 0.5), "p95": _cuantil(counts, 0.95), "respuestas": sum(counts)}
    mine = [corte for corte in cortes if corte.canal == nombre]
    if not mine:
        return Trato(operacion=operacion, **measured)
    worst = min(mine, key=lambda corte: _rank(corte.estado))
    told = worst.model_dump(exclude={"canal"})
    return Trato(operacion=operacion, de=sum(corte.procesos for corte in mine), **told, **measured)


def _rank(estado: str) -> int:
    return _GRAVEDAD.index(estado) if estado in _GRAVEDAD else len(_GRAVEDAD)


def _cuantil(counts: Sequence[int], parte: float) -> float | None:
    segundos = compute_cuantil(counts, parte)
    return None if segundos is None else round(segundos, 3)

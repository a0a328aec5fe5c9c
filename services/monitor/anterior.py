"""The figures as the system before this one gave them, for pages that still ask its address."""

from __future__ import annotations

from pydantic import Field

from services.monitor.cortes import Vista
from services.monitor.panel import Panel
from shared.dte.estado import Estado

_EN_EL_SII = (Estado.ENVIADO, Estado.ACEPTADO, Estado.REPARO)


class CifrasAnteriores(Vista):
    """Null as long as the source of a figure has never answered."""

    enviados: int | None = Field(description="Los que el SII tiene y no rechazó")
    en_cola: int | None
    errores: int | None = Field(description="Rechazados, y apartados para una persona")
    workers_activos: int


class Anterior(Vista):
    stats: CifrasAnteriores


def build_anterior(panel: Panel) -> Anterior:
    """The old figures from the present panel."""
    estados = panel.estados
    return Anterior(
        stats=CifrasAnteriores(
            enviados=sum(estados[estado] for estado in _EN_EL_SII) if estados else None,
            en_cola=panel.en_cola,
            errores=estados[Estado.RECHAZADO] + sum(panel.apartados.values()) if estados else None,
            workers_activos=panel.workers.activos,
        )
    )

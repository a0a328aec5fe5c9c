"""The demo's result: the figures that its last line gives to programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from deploy.local.demo.audit import Audit
from deploy.local.demo.tills import Emission


@dataclass(frozen=True, slots=True)
class Outcome:
    """Times in seconds. `segundos_total` runs from the first sale to the last verdict."""

    emitidos: int
    aceptados: int
    rechazados: int
    perdidos: int
    duplicados_sii: int
    envios: int
    segundos_pos_p50: float
    segundos_pos_p99: float
    segundos_total: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def build_outcome(emissions: Sequence[Emission], audit: Audit, seconds: float) -> Outcome:
    """The figures of a run that took `seconds`."""
    waits = [emission.seconds for emission in emissions]
    return Outcome(
        emitidos=len(emissions),
        aceptados=audit.aceptados,
        rechazados=audit.rechazados,
        perdidos=audit.perdidos,
        duplicados_sii=audit.duplicados_sii,
        envios=audit.envios,
        segundos_pos_p50=percentile(waits, 50),
        segundos_pos_p99=percentile(waits, 99),
        segundos_total=round(seconds, 1),
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that at least `percent` % of all do not exceed, to the millisecond; 0 when there are none."""
    if not values:
        return 0.0
    return round(sorted(values)[math.ceil(len(values) * percent / 100) - 1], 3)

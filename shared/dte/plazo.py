"""Until when a document has to be at the SII.

Boletas: at most one hour after they were issued (Resolución Exenta SII 74 of 2020). All others: on the same day (they
have to be at the SII before the goods move), Chile time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from shared.dte.hora import CHILE, chile
from shared.dte.tipos import CANALES_SII, Canal, CanalSii

CLASES: tuple[tuple[Canal, CanalSii], ...] = (
    *zip(CANALES_SII, CANALES_SII, strict=True),
    *((Canal.DTEBOX, clase) for clase in CANALES_SII),
)
"""Each channel with the kinds of document that go through it: boletas have another deadline than all others."""


@dataclass(frozen=True, slots=True)
class Plazos:
    """How long a boleta may take, and how long before its end somebody has to know, on each channel."""

    boleta: timedelta = timedelta(hours=1)
    aviso_boleta: timedelta = timedelta(minutes=30)
    aviso_factura: timedelta = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Limites:
    """At one moment: of what age a document's deadline is near, and of what age it has passed."""

    por_vencer: datetime
    """Near for documents that were issued at this moment or before."""
    vencidos: datetime
    """Passed for documents that were issued before this moment."""


def compute_limites(clase: CanalSii, ahora: datetime, plazos: Plazos) -> Limites:
    """The limits at the moment `ahora` of documents that are boletas, or of all others, whoever delivers them."""
    if clase is Canal.BOLETA:
        return Limites(ahora - plazos.boleta + plazos.aviso_boleta, ahora - plazos.boleta)
    hoy, manana = _midnight(ahora), _midnight(ahora, days=1)
    return Limites(ahora if manana - ahora <= plazos.aviso_factura else hoy, hoy)


def compute_vencimiento(canal: CanalSii, creado: datetime, plazos: Plazos) -> datetime:
    """Until when a document that was issued at `creado` has to be at the SII."""
    return creado + plazos.boleta if canal is Canal.BOLETA else _midnight(creado, days=1)


def _midnight(ahora: datetime, days: int = 0) -> datetime:
    """The beginning of the Chilean day of `ahora`, or of one so many days later, in the zone of `ahora`."""
    return datetime.combine(chile(ahora).date() + timedelta(days=days), time(), CHILE).astimezone(ahora.tzinfo)

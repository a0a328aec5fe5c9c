"""The one place that makes Chilean wall-clock time, and writes it as the SII wants it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

CHILE = ZoneInfo("America/Santiago")


def chile(moment: datetime) -> datetime:
    """The same moment on a Chilean wall clock, without fractions of a second."""
    return moment.astimezone(CHILE).replace(microsecond=0)


def format_hora(moment: datetime) -> str:
    """`AAAA-MM-DDTHH:MM:SS`, local Chile time, no zone suffix (SiiTypes_v10.xsd, FechaHoraType)."""
    return chile(moment).replace(tzinfo=None).isoformat()

"""The one place that knows what time it is, and what time that is in Chile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""

CHILE = ZoneInfo("America/Santiago")


def now() -> datetime:
    """The present moment in UTC, cut to milliseconds as MongoDB keeps it: a value read equals the one written."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def chile(moment: datetime) -> datetime:
    """The same moment on a Chilean wall clock, as the SII writes it (without fractions of a second)."""
    return moment.astimezone(CHILE).replace(microsecond=0)

"""The one place that knows what time it is. What time that is in Chile, the pure core knows: `shared.dte.hora`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from shared.dte.hora import CHILE, chile

__all__ = ["CHILE", "Clock", "chile", "now"]

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""


def now() -> datetime:
    """The present moment in UTC, cut to milliseconds as MongoDB keeps it: a value read equals the one written."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

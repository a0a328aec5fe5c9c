"""Time: aware, in UTC, in milliseconds; and what it is in Chile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.clock import chile, now
from shared.dte.hora import format_hora


def test_now_is_aware_and_as_fine_as_the_database_keeps_it() -> None:
    moment = now()
    assert moment.utcoffset() == timedelta(0)
    assert moment.microsecond % 1000 == 0


def test_chile_is_three_hours_behind_in_summer_and_four_in_winter() -> None:
    summer, winter = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)
    assert (chile(summer).hour, chile(winter).hour) == (9, 8)
    assert chile(summer) == summer


def test_the_sii_gets_no_fractions_and_no_zone() -> None:
    assert format_hora(datetime(2026, 1, 15, 2, 59, 59, 999_999, UTC)) == "2026-01-14T23:59:59"

"""Days and moments as an operator writes them, in Chile's time."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from shared.dte.hora import CHILE, chile

_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}
_NAMED = {"hoy": 0, "ayer": 1, "anteayer": 2}
_AGO = re.compile(r"(\d{1,4})\s*(m|min|h|d)")
_MOMENT = re.compile(r"(?P<dia>[^T]+?)(?:T(?P<hora>\d{1,2}):(?P<minuto>\d{2}))?")
_LARGEST_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_SMALLEST_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})(?:[-/.](\d{4}|\d{2}))?")
_RANGE = re.compile(r"(.+?)\.\.(.+)")

FORMAS = "hoy, ayer, 24-11-2026, 24-11, 24-11T14:30 o 2h (hace dos horas)"
Tramo = tuple[datetime, datetime]
"""From a moment until before another one, both UTC-aware."""


def read_tramo(texto: str, ahora: datetime) -> Tramo:
    """The time that the text names: a day, a minute, from so long ago until now, or `a..b`. ValueError in Spanish."""
    between = _RANGE.fullmatch(texto)
    if between is None:
        return _read_one(texto, ahora)
    start, end = (_read_one(side, ahora) for side in between.groups())
    if end[1] <= start[0]:
        raise ValueError(f"«{texto}» termina antes de empezar: ponga primero la fecha más antigua")
    return start[0], end[1]


def read_hasta(texto: str, ahora: datetime) -> datetime:
    """The end of the time that the text names; of `2h`, the moment two hours ago."""
    start, end = read_tramo(texto, ahora)
    return start if _AGO.fullmatch(texto.strip().lower()) else end


def _read_one(texto: str, ahora: datetime) -> Tramo:
    plain = texto.strip()
    ago = _AGO.fullmatch(plain.lower())
    if ago is not None:
        return ahora - timedelta(**{_UNITS[ago[2]]: int(ago[1])}), ahora + timedelta(minutes=1)  # new documents, too
    moment = _MOMENT.fullmatch(plain.replace("t", "T"))
    if moment is None:
        raise _unreadable(texto)
    try:
        return _to_tramo(_read_day(moment["dia"], chile(ahora).date()), moment["hora"], moment["minuto"], ahora)
    except (ValueError, OverflowError) as error:
        raise _unreadable(texto) from error


def _to_tramo(dia: date, hora: str | None, minuto: str | None, ahora: datetime) -> Tramo:
    if hora is None:
        start, end = (datetime.combine(day, time(), CHILE) for day in (dia, dia + timedelta(days=1)))
    else:
        start = datetime.combine(dia, time(int(hora), int(minuto or 0)), CHILE)
        end = start + timedelta(minutes=1)
    return start.astimezone(ahora.tzinfo), end.astimezone(ahora.tzinfo)


def _read_day(texto: str, hoy: date) -> date:
    if texto.lower() in _NAMED:
        return hoy - timedelta(days=_NAMED[texto.lower()])
    if parts := _LARGEST_FIRST.fullmatch(texto):
        return date(*map(int, parts.groups()))
    parts = _SMALLEST_FIRST.fullmatch(texto)
    if parts is None:
        raise ValueError(texto)
    dia, mes, year = parts.groups()
    if year is None:
        return _latest(int(dia), int(mes), hoy)
    return date(int(year) + (2000 if len(year) == 2 else 0), int(mes), int(dia))


def _latest(dia: int, mes: int, hoy: date) -> date:
    """A day without its year is the last one of that name: nothing was issued in the future."""
    this_year = date(hoy.year, mes, dia)
    return this_year if this_year <= hoy else date(hoy.year - 1, mes, dia)


def _unreadable(texto: str) -> ValueError:
    return ValueError(f"«{texto}» no es una fecha: escriba {FORMAS}")

"""How numbers, money, times and durations read on a Chilean screen."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from shared.clock import chile


def format_miles(numero: int) -> str:
    """`1.234.567`."""
    return f"{numero:,}".replace(",", ".")


def format_pesos(monto: int) -> str:
    """`$1.234.567`; a negative amount as `-$1.234`."""
    return f"{'-' if monto < 0 else ''}${format_miles(abs(monto))}"


def format_monto(monto: Decimal, moneda: str | None) -> str:
    """Pesos, or an export's amount with its decimals and the name of its currency: `1.234,56 DOLAR USA`."""
    if moneda is None:
        return format_pesos(int(monto))
    entero, _, decimales = f"{monto:f}".partition(".")
    return f"{format_miles(int(entero))}{decimales and ','}{decimales} {moneda}"


def format_rut(rut: str) -> str:
    """`76.192.083-9`; whatever is not a RUT stays as it is."""
    cuerpo, guion, dv = rut.partition("-")
    return f"{format_miles(int(cuerpo))}-{dv}" if guion and cuerpo.isdecimal() else rut


def format_reloj(momento: datetime) -> str:
    """`14:03:22`, Chile time."""
    return f"{chile(momento):%H:%M:%S}"


def format_hora_minuto(momento: datetime) -> str:
    """`14:03`, Chile time."""
    return f"{chile(momento):%H:%M}"


def format_fecha(momento: date) -> str:
    """`24-11-2026`; of a moment, its day in Chile."""
    return f"{chile(momento) if isinstance(momento, datetime) else momento:%d-%m-%Y}"


def format_fecha_hora(momento: datetime) -> str:
    """`24-11-2026 14:03:22`, Chile time."""
    return f"{chile(momento):%d-%m-%Y %H:%M:%S}"


def format_campo_hora(momento: datetime | None) -> str:
    """`2026-11-24T14:03`, Chile time, as a browser's field for a time wants it; nothing for no time."""
    return f"{chile(momento):%Y-%m-%dT%H:%M}" if momento is not None else ""


def format_decimal(numero: float) -> str:
    """`10`, `0,5`: no more decimals than there are."""
    return f"{numero:g}".replace(".", ",")


def format_momento(momento: datetime, ahora: datetime) -> str:
    """The clock alone when it was today in Chile, with day and month when it was not."""
    local = chile(momento)
    return f"{local:%H:%M:%S}" if local.date() == chile(ahora).date() else f"{local:%d-%m %H:%M}"


def format_duracion(duracion: timedelta) -> str:
    """Two figures of meaning: `120 ms`, `2,4 s`, `42 s`, `3 min 12 s`, `5 h 03 min`, `2 d 3 h`."""
    segundos = duracion.total_seconds()
    if duracion < timedelta(seconds=1):
        return f"{segundos * 1000:.0f} ms"
    if duracion < timedelta(seconds=9.95):
        return f"{segundos:.1f} s".replace(".", ",")
    if duracion < timedelta(seconds=59.5):
        return f"{segundos:.0f} s"
    return _format_larga(round(segundos))


def _format_larga(segundos: int) -> str:
    minutos, resto = divmod(segundos, 60)
    horas, minutos = divmod(minutos, 60)
    dias, horas = divmod(horas, 24)
    if dias:
        return f"{dias} d {horas} h"
    if horas:
        return f"{horas} h {minutos:02} min"
    return f"{minutos} min {resto} s"

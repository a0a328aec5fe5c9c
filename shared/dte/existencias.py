"""How long folios last: the rate at which they are used, the days they are enough for, and when to call somebody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from math import inf

from shared.dte.hora import chile
from shared.dte.tipos import TipoDte

VENTANA = 7
"""Days, today included, from which the rate is computed: a week has every kind of day."""


@dataclass(frozen=True, slots=True)
class Destino:
    """Whom a range of folios is kept for: documents of one type of a company; of one store or till only, if named.

    A till's range also names the till's store.
    """

    emisor: str
    tipo: TipoDte
    tienda: str | None = None
    terminal: str | None = None

    @property
    def respaldos(self) -> tuple[Destino, ...]:
        """Whose folios it may use when its own have ended, the nearest first: its store's, then those of nobody."""
        comun = Destino(self.emisor, self.tipo)
        if self.terminal is not None:
            return Destino(self.emisor, self.tipo, self.tienda), comun
        return (comun,) if self.tienda is not None else ()


class Nivel(StrEnum):
    """How urgent new folios are."""

    OK = "ok"
    AVISO = "aviso"
    CRITICO = "critico"
    AGOTADO = "agotado"


@dataclass(frozen=True, slots=True)
class Umbrales:
    """From which point on somebody is told: days that are left, or folios however slowly they are used."""

    dias_aviso: int
    dias_critico: int
    minimo: int


@dataclass(frozen=True, slots=True)
class Saldo:
    """What is free in one range, and the last day on which it may be used."""

    disponibles: int
    vence: date | None = None
    caf: str = field(default="", compare=False)
    """Which range it is."""


@dataclass(frozen=True, slots=True)
class Cuenta:
    """The ranges of one destination in the order of their use, and how many folios it used on each recent day."""

    destino: Destino
    saldos: Sequence[Saldo]
    usos: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Existencia:
    """How one destination stands. `dias` is None when, at the present rate, its folios never end."""

    destino: Destino
    disponibles: int
    por_dia: float
    dias: float | None
    nivel: Nivel


def compute_existencias(cuentas: Iterable[Cuenta], umbrales: Umbrales, ahora: datetime) -> list[Existencia]:
    """One for each destination, except stores and tills whose own folios ended more than a week ago.

    Those use the company's, if there are any, and nobody needs to be told for ever.
    """
    hoy = chile(ahora).date()
    by_destino = {cuenta.destino: cuenta for cuenta in cuentas}
    libres = {destino: _count(cuenta.saldos, hoy) for destino, cuenta in by_destino.items()}
    found = []
    for destino, cuenta in by_destino.items():
        por_dia = compute_por_dia(cuenta.usos, ahora)
        dias = compute_dias(cuenta.saldos, por_dia, hoy)
        nivel = judge(libres[destino], dias, umbrales)
        if nivel is Nivel.AGOTADO and any(libres.get(otro) for otro in destino.respaldos):
            nivel = Nivel.AVISO
            if not por_dia:
                continue
        found.append(Existencia(destino, libres[destino], por_dia, dias, nivel))
    return found


def compute_por_dia(usos: Mapping[date, int], ahora: datetime) -> float:
    """Folios a day over the last week, or since they are used if that is less; over one day at least."""
    local = chile(ahora)
    desde = local.date() - timedelta(days=VENTANA - 1)
    usados = sum(cuantos for dia, cuantos in usos.items() if dia >= desde)
    inicio = datetime.combine(max(desde, min(usos, default=desde)), time(), local.tzinfo)
    return usados / max(1.0, (local - inicio) / timedelta(days=1))


def compute_dias(saldos: Sequence[Saldo], por_dia: float, hoy: date) -> float | None:
    """Days until the last folio is used or expires, range after range; None for never."""
    dias = 0.0
    for saldo in saldos:
        alcanza = saldo.disponibles / por_dia if por_dia else inf
        vigente = inf if saldo.vence is None else max(0.0, (saldo.vence - hoy).days + 1 - dias)
        dias += min(alcanza, vigente) if saldo.disponibles else 0.0
    return None if dias == inf else dias


def judge(disponibles: int, dias: float | None, umbrales: Umbrales) -> Nivel:
    """The level of so many folios for so many days."""
    if disponibles == 0:
        return Nivel.AGOTADO
    if dias is not None and dias <= umbrales.dias_critico:
        return Nivel.CRITICO
    pocos = disponibles <= umbrales.minimo or (dias is not None and dias <= umbrales.dias_aviso)
    return Nivel.AVISO if pocos else Nivel.OK


def _count(saldos: Iterable[Saldo], hoy: date) -> int:
    return sum(saldo.disponibles for saldo in saldos if saldo.vence is None or saldo.vence >= hoy)

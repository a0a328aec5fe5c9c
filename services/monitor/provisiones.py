"""What runs out: folios, the ranges that they come from, and certificates. The worst first; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import inf

from services.monitor.cortes import Vista
from shared.clock import chile
from shared.dte.existencias import Cuenta, Existencia, Nivel, Umbrales, compute_existencias
from shared.dte.tipos import TipoDte

_URGENTE = timedelta(days=7)
"""A certificate that ends within this is critical: a new one takes days to buy."""
_MOSTRADOS = 100
"""Of each list, so many are shown; thousands of tills would be no page."""


@dataclass(frozen=True, slots=True)
class CafPorVencer:
    """A range with folios left, and the last day on which they may be used."""

    id: str
    emisor: str
    tipo: TipoDte
    disponibles: int
    vence: date


class Folios(Vista):
    """How long the folios of one destination last."""

    emisor: str
    tipo: int
    tipo_nombre: str
    quien: str | None = None
    """The store or till that they are kept for; None for the whole company."""
    disponibles: int
    por_dia: float
    dias: float | None
    """Until the last one is used or expires; None when, at the present rate, they never end."""
    vence: date | None = None
    """Last day of the range that ends first."""
    nivel: Nivel


class Certificado(Vista):
    """Until when a company can sign."""

    emisor: str
    vence: datetime
    dias: float
    """Negative when it has ended."""
    nivel: Nivel


class Provisiones(Vista):
    """All that runs out, each list with the worst first, and how much of it is left out here."""

    momento: datetime
    folios: tuple[Folios, ...] = ()
    certificados: tuple[Certificado, ...] = ()
    omitidos: int = 0
    """Destinations that are not in `folios`, all of them better off than those that are."""


def build_provisiones(
    cuentas: Sequence[Cuenta],
    certificados: Mapping[str, datetime | None],
    umbrales: Umbrales,
    dias_vencimiento: int,
    ahora: datetime,
) -> Provisiones:
    """From the ledger of folios and the end of each company's certificate."""
    hoy = chile(ahora).date()
    ends = {cuenta.destino: _first_end(cuenta, hoy) for cuenta in cuentas}
    soon = hoy + timedelta(days=dias_vencimiento)
    folios = [_folios(each, ends[each.destino], soon) for each in compute_existencias(cuentas, umbrales, ahora)]
    folios.sort(key=lambda each: (-list(Nivel).index(each.nivel), inf if each.dias is None else each.dias))
    owned = [_certificado(rut, vence, dias_vencimiento, ahora) for rut, vence in certificados.items() if vence]
    return Provisiones(
        momento=ahora,
        folios=tuple(folios[:_MOSTRADOS]),
        certificados=tuple(sorted(owned, key=lambda each: each.vence))[:_MOSTRADOS],
        omitidos=max(0, len(folios) - _MOSTRADOS),
    )


def find_por_vencer(cuentas: Sequence[Cuenta], hasta: date) -> list[CafPorVencer]:
    """The ranges with folios left whose last day is `hasta` or earlier."""
    return [
        CafPorVencer(saldo.caf, cuenta.destino.emisor, cuenta.destino.tipo, saldo.disponibles, saldo.vence)
        for cuenta in cuentas
        for saldo in cuenta.saldos
        if saldo.vence is not None and saldo.vence <= hasta
    ]


def _first_end(cuenta: Cuenta, hoy: date) -> date | None:
    """The last day of the range that ends first, of those that can still be used."""
    return min((s.vence for s in cuenta.saldos if s.vence is not None and s.vence >= hoy), default=None)


def _folios(existencia: Existencia, vence: date | None, soon: date) -> Folios:
    destino, nivel = existencia.destino, existencia.nivel
    if nivel is Nivel.OK and vence is not None and vence <= soon:
        nivel = Nivel.AVISO
    return Folios(
        emisor=destino.emisor,
        tipo=int(destino.tipo),
        tipo_nombre=destino.tipo.nombre,
        quien=destino.terminal or destino.tienda,
        disponibles=existencia.disponibles,
        por_dia=round(existencia.por_dia, 1),
        dias=None if existencia.dias is None else round(existencia.dias, 1),
        vence=vence,
        nivel=nivel,
    )


def _certificado(rut: str, vence: datetime, dias_vencimiento: int, ahora: datetime) -> Certificado:
    left = vence - ahora
    nivel = Nivel.AVISO if left <= timedelta(days=dias_vencimiento) else Nivel.OK
    if left <= _URGENTE:
        nivel = Nivel.AGOTADO if left <= timedelta() else Nivel.CRITICO
    return Certificado(emisor=rut, vence=vence, dias=round(left / timedelta(days=1), 1), nivel=nivel)

"""One fault of the sandbox from the first sale to the last verdict, and what came of the documents."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from deploy.local.drill.entrega import is_parked
from deploy.local.drill.invariantes import id_at_sii
from deploy.local.drill.rehearsal import Company, Rehearsal
from services.sandbox.ensayos import Ensayo
from shared.clock import now
from shared.dte.estado import FINALES, Estado
from shared.dte.tipos import Canal
from shared.messages import Dte

PATIENCE = 180.0
"""Seconds until everything is settled, on a machine that does much else."""
LONGEST = timedelta(seconds=1)
"""No question to the SII waits longer in a rehearsal: else the growing pauses between them are most of its time."""
_POLL = 0.2

Venta = Mapping[str, Any]


class Reloj:
    """When the fault ended: whatever happens of it later moves that on."""

    def __init__(self) -> None:
        self.fin = time.monotonic()

    def mark(self) -> None:
        self.fin = time.monotonic()


@dataclass(frozen=True, slots=True)
class Jugada:
    """A company whose documents have been through a fault. Times are of the monotonic clock, in seconds."""

    company: Company
    fin: float
    """When the fault had struck for the last time."""
    calma: float
    """When everything had its verdict or waited for a person."""


@dataclass(frozen=True, slots=True)
class Saldo:
    """What came of one company's documents."""

    documentos: int
    perdidos: int
    """A till was answered with them, and they are gone."""
    duplicados_sii: int
    folios_repetidos: int
    """Two sales were answered with one folio."""
    sin_terminar: int
    """Neither a verdict nor a person who is told what to do."""


async def play_ensayo(r: Rehearsal, nombre: str, ensayo: Ensayo, ventas: Sequence[Venta]) -> Jugada:
    """A fresh company sells while the sandbox plays; SinTerminar if that does not settle."""
    company = await r.found(len(ventas))
    await r.play(ensayo.escenario)
    reloj = Reloj()
    async with _noting_strikes(r, reloj):
        await r.sell(company, ventas, nombre)
        await r.until_sent(company, PATIENCE)
        if not ensayo.escenario.get("averias"):
            reloj.mark()  # slowness and verdicts have no end of their own: they have done their part
        if ensayo.luego is not None:
            await r.play(ensayo.luego)
            reloj.mark()
            await r.store.envios.hurry(now())
        await r.until_settled(company, PATIENCE, longest=LONGEST)
    return Jugada(company, reloj.fin, time.monotonic())


@asynccontextmanager
async def _noting_strikes(r: Rehearsal, reloj: Reloj) -> AsyncIterator[None]:
    watching = asyncio.create_task(_note_strikes(r, reloj))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _note_strikes(r: Rehearsal, reloj: Reloj) -> None:
    seen = 0
    while True:
        strikes = await r.count_strikes()
        if strikes > seen:
            reloj.mark()
        seen = strikes
        await asyncio.sleep(_POLL)


async def count_saldo(r: Rehearsal, company: Company) -> Saldo:
    """The company's documents by the books of tills, Posta and SII."""
    answered = Counter(
        documento.id for (terminal, _), documento in r.site.answers.items() if terminal == company.terminal
    )
    dtes = await r.store.inventario.resumenes(company.rut)
    stored = {dte.id for dte in dtes}
    held = Counter(id_at_sii(one) for one in await r.read_sii(company) if one["estado"] in ("aceptado", "reparo"))
    return Saldo(
        documentos=answered.total(),
        perdidos=sum(id_ not in stored for id_ in answered),
        duplicados_sii=held.total() - len(held),
        folios_repetidos=answered.total() - len(answered),
        sin_terminar=sum(not (dte.estado in FINALES or is_parked(dte)) for dte in dtes),
    )


async def find_unexpected(r: Rehearsal, company: Company, ensayo: Ensayo) -> list[str]:
    """What ended otherwise than it has to after this fault: in which states documents of a channel are, and why."""
    dtes = await r.store.inventario.resumenes(company.rut)
    return [line for canal in (Canal.BOLETA, Canal.FACTURA) for line in _compare(canal, _ends_of(dtes, canal), ensayo)]


_Fin = tuple[Estado, str | None]


def _ends_of(dtes: Sequence[Dte], canal: Canal) -> set[_Fin]:
    """In which states the documents of one channel are, and for which cause if they are not simply accepted."""
    return {
        (dte.estado, dte.error_envio.causa if dte.error_envio is not None else None)
        for dte in dtes
        if dte.canal is canal
    }


def _compare(canal: Canal, ends: set[_Fin], ensayo: Ensayo) -> list[str]:
    usual: _Fin = (Estado.ACEPTADO, None)
    if canal not in ensayo.canales:
        expected = {usual}
    elif ensayo.algunos:
        expected = {usual, (ensayo.fin, ensayo.causa)}
    else:
        expected = {(ensayo.fin, ensayo.causa)}
    wrong = [f"{canal}: documentos terminaron en {_show(end)}" for end in sorted(ends - expected, key=str)]
    missed = ensayo.algunos and canal in ensayo.canales and (ensayo.fin, ensayo.causa) not in ends
    return [*wrong, f"{canal}: ninguno terminó en {_show((ensayo.fin, ensayo.causa))}"] if missed else wrong


def _show(fin: _Fin) -> str:
    estado, causa = fin
    return f"{estado} ({causa})" if causa else str(estado)

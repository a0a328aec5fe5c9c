"""Invariants 1 and 2: each folio of every range is free, reserved, voided, or used by one stored document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.local.drill.invariantes import Hallazgo, Invariante, broken
from shared.adapters.mongo.folio_records import CafGuardado
from shared.adapters.mongo.inventario import Folio, Momento
from shared.messages import dte_id


@dataclass(frozen=True, slots=True)
class Cuenta:
    """How the folios of all ranges stand."""

    libres: int
    reservados: int
    usados: int
    anulados: int = 0


def count_folios(momento: Momento) -> Cuenta:
    return Cuenta(
        libres=sum(caf.disponibles for caf in momento.cafs),
        reservados=sum(caf.reservados for caf in momento.cafs),
        usados=len(set(momento.usados)),
        anulados=sum(tramo.cuantos for caf in momento.cafs for tramo in caf.anulados),
    )


def judge_folios(momento: Momento) -> Iterator[Hallazgo]:
    """What is wrong with the folios of documents and ranges. Those that are reserved may be."""
    used = Counter(momento.usados)
    yield from broken(
        Invariante.FOLIO_REPETIDO, (f"{dte_id(*folio)} se usó {n} veces" for folio, n in used.items() if n > 1)
    )
    authorised: set[Folio] = set()
    for caf in momento.cafs:
        authorised.update((caf.emisor, caf.tipo, folio) for folio in range(caf.desde, caf.hasta + 1))
        yield from _judge_caf(caf, used)
    yield from broken(
        Invariante.FOLIO_PERDIDO, (f"{dte_id(*folio)} no es de ningún CAF" for folio in used.keys() - authorised)
    )
    yield from broken(
        Invariante.FOLIO_PERDIDO, (f"{caf}: no dice bien si le quedan folios" for caf in momento.mal_marcados)
    )


def _judge_caf(caf: CafGuardado, used: Counter[Folio]) -> Iterator[Hallazgo]:
    free = [*caf.libres, *(folio for tramo in caf.nuevos for folio in tramo.folios)]
    reserved = [folio for reserva in caf.reservas for folio in reserva.folios]
    voided = [folio for tramo in caf.anulados for folio in tramo.folios]
    accounted = Counter([*free, *reserved, *voided])
    unusable = {*free, *voided}
    yield from broken(
        Invariante.FOLIO_REPETIDO,
        (f"{caf.id}: el folio {folio} está {n} veces en su libro" for folio, n in accounted.items() if n > 1),
    )
    for folio in range(caf.desde, caf.hasta + 1):
        is_used = used[caf.emisor, caf.tipo, folio] > 0
        if is_used and folio in unusable:
            yield Hallazgo(Invariante.FOLIO_REPETIDO, f"{caf.id}: el folio {folio} se usó, y figura libre o anulado")
        elif not is_used and folio not in accounted:
            yield Hallazgo(Invariante.FOLIO_PERDIDO, f"{caf.id}: el folio {folio} no está en ninguna parte")

"""The books compared in full: the counters with the documents, and the documents with the ledger of folios.

For a person who asks, never for the panel: it reads every document, or every folio of the ranges that do not agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.adapters.mongo.conteo_records import Casilla
from shared.adapters.mongo.folio_records import CafGuardado
from shared.dte.tipos import TipoDte

if TYPE_CHECKING:
    from shared.adapters.mongo import Store

_INTENTOS = 5
_PASO = 20_000
_NOMBRADOS = 50
"""Folios that are named of each range; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Diferencia:
    """One counter that is wrong, with folios of documents that stand there."""

    casilla: Casilla
    contados: int
    hay: int
    folios: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Descuadre:
    """Folios of one range in which ledger and documents do not agree."""

    caf: str
    emisor: str
    tipo: int
    faltan: int
    sobran: int
    sin_documento: tuple[int, ...]
    """Used according to the ledger, and in no document; the first ones."""
    sin_entregar: tuple[int, ...]
    """In a document, and not handed out by the ledger; the first ones."""


@dataclass(frozen=True, slots=True)
class Informe:
    """What a full comparison found; nothing, when all books agree."""

    documentos: int
    conteos: tuple[Diferencia, ...]
    folios: tuple[Descuadre, ...]

    @property
    def cuadra(self) -> bool:
        return not self.conteos and not self.folios


async def compare_conteos(store: Store) -> tuple[int, list[Diferencia]]:
    """Documents in all, and every counter that is not what adding up gives for the moment up to which it counts.

    Looked at several times before anything is called wrong: a moment can have more than one change.
    """
    hay: Counter[Casilla] = Counter()
    contados: Counter[Casilla] = Counter()
    for _ in range(_INTENTOS):
        posicion, contados = await store.conteos.casillas()
        hay = await store.conteos.suma.casillas(await store.conteos.suma.readable(posicion.contado))
        if contados == hay:
            break
    wrong = sorted(casilla for casilla in contados.keys() | hay.keys() if contados[casilla] != hay[casilla])
    return hay.total(), [
        Diferencia(casilla, contados[casilla], hay[casilla], await store.conteos.suma.folios(casilla, _NOMBRADOS))
        for casilla in wrong
    ]


async def find_descuadres(store: Store, pares: Collection[tuple[str, int]] | None = None) -> list[Descuadre]:
    """The ranges in which a folio lacks its document or a document its folio; of these companies and types, or all."""
    cafs = [caf for caf in await store.folios.list() if pares is None or (caf.emisor, int(caf.tipo)) in pares]
    found = [await _compare(store, caf) for caf in cafs]
    return [descuadre for descuadre in found if descuadre.faltan or descuadre.sobran]


async def _compare(store: Store, caf: CafGuardado) -> Descuadre:
    sin_documento: list[int] = []
    sin_entregar: list[int] = []
    reserved = {folio for reserva in caf.reservas for folio in reserva.folios}
    for desde, hasta in _stretches(caf):
        used = await store.usados.between(caf.emisor, TipoDte(caf.tipo), desde, hasta)
        given = _handed_out(caf, desde, hasta)
        sin_documento += sorted(given - reserved - used)
        sin_entregar += sorted(used - given)
    return Descuadre(
        caf=caf.id,
        emisor=caf.emisor,
        tipo=int(caf.tipo),
        faltan=len(sin_documento),
        sobran=len(sin_entregar),
        sin_documento=tuple(sin_documento[:_NOMBRADOS]),
        sin_entregar=tuple(sin_entregar[:_NOMBRADOS]),
    )


def _stretches(caf: CafGuardado) -> Iterator[tuple[int, int]]:
    for desde in range(caf.desde, caf.hasta + 1, _PASO):
        yield desde, min(caf.hasta, desde + _PASO - 1)


def _handed_out(caf: CafGuardado, desde: int, hasta: int) -> set[int]:
    """Folios of this stretch that are not free and not voided."""
    given = set(range(desde, hasta + 1)).difference(caf.libres)
    for tramo in (*caf.nuevos, *caf.anulados):
        given -= set(range(max(desde, tramo.desde), min(hasta, tramo.hasta) + 1))
    return given

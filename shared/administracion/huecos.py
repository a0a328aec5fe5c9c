"""What became of every folio of a range: used, reserved, given back, voided; and none of these, which must not be.

The ledger is read first and the documents after it. A document is stored before the ledger calls its folio used, so
whatever the ledger had handed out for good has its document by then, or will never have one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from shared.adapters.mongo.folio_records import CafGuardado, Tramo
from shared.dte.tipos import TipoDte
from shared.errors import Conflict

if TYPE_CHECKING:
    from shared.adapters.mongo import Folios, Usados

_NOMBRADOS = 10
"""Folios that a message names; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One range, folio by folio."""

    caf: CafGuardado
    perdidos: tuple[Tramo, ...]
    """Handed out, and neither reserved, nor given back, nor voided, nor in any document."""
    contradictorios: tuple[Tramo, ...]
    """Voided, and yet in a document."""
    devueltos: tuple[Tramo, ...]
    rechazados: tuple[Tramo, ...]
    """Used up by documents that the SII rejected."""
    vencidos: tuple[Tramo, ...]
    """Free, and never to be used: the range has expired."""

    @property
    def cuadra(self) -> bool:
        return not self.perdidos and not self.contradictorios

    @property
    def consejos(self) -> list[tuple[tuple[Tramo, ...], str]]:
        """What a person does about each kind of folio that asks for it."""
        return [
            (tramos, consejo)
            for tramos, consejo in (
                (self.perdidos, "entregados y en ningún documento; no debería pasar: anúlelos con «posta caf void»"),
                (self.contradictorios, "anulados, y usados por un documento: no los anule en el sitio del SII"),
                (self.vencidos, "el rango venció: anúlelos en el sitio del SII y con «posta caf void»"),
                (self.rechazados, "el SII rechazó su documento: no se usan otra vez; anúlelos en el sitio del SII"),
            )
            if tramos
        ]


class Huecos:
    """Looks for gaps, and explains them by voiding."""

    def __init__(self, folios: Folios, usados: Usados) -> None:
        self._folios = folios
        self._usados = usados

    async def review(self, hoy: date) -> list[Revision]:
        """Every range."""
        return [await self.review_one(caf, hoy) for caf in await self._folios.list()]

    async def void(self, emisor: str, tipo: TipoDte, desde: int, hasta: int, motivo: str) -> CafGuardado:
        """See to it that these folios are never issued; gives their range as it was before.

        All must be free, or lost. Conflict, with nothing changed, when one is not or all are not of one range.
        """
        caf = await self._folios.find(emisor, tipo, desde)
        if caf is None or hasta > caf.hasta:
            raise Conflict(f"los folios {desde} a {hasta} no están en un mismo CAF: véalos con «posta caf list»")
        taken = _taken(caf, await self._usados.between(emisor, tipo, desde, hasta))
        not_free = [f"{folio} {taken[folio]}" for folio in range(desde, hasta + 1) if folio in taken]
        if not_free:
            more = f" y {len(not_free) - _NOMBRADOS} más" if len(not_free) > _NOMBRADOS else ""
            raise Conflict(f"sólo se anulan folios sin usar: {', '.join(not_free[:_NOMBRADOS])}{more}")
        if not await self._folios.void(caf, desde, hasta, motivo):
            raise Conflict("mientras tanto se tomó alguno de esos folios: repita el comando")
        return caf

    async def review_one(self, caf: CafGuardado, hoy: date) -> Revision:
        """One range, read from the ledger before."""
        used = await self._usados.between(caf.emisor, caf.tipo, caf.desde, caf.hasta)
        rejected = await self._usados.rejected(caf.emisor, caf.tipo)
        voided = {folio for tramo in caf.anulados for folio in tramo.folios}
        explained = {*used, *voided, *caf.libres, *_reserved(caf)}
        expired = caf.vence is not None and caf.vence < hoy
        return Revision(
            caf=caf,
            perdidos=join(folio for folio in range(caf.desde, caf.siguiente) if folio not in explained),
            contradictorios=join(used & voided),
            devueltos=join(caf.libres),
            rechazados=join(folio for folio in rejected if caf.desde <= folio <= caf.hasta),
            vencidos=(*join(caf.libres), *caf.nuevos) if expired else (),
        )


def join(folios: Iterable[int]) -> tuple[Tramo, ...]:
    """The same folios as stretches, in order."""
    return tuple(_join(sorted(folios)))


def _join(folios: Collection[int]) -> Iterator[Tramo]:
    desde = anterior = None
    for folio in folios:
        if desde is None or anterior is None:
            desde = folio
        elif folio != anterior + 1:
            yield Tramo(desde, anterior)
            desde = folio
        anterior = folio
    if desde is not None and anterior is not None:
        yield Tramo(desde, anterior)


def _reserved(caf: CafGuardado) -> set[int]:
    return {folio for reserva in caf.reservas for folio in reserva.folios}


def _taken(caf: CafGuardado, used: Collection[int]) -> dict[int, str]:
    """Why each of these folios cannot be voided."""
    voided = (folio for tramo in caf.anulados for folio in tramo.folios)
    return {
        **dict.fromkeys(_reserved(caf), "está reservado (repita en un minuto)"),
        **dict.fromkeys(voided, "ya está anulado"),
        **dict.fromkeys(used, "está en un documento"),
    }

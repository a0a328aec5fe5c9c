"""The folios that this process has in hand: reserved in blocks, dealt out piece by piece. Pure; it asks nobody.

One sale after another would pay for a reservation and a settlement each, which is half of what it costs. So while sales
keep coming a block is reserved; what is left of it goes back to its range within seconds, and a lone till takes one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.adapters.mongo.folio_records import Reserva
    from shared.dte.existencias import Destino

OCIO = timedelta(seconds=2)
"""A block that nobody has taken from for so long goes back: others may need its folios."""
VIDA = timedelta(seconds=30)
"""So does one that is older than this: at midnight its range may expire."""
BLOQUE = 20
"""Folios reserved at least, while sales keep coming."""


@dataclass(slots=True)
class _Bloque:
    """One reservation on record: its folios are free here, in use by sales, or decided."""

    reserva: Reserva
    destino: Destino
    momento: datetime
    tomado: datetime
    """When a sale took of it last."""
    libres: deque[int] = field(default_factory=deque)
    en_uso: int = 0
    dudoso: bool = False

    def is_fresh(self, ahora: datetime) -> bool:
        return ahora - self.tomado < OCIO and ahora - self.momento < VIDA

    def is_over(self, ahora: datetime) -> bool:
        return not self.en_uso and not (self.libres and self.is_fresh(ahora))


class Provision:
    """Blocks by the id of their reservation; iterating gives those ids."""

    def __init__(self) -> None:
        self._bloques: dict[str, _Bloque] = {}
        self._ultimo: dict[Destino, datetime] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._bloques)

    def count_wanted(self, destino: Destino, faltan: int, ahora: datetime) -> int:
        """How many folios to reserve when `faltan` are needed: a block, if there was a need a moment ago."""
        ultimo = self._ultimo.get(destino)
        return max(faltan, BLOQUE) if ultimo is not None and ahora - ultimo < OCIO else faltan

    def add(self, destino: Destino, reserva: Reserva, ahora: datetime) -> None:
        """A reservation that has just been made."""
        self._ultimo[destino] = ahora
        self._bloques[reserva.id] = _Bloque(reserva, destino, ahora, ahora, deque(reserva.folios))

    def deal(self, destino: Destino, cuantos: int, ahora: datetime) -> list[Reserva]:
        """Up to `cuantos` folios in hand, as pieces of their reservations: each comes back by `settle` or `doubt`."""
        piezas = []
        for bloque in self._bloques.values():
            if bloque.destino == destino and not bloque.dudoso and bloque.is_fresh(ahora):
                folios = tuple(bloque.libres.popleft() for _ in range(min(cuantos, len(bloque.libres))))
                if folios:
                    piezas.append(replace(bloque.reserva, folios=folios))
                    bloque.en_uso += len(folios)
                    bloque.tomado = ahora
                    cuantos -= len(folios)
        return piezas

    def settle(self, pieza: Reserva, unused: Collection[int]) -> None:
        """A piece is decided: stored documents have its folios, except `unused`, which are free here again."""
        bloque = self._bloques[pieza.id]
        bloque.libres.extendleft(sorted(unused, reverse=True))
        self._give_up(bloque, pieza)

    def doubt(self, pieza: Reserva) -> None:
        """A piece whose folios may or may not be used: its block is dealt from no more."""
        bloque = self._bloques[pieza.id]
        bloque.dudoso = True
        self._give_up(bloque, pieza)

    def has_leftovers(self, ahora: datetime) -> bool:
        """Whether folios in hand are waiting to go back."""
        return any(bloque.libres and bloque.is_over(ahora) for bloque in self._bloques.values())

    def drain(self, ahora: datetime) -> list[tuple[Reserva, Collection[int]]]:
        """Take out the blocks that are over, each with its unused folios."""
        over = [bloque for bloque in self._bloques.values() if bloque.is_over(ahora)]
        for bloque in over:
            del self._bloques[bloque.reserva.id]
        return [(bloque.reserva, tuple(bloque.libres)) for bloque in over]

    def _give_up(self, bloque: _Bloque, pieza: Reserva) -> None:
        bloque.en_uso -= len(pieza.folios)
        if bloque.dudoso and not bloque.en_uso:
            del self._bloques[bloque.reserva.id]

"""The companies and stores that there are, for searches: read again when old, or when a name is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING

from services.monitor.busqueda.consulta import CODIGO, Consulta
from services.monitor.busqueda.terminos import fold, quote
from shared.clock import Clock
from shared.errors import Falla, Invalid

if TYPE_CHECKING:
    from shared.adapters.mongo import Store

VIGENCIA = timedelta(seconds=30)
_SUGERIDAS = 8


@dataclass(frozen=True, slots=True)
class Palabras:
    """Companies, each with the names of its stores, as they were at a moment."""

    momento: datetime
    tiendas: Mapping[str, tuple[str, ...]]

    @property
    def emisores(self) -> list[str]:
        return list(self.tiendas)

    def names(self, emisores: Iterable[str] = ()) -> list[str]:
        """The stores of these companies, or of all."""
        chosen = tuple(emisores) or self.emisores
        return sorted({nombre for emisor in chosen for nombre in self.tiendas.get(emisor, ())})


class Vocabulario:
    """One process's memory of them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: Palabras | None = None

    async def palabras(self) -> Palabras:
        """What is known, at most half a minute old."""
        if self._known is None or self._clock() - self._known.momento > VIGENCIA:
            return await self._read()
        return self._known

    async def find_tiendas(self, consulta: Consulta) -> tuple[str, ...]:
        """The stores that a query names, as they are stored. Invalid names what is nearest to one that is not there."""
        criterio = consulta.criterio
        try:
            return match_tiendas(criterio.tiendas, (await self.palabras()).names(criterio.emisores))
        except Invalid:  # perhaps it has opened in this half minute
            return match_tiendas(criterio.tiendas, (await self._read()).names(criterio.emisores))

    async def _read(self) -> Palabras:
        momento, tiendas = self._clock(), {}
        for emisor in await self._store.busqueda.emisores():
            tiendas[emisor] = tuple(await self._store.busqueda.tiendas(emisor))
        self._known = Palabras(momento, tiendas)
        return self._known


def match_tiendas(typed: Iterable[str], known: list[str]) -> tuple[str, ...]:
    """All stores that are called so, whatever the accents and capitals. Invalid names those that there are not."""
    by_word: dict[str, list[str]] = {}
    for nombre in known:
        by_word.setdefault(fold(nombre), []).append(nombre)
    typed = tuple(typed)
    fallas = [_unknown(nombre, by_word) for nombre in typed if fold(nombre) not in by_word]
    if fallas:
        raise Invalid(*fallas)
    return tuple(dict.fromkeys(nombre for one in typed for nombre in by_word[fold(one)]))


def _unknown(nombre: str, by_word: Mapping[str, list[str]]) -> Falla:
    word = fold(nombre)
    near = [one for one in by_word if word in one] or get_close_matches(word, by_word, n=_SUGERIDAS)
    names = [quote(by_word[one][0]) for one in (near or list(by_word))[:_SUGERIDAS]]
    remedio = f"¿quiso decir tienda:{names[0]}?" if near else f"las que hay son {', '.join(names) or 'ninguna'}"
    return Falla(f"tienda:{quote(nombre)}", CODIGO, f"no hay una tienda «{nombre}»: {remedio}")

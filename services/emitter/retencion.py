"""Holds back what must not go to the SII yet, and lets it go: a send for later, a note on a document under way.

A note (56, 61, 111, 112) on one of our own documents is of no use to the SII before it has that document: it would be
refused for a reference to something unknown. So it waits for the acceptance; after a rejection it waits for a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from services.emitter.taller import Lista
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.tipos import NOTAS, TipoDte
from shared.log import get_logger
from shared.messages import ErrorEnvio, Referencia

if TYPE_CHECKING:
    from shared.adapters.mongo import Documents, Moves, Retenidos
    from shared.adapters.mongo.retenidos import Espera

log = get_logger("posta.emitter")

VALIDOS = frozenset({Estado.ACEPTADO, Estado.REPARO})
"""States in which the SII knows a document, and a note on it may go."""
_LOTE = 500


def find_corregidos(tipo: TipoDte, referencias: Sequence[Referencia]) -> tuple[str, ...]:
    """The documents of its company that a note corrects, by id, whether or not they are ours; none for other types."""
    if tipo not in NOTAS:
        return ()
    return tuple(dict.fromkeys(referencia.dte for referencia in referencias if referencia.codigo is not None))


async def find_esperas(listas: Sequence[Lista], documents: Documents) -> list[Lista]:
    """The sales, each with the documents that it has to wait for: ours, corrected by it, and not accepted yet."""
    corregidos = [find_corregidos(lista.venta.Encabezado.IdDoc.TipoDTE, lista.referencias) for lista in listas]
    estados = await documents.estados_of({id_ for ids in corregidos for id_ in ids})
    return [
        replace(lista, espera_a=tuple(id_ for id_ in ids if id_ in estados and estados[id_] not in VALIDOS))
        for lista, ids in zip(listas, corregidos, strict=True)
    ]


class Liberacion:
    """Looks again and again for what may go. Any number of emitters may do it: each document is let go once."""

    def __init__(self, retenidos: Retenidos, moves: Moves, released: asyncio.Event) -> None:
        """`released` is set whenever something new is in the outbox."""
        self._retenidos = retenidos
        self._moves = moves
        self._released = released
        self._after = ""

    async def step(self) -> bool:
        """Let go, or park, the next ones; True if there are probably more whose time has come.

        Those that wait for others are looked at a page at a time, so that a long outage costs no more than a short one.
        """
        due = await self._retenidos.release_due(_LOTE)
        page = await self._retenidos.waiting(_LOTE, after=self._after)
        self._after = page[-1].id if len(page) == _LOTE else ""
        free = [espera.id for espera in page if VALIDOS.issuperset(espera.estados.values())]
        freed = await self._retenidos.release_waiting(free) if free else 0
        for espera in page:
            await self._park(espera)
        if due or freed:
            self._released.set()
            log.info("documentos_liberados", por_hora=due, por_referencia=freed)
        return due == _LOTE

    async def _park(self, espera: Espera) -> None:
        """generado → pendiente, if a document that this one corrects will never be the SII's."""
        refused = next((id_ for id_, estado in espera.estados.items() if estado is Estado.RECHAZADO), None)
        if refused is not None:
            causa = Causa.REFERENCIA
            error = ErrorEnvio(causa=causa, glosa=f"El SII rechazó {refused}.", remedio=causa.remedio)
            await self._moves.park_waiting(espera.id, error)
            self._released.set()

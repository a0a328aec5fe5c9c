"""Sends parked documents again: the seed's "Reenviar" and "Reenviar pendientes"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from shared.messages import Dte, ErrorEnvio

if TYPE_CHECKING:
    from shared.adapters.mongo import Documents, Moves
    from shared.adapters.rabbit import DeadLetters


@dataclass(frozen=True, slots=True)
class GrupoCausa:
    """Documents parked for one cause, the longest first."""

    error: ErrorEnvio
    documentos: tuple[Dte, ...]

    @property
    def primero(self) -> datetime:
        return self.documentos[0].cambiado

    @property
    def ultimo(self) -> datetime:
        return self.documentos[-1].cambiado


class Replay:
    """What is parked, and putting it to work again. The bytes that go out are the stored ones, always."""

    def __init__(self, documents: Documents, moves: Moves, dead_letters: DeadLetters) -> None:
        self._documents = documents
        self._moves = moves
        self._dead_letters = dead_letters

    async def list_parked(self) -> list[GrupoCausa]:
        """Everything that waits for a person, grouped by cause, the largest group first."""
        groups: defaultdict[str, list[Dte]] = defaultdict(list)
        for dte in await self._documents.all_parked():
            groups[dte.error_envio.causa if dte.error_envio else ""].append(dte)
        found = [
            GrupoCausa(dtes[-1].error_envio or ErrorEnvio(causa=causa), tuple(dtes)) for causa, dtes in groups.items()
        ]
        return sorted(found, key=lambda group: -len(group.documentos))

    async def replay(self, ids: Collection[str] | None) -> list[str]:
        """Send these documents again (None: all that are parked); gives the ids of those that were parked.

        The set is taken once, before the first moves. Their messages then leave the dead-letter queue; if we die in
        between, the next replay takes them out.
        """
        parked = [dte.id for dte in await self._documents.all_parked(ids)]
        if parked:
            await self._moves.requeue(parked)
            await self._dead_letters.sweep(self._documents.still_parked)
        return parked

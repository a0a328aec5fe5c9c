"""A pause: somebody has said that nothing of a channel, or of a company, goes to the SII for now."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from shared.messages.record import Record


class ClasePausa(StrEnum):
    """What is paused."""

    CANAL = "canal"
    EMISOR = "emisor"


class Pausa(Record):
    """One pause that is in force. While it is, nothing of `objeto` is uploaded; who was answered is asked about."""

    clase: ClasePausa
    objeto: str
    """A channel's word, or a company's RUT."""
    motivo: str
    quien: str
    """As the audit names whoever paused it."""
    desde: datetime

    @property
    def id(self) -> str:
        return pausa_id(self.clase, self.objeto)

    @property
    def nombre(self) -> str:
        """What is paused, in Spanish."""
        return f"{'el canal' if self.clase is ClasePausa.CANAL else 'la empresa'} {self.objeto}"


def pausa_id(clase: ClasePausa, objeto: str) -> str:
    """The name of a pause: each thing is paused once or not at all."""
    return f"{clase}:{objeto}"

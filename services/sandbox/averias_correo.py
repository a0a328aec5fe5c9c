"""How the customer's mail server, which the sandbox plays too, misbehaves."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class MomentoCorreo(StrEnum):
    """Where in the conversation a fault strikes."""

    ANTES = "antes"
    """At the address: nothing was taken."""
    DATOS = "datos"
    """After the whole mail has come: it is not taken."""
    DESPUES = "despues"
    """After it was taken; the sender is not told."""


class _AveriaCorreo(BaseModel):
    """How often it strikes (`tasa` of the mails) and how many times at most (`veces`; null: no end)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tasa: float = Field(default=1, ge=0, le=1)
    veces: int | None = Field(default=None, ge=1)


class Rechaza(_AveriaCorreo):
    """Refused with this code: 4xx for now, 5xx for ever."""

    clase: Literal["rechaza"]
    codigo: int = Field(default=550, ge=400, le=599)
    momento: Literal[MomentoCorreo.ANTES, MomentoCorreo.DATOS] = MomentoCorreo.ANTES


class CorteCorreo(_AveriaCorreo):
    """The connection is cut."""

    clase: Literal["corte"]
    momento: Literal[MomentoCorreo.ANTES, MomentoCorreo.DESPUES] = MomentoCorreo.DESPUES


class Lento(_AveriaCorreo):
    """The mail is taken, and the answer comes so much later."""

    clase: Literal["lento"]
    segundos: float = Field(default=60, gt=0, le=3600)


AveriaCorreo = Annotated[Rechaza | CorteCorreo | Lento, Field(discriminator="clase")]

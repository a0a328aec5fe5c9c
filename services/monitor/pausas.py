"""What is paused, as the screens tell it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.monitor.formato import format_rut
from shared.dte.estado import ENVIABLES
from shared.dte.tipos import Canal
from shared.messages import ClasePausa, Dte, Pausa

DETENIDOS_MAX = 10_000
"""Documents of a company are counted no further: the count has to cost nothing."""


class PausaVista(BaseModel):
    """One pause in force."""

    model_config = ConfigDict(frozen=True)

    clase: ClasePausa
    objeto: str
    motivo: str
    quien: str
    """Who paused it, without from where."""
    desde: datetime

    @property
    def nombre(self) -> str:
        """What is paused, as a sentence begins."""
        return f"Canal {self.objeto}" if self.clase is ClasePausa.CANAL else f"Empresa {format_rut(self.objeto)}"


def describe_pausa(pausa: Pausa) -> PausaVista:
    fields = pausa.model_dump(include={"clase", "objeto", "motivo", "desde"})
    return PausaVista(**fields, quien=pausa.quien.partition("@")[0])


def channels_of(pausas: Iterable[PausaVista]) -> Mapping[Canal, PausaVista]:
    """The pauses of channels, by channel."""
    return {Canal(pausa.objeto): pausa for pausa in pausas if pausa.clase is ClasePausa.CANAL}


def companies_of(pausas: Iterable[PausaVista]) -> Mapping[str, PausaVista]:
    """The pauses of companies, by RUT."""
    return {pausa.objeto: pausa for pausa in pausas if pausa.clase is ClasePausa.EMISOR}


def pausas_of(pausas: Iterable[Pausa], rut: str, canales: Collection[Canal]) -> list[PausaVista]:
    """Those that keep documents of a company from the SII, which goes there through `canales`: its own comes first."""
    seen = [describe_pausa(pausa) for pausa in pausas if pausa.objeto in (rut, *canales)]
    return sorted(seen, key=lambda pausa: pausa.clase is ClasePausa.CANAL)


def find_pausa(dte: Dte, pausas: Iterable[Pausa]) -> Pausa | None:
    """The pause that keeps this document from being uploaded; None if nothing does, or it has been already."""
    if dte.estado not in ENVIABLES:
        return None
    return next((pausa for pausa in pausas if pausa.objeto in (dte.emisor, dte.canal)), None)

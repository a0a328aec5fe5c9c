"""What somebody asks a replay for, as forms, queries and JSON bring it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.monitor.numeros import Numero
from services.monitor.replay import RITMO, RITMO_MAX, Pedido
from shared.adapters.mongo.parados import FiltroParados
from shared.clock import CHILE
from shared.dte.tipos import Canal, TipoDte

_FECHA = re.compile(r"\d{4}-\d{2}-")


def _no_number(given: object) -> object:
    """A time is written out: the library would take a bare number for seconds since 1970."""
    if isinstance(given, int | float) or (isinstance(given, str) and not _FECHA.match(given)):
        raise ValueError("se espera una fecha y hora, como 2026-11-24T14:30")
    return given


def _in_chile(momento: datetime) -> datetime:
    """A time without a zone is one on a Chilean wall clock, as people write it."""
    return momento if momento.tzinfo else momento.replace(tzinfo=CHILE)


Momento = Annotated[datetime, BeforeValidator(_no_number), AfterValidator(_in_chile)]


class Filtro(BaseModel):
    """Qué documentos, de los que esperan a una persona."""

    model_config = ConfigDict(extra="forbid")

    causa: str | None = Field(default=None, max_length=40)
    emisor: str | None = Field(default=None, max_length=12)
    tipo: TipoDte | None = None
    canal: Canal | None = None
    desde: Momento | None = Field(default=None, description="Los que esperan desde este momento o después")
    hasta: Momento | None = Field(default=None, description="Los que esperan desde antes de este momento")

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, given: Any) -> Any:
        """A form sends the fields that nobody filled in as empty texts."""
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, Mapping) else given

    @property
    def filtro(self) -> FiltroParados:
        return FiltroParados(**{name: getattr(self, name) for name in Filtro.model_fields})


class Seleccion(Filtro):
    """Qué documentos, por su nombre, por filtro, o todos."""

    ids: list[str] | None = Field(default=None, min_length=1, max_length=10_000)
    todo: bool = Field(default=False, description="Todo lo que espera: si no hay ids ni filtro")

    @property
    def filtro(self) -> FiltroParados:
        return replace(super().filtro, ids=self.ids)

    @property
    def pedido(self) -> Pedido:
        return Pedido(self.filtro, todo=self.todo)


class Reenvio(Seleccion):
    """Qué se reenvía y cómo."""

    ritmo: Numero = Field(default=RITMO, gt=0, le=RITMO_MAX, description="Documentos por segundo")
    canario: bool = Field(default=True, description="Primero uno, después diez; se detiene si la causa vuelve")
    motivo: str = Field(default="", max_length=200, description="Queda en la auditoría")

    @property
    def pedido(self) -> Pedido:
        return Pedido(self.filtro, todo=self.todo, ritmo=self.ritmo, canario=self.canario)


class Nota(BaseModel):
    """Lo que se anota junto a una causa."""

    model_config = ConfigDict(extra="forbid")

    texto: str = Field(max_length=500)

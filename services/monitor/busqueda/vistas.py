"""Searches that have a name: those that everybody has, and each person's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.adapters.mongo.vistas import VistaPropia
from shared.clock import Clock
from shared.errors import Invalid

if TYPE_CHECKING:
    from shared.adapters.mongo import Store

VISTAS_MAX = 30
"""Of one account."""


@dataclass(frozen=True, slots=True)
class Vista:
    nombre: str
    q: str


PREDEFINIDAS = (
    Vista("Todos", ""),
    Vista("Pendientes", "estado:pendiente"),
    Vista("Apartados", "espera:persona"),
    Vista("Rechazados hoy", "estado:rechazado fecha:hoy"),
    Vista("Inciertos", "estado:incierto"),
    Vista("Por vencer plazo", "plazo:por_vencer"),
)
"""What operators ask for every day."""


class Vistero:
    """The searches that people keep. Invalid names what is wrong with a name."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._vistas = store.vistas
        self._clock = clock

    async def of(self, cuenta: str) -> list[VistaPropia]:
        return await self._vistas.of(cuenta)

    async def save(self, cuenta: str, nombre: str, q: str) -> None:
        """Keep `q` under a name; what had the name before is gone."""
        nombre = nombre.strip()
        if not nombre or not nombre.isprintable():
            raise Invalid.one("nombre", "POSTA-MON-21", "póngale un nombre a la búsqueda")
        if not q.strip():
            raise Invalid.one("q", "POSTA-MON-22", "no hay ninguna búsqueda que guardar: escriba una")
        own = {vista.nombre for vista in await self._vistas.of(cuenta)}
        if len(own | {nombre}) > VISTAS_MAX:
            raise Invalid.one("nombre", "POSTA-MON-23", f"ya tiene {VISTAS_MAX} vistas: quite alguna")
        await self._vistas.save(cuenta, VistaPropia(nombre=nombre, q=q.strip(), creada=self._clock()))

    async def remove(self, cuenta: str, nombre: str) -> None:
        """It is gone; Invalid if there was none."""
        if not await self._vistas.remove(cuenta, nombre):
            raise Invalid.one("nombre", "POSTA-MON-24", f"no hay una vista «{nombre}»")

"""Which documents are asked for, as a value: what the search of the screens means, before it is a query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.adapters.mongo.client import Json
from shared.adapters.mongo.plazos import types_of
from shared.dte.estado import Estado
from shared.dte.tipos import CanalSii, TipoDte

NO_ENTREGADOS = (Estado.GENERADO, Estado.ENVIANDO, Estado.INCIERTO, Estado.PENDIENTE)
"""States of a document that the SII may not have yet."""


@dataclass(frozen=True, slots=True)
class Criterio:
    """All of these hold at once; the values of one field are alternatives, and an empty one asks for nothing."""

    emisores: tuple[str, ...] = ()
    tipos: tuple[TipoDte, ...] = ()
    estados: tuple[Estado, ...] = ()
    tiendas: tuple[str, ...] = ()
    """Exactly as they are stored."""
    cajas: tuple[str, ...] = ()
    receptores: tuple[str, ...] = ()
    causas: tuple[str, ...] = ()
    folios: tuple[tuple[int, int], ...] = ()
    """From the first to the last of them."""
    desde: datetime | None = None
    """Issued at this moment or later."""
    hasta: datetime | None = None
    """Issued before this moment."""
    apartado: bool = False
    """Only those that wait for a person."""
    limites: tuple[tuple[CanalSii, datetime], ...] = ()
    """Not at the SII yet, not held back, and issued at this moment or before: boletas, and all others."""
    ids: tuple[str, ...] | None = None
    """None asks for nothing; an empty tuple is fulfilled by no document."""

    @property
    def estados_posibles(self) -> tuple[Estado, ...]:
        """The states that a document may be in; empty for any."""
        asked = self.estados
        if self.limites:
            asked = tuple(estado for estado in NO_ENTREGADOS if estado in (asked or NO_ENTREGADOS))
        if self.apartado:
            asked = tuple(estado for estado in (Estado.PENDIENTE,) if estado in (asked or (Estado.PENDIENTE,)))
        return asked

    @property
    def nothing_can_match(self) -> bool:
        """Whether it contradicts itself: no document is asked for."""
        states_clash = bool(self.estados or self.limites or self.apartado) and not self.estados_posibles
        return self.ids == () or states_clash

    @property
    def residual(self) -> dict[str, Json]:
        """The condition on each field that is asked for, but for `ids` and for the times of issue."""
        plain: dict[str, tuple[Any, ...]] = {
            "emisor": self.emisores,
            "tipo": self.tipos,
            "estado": self.estados_posibles,
            "tienda": self.tiendas,
            "caja": self.cajas,
            "receptor": self.receptores,
            "error_envio.causa": self.causas,
        }
        given: dict[str, Json] = {name: {name: {"$in": list(values)}} for name, values in plain.items() if values}
        if self.folios:
            given["folio"] = _folios(self.folios)
        if self.apartado:
            given["proximo_intento"] = {"proximo_intento": None}
        if self.limites:
            given["plazo"] = _late(self.limites)
        return given

    @property
    def creado(self) -> Json:
        """The condition on the time of issue."""
        bounds = {"$gte": self.desde, "$lt": self.hasta}
        given = {operator: moment for operator, moment in bounds.items() if moment is not None}
        return {"creado": given} if given else {}

    def narrowed(self, ids: tuple[str, ...]) -> Criterio:
        """The same, of these documents only."""
        both = dict.fromkeys(ids if self.ids is None else (id_ for id_ in self.ids if id_ in set(ids)))
        return replace(self, ids=tuple(both))


TODOS = Criterio()
"""Every document."""


def _folios(tramos: tuple[tuple[int, int], ...]) -> Json:
    if all(first == last for first, last in tramos):
        return {"folio": {"$in": [first for first, _ in tramos]}}
    ((first, last),) = tramos  # whoever makes a criterion gives single folios, or one range
    return {"folio": {"$gte": first, "$lte": last}}


def _late(limites: tuple[tuple[CanalSii, datetime], ...]) -> Json:
    return {
        "enviar_desde": {"$exists": False},
        "espera_a": {"$exists": False},
        "$or": [{"tipo": types_of(clase), "creado": {"$lte": hasta}} for clase, hasta in limites],
    }

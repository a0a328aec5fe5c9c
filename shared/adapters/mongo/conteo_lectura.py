"""What the counters say, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from shared.adapters.mongo.client import Json
from shared.adapters.mongo.conteo_records import Paso, Punto
from shared.dte.estado import Estado
from shared.dte.tipos import Canal


@dataclass(frozen=True, slots=True)
class Conteo:
    """Sums of the counters. Everything is counted up to `al_dia`, by the database's clock."""

    al_dia: datetime
    estados: dict[Estado, int]
    """All states are keys."""
    hoy: dict[Estado, int]
    """Of the documents issued today."""
    canales: dict[Canal, dict[Estado, int]] = field(default_factory=dict)
    apartados: dict[str, int] = field(default_factory=dict)
    """Parked for a person, by cause."""
    por_folio: dict[tuple[str, int], int] = field(default_factory=dict)
    """Documents by company and type."""
    puntos: dict[Punto, int] = field(default_factory=dict)


def totals_of(condition: Json) -> list[Json]:
    """Adds the counters up over whatever no figure of the panel is about."""
    place = {name: f"${name}" for name in ("nivel", "emisor", "tipo", "canal", "estado", "causa")}
    return [{"$match": {**condition, "n": {"$ne": 0}}}, {"$group": {"_id": place, "n": {"$sum": "$n"}}}]


def to_conteo(cursor: Json, rows: Iterable[Json], puntos: Iterable[Json]) -> Conteo:
    """The sums; `cursor` says up to when they are."""
    counted = [(row["_id"], row["n"]) for row in rows]
    total = [(place, n) for place, n in counted if place["nivel"] == "total"]
    apartados: Counter[str] = Counter()
    por_folio: Counter[tuple[str, int]] = Counter()
    for place, n in total:
        por_folio[place["emisor"], place["tipo"]] += n
        if place["causa"]:
            apartados[place["causa"]] += n
    return Conteo(
        al_dia=cursor["al_dia"],
        estados=_by_estado(total),
        hoy=_by_estado((place, n) for place, n in counted if place["nivel"] == "dia"),
        canales={canal: _by_estado((p, n) for p, n in total if p["canal"] == canal) for canal in Canal},
        apartados=dict(apartados.most_common()),
        por_folio=dict(por_folio),
        puntos={Punto(Paso(row["paso"]), row["momento"], row["suceso"]): row["n"] for row in puntos},
    )


def _by_estado(counted: Iterable[tuple[Json, int]]) -> dict[Estado, int]:
    sums: Counter[str] = Counter()
    for place, n in counted:
        sums[place["estado"]] += n
    return {estado: sums[estado] for estado in Estado}

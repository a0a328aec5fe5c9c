"""What is done to one record of `cafs`, as expressions that the server computes from the record as it is then.

A record accounts for each of its folios: `nuevos` (runs never handed out), `libres` (given back), `reservas`,
`anulados`; what is in none of them is in a stored document. `quedan` says whether any is free, for the index.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from shared.adapters.mongo.client import Json
from shared.dte.existencias import VENTANA

Expression = dict[str, Any]

_QUEDAN: Json = {"$set": {"quedan": {"$gt": [{"$add": [{"$size": "$libres"}, {"$size": "$nuevos"}]}, 0]}}}
_PRIMERO = {"$first": "$nuevos.desde"}
_ULTIMO = {"$first": "$nuevos.hasta"}
_LARGO = {"$ifNull": [{"$add": [{"$subtract": [_ULTIMO, _PRIMERO]}, 1]}, 0]}

_COUNT_EACH = {"$add": [{"$subtract": ["$$this.hasta", "$$this.desde"]}, 1]}
COUNT_RESERVED: Expression = {"$sum": {"$map": {"input": "$reservas", "in": {"$size": "$$this.folios"}}}}
COUNT_LEFT: Expression = {
    "$add": [{"$size": "$libres"}, {"$sum": {"$map": {"input": "$nuevos", "in": _COUNT_EACH}}}, COUNT_RESERVED]
}
"""Reserved ones, too: emitters hold blocks of which most are not used yet."""
COUNT_USED: Expression = {
    "$subtract": [
        {"$add": [{"$subtract": ["$hasta", "$desde"]}, 1]},
        {"$add": [COUNT_LEFT, {"$sum": {"$map": {"input": "$anulados", "in": _COUNT_EACH}}}]},
    ]
}
"""In stored documents: whatever is not free, reserved or voided."""


def reservation(reserva: str, dueno: str, momento: datetime, cuantos: int) -> list[Json]:
    """Takes folios given back first, then new ones, up to the end of the first run."""
    from_libres = {"$slice": ["$libres", cuantos]}
    new_count = {"$max": [0, {"$min": [{"$subtract": [cuantos, {"$size": "$libres"}]}, _LARGO]}]}
    # $range alone ends at 2**31, and a folio may have ten digits (SiiTypes_v10.xsd, FolioType).
    new: Json = {"$map": {"input": {"$range": [0, new_count]}, "in": {"$add": [_PRIMERO, "$$this"]}}}
    entry = {
        "id": reserva,
        "dueno": dueno,
        "momento": momento,
        "folios": {"$concatArrays": [from_libres, new]},
    }
    return [
        {
            "$set": {
                "reservas": {"$concatArrays": ["$reservas", [entry]]},
                "nuevos": _without_first(new_count),
                "libres": {"$filter": {"input": "$libres", "cond": {"$not": {"$in": ["$$this", from_libres]}}}},
            }
        },
        _QUEDAN,
    ]


def settlement(reserva: str, folios: Sequence[int], unused: Collection[int], hoy: date) -> list[Json]:
    """Closes a reservation: `unused` are free again, the others count as used on `hoy`."""
    others = {"$filter": {"input": "$reservas", "cond": {"$ne": ["$$this.id", reserva]}}}
    fields: Json = {"reservas": others, "libres": {"$concatArrays": ["$libres", sorted(unused)]}}
    if len(folios) > len(unused):
        fields["usos"] = _with_use(len(folios) - len(unused), hoy)
    return [{"$set": fields}, _QUEDAN]


def voiding(desde: int, hasta: int, motivo: str, momento: datetime) -> list[Json]:
    """Takes `desde` to `hasta` out of what is free, and writes down why."""
    outside = {"$filter": {"input": "$libres", "cond": {"$not": _between("$$this", desde, hasta)}}}
    before = {"desde": "$$this.desde", "hasta": {"$min": ["$$this.hasta", desde - 1]}}
    after = {"desde": {"$max": ["$$this.desde", hasta + 1]}, "hasta": "$$this.hasta"}
    pieces = {"$filter": {"input": [before, after], "as": "p", "cond": {"$lte": ["$$p.desde", "$$p.hasta"]}}}
    cut = {"$reduce": {"input": "$nuevos", "initialValue": [], "in": {"$concatArrays": ["$$value", pieces]}}}
    entry = {"desde": desde, "hasta": hasta, "motivo": {"$literal": motivo}, "momento": momento}
    return [
        {"$set": {"libres": outside, "nuevos": cut, "anulados": {"$concatArrays": ["$anulados", [entry]]}}},
        _QUEDAN,
    ]


def count_free_between(desde: int, hasta: int) -> Expression:
    """How many folios of this stretch are free."""
    given_back = {"$size": {"$filter": {"input": "$libres", "cond": _between("$$this", desde, hasta)}}}
    overlap = {"$add": [{"$subtract": [{"$min": ["$$this.hasta", hasta]}, {"$max": ["$$this.desde", desde]}]}, 1]}
    return {"$add": [given_back, {"$sum": {"$map": {"input": "$nuevos", "in": {"$max": [0, overlap]}}}}]}


def _without_first(cuantos: Expression) -> Expression:
    """`nuevos` less that many folios of its first run; a run that is used up goes."""
    rest = {"desde": {"$add": [_PRIMERO, cuantos]}, "hasta": _ULTIMO}
    first = {"$cond": [{"$lt": [cuantos, _LARGO]}, [rest], []]}
    others = {"$slice": ["$nuevos", 1, {"$size": "$nuevos"}]}
    return {"$cond": [{"$eq": [cuantos, 0]}, "$nuevos", {"$concatArrays": [first, others]}]}


def _with_use(cuantos: int, hoy: date) -> Expression:
    """`usos`, one entry a day and no older one than the rate is computed from."""
    dia, corte = hoy.isoformat(), (hoy - timedelta(days=VENTANA)).isoformat()
    recent = {"$and": [{"$gte": ["$$this.dia", corte]}, {"$ne": ["$$this.dia", dia]}]}
    today = {"$filter": {"input": "$usos", "cond": {"$eq": ["$$this.dia", dia]}}}
    before = {"$sum": {"$map": {"input": today, "in": "$$this.cuantos"}}}
    return {
        "$concatArrays": [
            {"$filter": {"input": "$usos", "cond": recent}},
            [{"dia": dia, "cuantos": {"$add": [before, cuantos]}}],
        ]
    }


def _between(value: str, desde: int, hasta: int) -> Expression:
    return {"$and": [{"$gte": [value, desde]}, {"$lte": [value, hasta]}]}

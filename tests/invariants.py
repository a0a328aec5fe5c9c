"""The invariants that every fault scenario ends with (1 to 4 of the architecture), asked of the database itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters.mongo import Store


@dataclass(frozen=True, slots=True)
class Cuenta:
    """How the folios of all ranges stand."""

    libres: int
    reservados: int
    usados: int
    anulados: int = 0


async def check_folios(store: Store) -> Cuenta:
    """No folio twice, none lost: each one of every range is free, reserved, voided, or used by a stored document."""
    dtes, cafs = await _read_at_one_moment(store)
    used = Counter((dte["emisor"], dte["tipo"], dte["folio"]) for dte in dtes)
    assert set(used.values()) <= {1}, "a folio was used twice"
    libres = reservados = anulados = 0
    authorised = set()
    for caf in cafs:
        free = [*caf["libres"], *_folios_of(caf["nuevos"])]
        reserved = [folio for entry in caf["reservas"] for folio in entry["folios"]]
        voided = _folios_of(caf["anulados"])
        accounted = Counter([*free, *reserved, *voided])
        assert set(accounted.values()) <= {1}, f"{caf['_id']}: the ledger has a folio twice"
        assert caf["quedan"] is bool(free), f"{caf['_id']}: says that folios are left: {caf['quedan']}"
        unusable = {*free, *voided}
        for folio in range(caf["desde"], caf["hasta"] + 1):
            key = (caf["emisor"], caf["tipo"], folio)
            authorised.add(key)
            assert accounted[folio] or used[key], f"folio {key} is lost"
            assert not used[key] or folio not in unusable, f"folio {key} is used, and free or voided"
        libres += len(free)
        reservados += len(reserved)
        anulados += len(voided)
    assert set(used) <= authorised, "a document has a folio that no range authorises"
    return Cuenta(libres, reservados, len(used), anulados)


async def _read_at_one_moment(store: Store) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Documents and ranges as they stood together, whatever is going on meanwhile."""
    database = store._mongo.database
    async with await database.client.start_session(snapshot=True) as moment:
        dtes = database.dtes.find({}, {"emisor": 1, "tipo": 1, "folio": 1}, session=moment)
        return await dtes.to_list(None), await database.cafs.find({}, session=moment).to_list(None)


async def check_answers(store: Store, answered: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
    """No sale lost, none doubled: whoever got an answer finds that document; one key has one document at most."""
    by_key: Counter[tuple[str, str]] = Counter()
    async for dte in store._mongo.database.dtes.find({}, {"terminal": 1, "clave": 1}):
        by_key[dte["terminal"], dte["clave"]] += 1
    assert set(by_key.values()) <= {1}, "a sale was doubled"
    for key, answer in answered.items():
        dte = await store.documents.get(answer["id"])
        assert dte is not None, f"sale {key} was answered with {answer['id']} and lost"
        assert (dte.terminal, dte.clave) == key
        assert (dte.sha256, dte.folio, dte.ted) == (answer["sha256"], answer["folio"], answer["ted"])


def _folios_of(tramos: Iterable[Mapping[str, Any]]) -> list[int]:
    return [folio for tramo in tramos for folio in range(tramo["desde"], tramo["hasta"] + 1)]

"""The invariants that every fault scenario ends with (1 to 4 of the architecture), asked of the database itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters.mongo import Store


@dataclass(frozen=True, slots=True)
class Cuenta:
    """How the folios of all ranges stand."""

    libres: int
    reservados: int
    usados: int


async def check_folios(store: Store) -> Cuenta:
    """No folio twice, none lost: each one of every range is free, reserved, or used by a stored document."""
    database = store._mongo.database
    used: Counter[tuple[str, int, int]] = Counter()
    async for dte in database.dtes.find({}, {"emisor": 1, "tipo": 1, "folio": 1}):
        used[dte["emisor"], dte["tipo"], dte["folio"]] += 1
    assert set(used.values()) <= {1}, "a folio was used twice"
    libres = reservados = 0
    authorised = set()
    async for caf in database.cafs.find({}):
        free, reserved = _free_of(caf), [folio for entry in caf["reservas"] for folio in entry["folios"]]
        assert len(set(free)) == len(free), f"{caf['_id']}: a folio is free twice"
        assert len(set(reserved)) == len(reserved), f"{caf['_id']}: a folio is reserved twice"
        assert not set(free) & set(reserved), f"{caf['_id']}: a folio is free and reserved"
        for folio in range(caf["desde"], caf["hasta"] + 1):
            key = (caf["emisor"], caf["tipo"], folio)
            authorised.add(key)
            states = (folio in set(free)) + (folio in set(reserved) or used[key] > 0)
            assert states == 1, f"folio {key} is {'lost' if states == 0 else 'free and used'}"
        libres += len(free)
        reservados += len(reserved)
    assert set(used) <= authorised, "a document has a folio that no range authorises"
    return Cuenta(libres, reservados, len(used))


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


def _free_of(caf: Mapping[str, Any]) -> list[int]:
    return [*caf["libres"], *range(caf["siguiente"], caf["hasta"] + 1)]

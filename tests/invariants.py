"""The invariants that every fault scenario ends with, as `posta drill` judges them, for tests: what is wrong fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deploy.local.drill.folios import Cuenta, count_folios, judge_folios
from deploy.local.drill.invariantes import Hallazgo
from deploy.local.drill.ventas import judge_answers
from shared.adapters.mongo import Store


async def check_folios(store: Store) -> Cuenta:
    """No folio twice, none lost: each one of every range is free, reserved, voided, or used by a stored document."""
    momento = await store.inventario.folios()
    assert_none(judge_folios(momento))
    return count_folios(momento)


async def check_answers(store: Store, answered: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
    """No sale lost, none doubled: whoever got an answer finds that document; one key has one document at most."""
    found = await store.documents.find_by_ids({answer["id"] for answer in answered.values()})
    assert_none(judge_answers(answered, await store.inventario.claves(), {dte.id: dte for dte in found}))


def assert_none(hallazgos: Iterable[Hallazgo]) -> None:
    assert [str(hallazgo) for hallazgo in hallazgos] == []

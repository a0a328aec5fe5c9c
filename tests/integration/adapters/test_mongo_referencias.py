"""Which documents refer to one: by an index that nothing but them costs anything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.adapters.mongo import Store
from shared.dte.tipos import TipoDte
from shared.messages import DteConXml, Referencia
from tests.records import MOMENTO, make_record

FACTURA = make_record(7, tipo=TipoDte.FACTURA)


def a_note(folio: int, *referencias: Referencia, hace: int = 0) -> DteConXml:
    """A note issued so many minutes ago."""
    creado = MOMENTO - timedelta(minutes=hace)
    return make_record(
        folio, tipo=TipoDte.NOTA_CREDITO, clave=f"nota-{folio}", refiere_a=referencias, creado=creado, cambiado=creado
    )


ANULA = Referencia(dte=FACTURA.id, codigo=1)
OTRA = Referencia(dte="76192083-9-33-8", codigo=3)


async def test_the_latest_that_refer_to_a_document_come_first_and_all_are_counted(store: Store) -> None:
    notes = [a_note(1, ANULA, hace=3), a_note(2, OTRA, ANULA, hace=1), a_note(3, ANULA, hace=2), a_note(4, OTRA)]
    assert await store.documents.insert([FACTURA, *notes]) == {}
    assert [dte.folio for dte in await store.referencias.find(FACTURA.id, 2)] == [2, 3]
    assert await store.referencias.count(FACTURA.id) == 3
    (second, *_) = await store.referencias.find(FACTURA.id, 10)
    assert second.refiere_a == (OTRA, ANULA)
    assert await store.referencias.find(notes[0].id, 10) == []


async def test_a_document_that_refers_to_nothing_has_no_place_in_the_index(store: Store) -> None:
    plain = [make_record(folio) for folio in range(1, 21)]
    assert await store.documents.insert([*plain, a_note(1, ANULA, OTRA)]) == {}
    dtes = store.referencias._dtes
    checked = await dtes.database.command("validate", dtes.name)
    assert checked["keysPerIndex"]["refiere_a"] == 2
    assert await dtes.count_documents({"refiere_a": {"$exists": True}}) == 1


async def test_they_are_found_in_order_by_the_index(store: Store) -> None:
    assert await store.documents.insert([FACTURA, a_note(1, ANULA)]) == {}
    query = store.referencias._dtes.find({"refiere_a.dte": FACTURA.id}, sort=[("creado", -1), ("_id", -1)])
    assert _stages((await query.explain())["queryPlanner"]["winningPlan"]) == ["FETCH", "IXSCAN refiere_a"]


def _stages(plan: dict[str, Any]) -> list[str]:
    name = f"{plan['stage']} {plan.get('indexName', '')}".strip()
    return [name, *(_stages(plan["inputStage"]) if "inputStage" in plan else [])]

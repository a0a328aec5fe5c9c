"""The last sale of each till: exact among the last ones of its company, and bounded beyond."""

from __future__ import annotations

from datetime import timedelta

from shared.adapters.mongo import Store
from tests.dte_data import EMISOR_RUT, RECEPTOR_RUT
from tests.records import MOMENTO, make_record

CAJAS = ("de siempre", "de antes", "nueva")


async def sell(store: Store, folio: int, terminal: str, **cambios: str) -> None:
    creado = MOMENTO + timedelta(minutes=folio)
    assert await store.documents.insert([make_record(folio, terminal=terminal, creado=creado, **cambios)]) == {}


async def test_a_till_that_sold_lately_longer_ago_or_never_is_told_apart(store: Store) -> None:
    await sell(store, 1, "de antes")
    for folio in (2, 3, 4):
        await sell(store, folio, "de siempre")
    await store.documents.insert([make_record(90, terminal="ajena", emisor=RECEPTOR_RUT, id=f"{RECEPTOR_RUT}-39-90")])
    near = await store.listado.last_sales(EMISOR_RUT, CAJAS, 3)
    assert near.en == {"de siempre": MOMENTO + timedelta(minutes=4)}
    assert near.antes_de == {"de antes": MOMENTO + timedelta(minutes=2)}
    far = await store.listado.last_sales(EMISOR_RUT, CAJAS, 5)
    assert far.en == {"de siempre": MOMENTO + timedelta(minutes=4), "de antes": MOMENTO + timedelta(minutes=1)}
    assert far.antes_de == {}


async def test_whether_a_till_ever_sold_is_one_look_into_the_index_however_much_it_sold(store: Store) -> None:
    for folio in range(1, 61):
        await sell(store, folio, "de siempre")
    distinct = {"distinct": "dtes", "key": "terminal", "query": {"terminal": {"$in": ["de siempre", "nueva"]}}}
    seen = await store._mongo.database.command({"explain": distinct, "verbosity": "executionStats"})
    stats = seen["executionStats"]
    assert (stats["totalDocsExamined"], stats["totalKeysExamined"] <= 4) == (0, True), stats

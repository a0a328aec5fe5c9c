"""Searches in a real MongoDB: what they find, in what order, and which index serves them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from shared.adapters.mongo import Store, busqueda
from shared.adapters.mongo.busqueda import RAMAS_MAX, Lugar, Pagina, Plan, page_pipeline, plan_for
from shared.adapters.mongo.criterio import Criterio
from shared.adapters.mongo.pegados import Pistas
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, TipoDte
from shared.errors import Invalid
from shared.messages import dte_id
from tests.dte_data import EMISOR_RUT, RECEPTOR_RUT
from tests.records import MOMENTO, make_record

OTRO = "76192083-9"
CUANTOS = 60
HASTA = MOMENTO + timedelta(days=30)

FILTROS: dict[str, Any] = {
    "emisores": (EMISOR_RUT,),
    "tipos": (TipoDte.BOLETA, TipoDte.FACTURA),
    "estados": (Estado.RECHAZADO, Estado.PENDIENTE),
    "tiendas": ("Centro", "Sur"),
    "cajas": ("1",),
    "receptores": (RECEPTOR_RUT, "66666666-6"),
    "causas": ("caf", "firma"),
    "folios": ((2, 50),),
    "desde": MOMENTO,
    "hasta": HASTA,
    "apartado": True,
    "limites": ((Canal.BOLETA, HASTA), (Canal.FACTURA, HASTA)),
}


@pytest.fixture
async def full(store: Store) -> Store:
    """Documents of two companies, two at each moment; every fifth is refused for its CAF."""
    nuevos = []
    for n in range(1, CUANTOS + 1):
        emisor = OTRO if n % 3 == 0 else EMISOR_RUT
        fields: dict[str, Any] = {"id": dte_id(emisor, TipoDte.BOLETA, n), "emisor": emisor}
        fields |= {"tienda": "Sur" if n % 2 else "Centro", "caja": str(n % 4), "terminal": f"caja-{n % 3}"}
        fields |= {"creado": MOMENTO + timedelta(minutes=n // 2)}
        if n % 5 == 0:
            error = {"causa": "caf", "codigo": "CAF-3-517", "glosa": "", "remedio": ""}
            fields |= {"estado": Estado.RECHAZADO, "error_envio": error, "receptor": RECEPTOR_RUT}
        nuevos.append(make_record(n, **fields))
    assert await store.documents.insert(nuevos) == {}
    return store


async def plan_of(store: Store, criterio: Criterio) -> Plan:
    return plan_for(criterio, await store.busqueda.emisores())


async def folios_of(store: Store, criterio: Criterio) -> list[int]:
    page = await store.busqueda.page(await plan_of(store, criterio), 200)
    return [dte.folio for dte in page.dtes]


async def test_without_a_condition_the_newest_come_first(full: Store) -> None:
    page = await full.busqueda.page(await plan_of(full, Criterio()), 5)
    assert [dte.folio for dte in page.dtes] == [60, 59, 58, 56, 57], "between equals the larger id"
    assert (page.anterior, page.completa) == (None, True)


@pytest.mark.parametrize(
    ("criterio", "wanted"),
    [
        (Criterio(folios=((12, 12), (40, 40), (999, 999))), [40, 12]),
        (Criterio(folios=((57, 70),), emisores=(OTRO,)), [60, 57]),
        (Criterio(causas=("caf",), tiendas=("Sur",)), [55, 45, 35, 25, 15, 5]),
        (Criterio(receptores=(RECEPTOR_RUT,), emisores=(OTRO,)), [60, 45, 30, 15]),
        (Criterio(tiendas=("Sur",), cajas=("3",), estados=(Estado.RECHAZADO,)), [55, 35, 15]),
        (Criterio(desde=MOMENTO + timedelta(minutes=29)), [60, 59, 58]),
        (Criterio(tipos=(TipoDte.GUIA,)), []),
        (Criterio(ids=(f"{EMISOR_RUT}-39-10", f"{EMISOR_RUT}-39-2", "x"), estados=(Estado.RECHAZADO,)), [10]),
        (Criterio(limites=((Canal.BOLETA, MOMENTO + timedelta(minutes=1)),)), [2, 3, 1]),
    ],
)
async def test_a_criterion_finds_what_matches_in_order(full: Store, criterio: Criterio, wanted: list[int]) -> None:
    assert await folios_of(full, criterio) == wanted


CRITERIOS = [
    Criterio(),
    Criterio(estados=(Estado.GENERADO,)),
    Criterio(folios=((2, 55),)),
    Criterio(causas=("caf",)),
    Criterio(tiendas=("Sur",), tipos=(TipoDte.BOLETA,)),
    Criterio(ids=tuple(dte_id(EMISOR_RUT, TipoDte.BOLETA, n) for n in range(1, 40))),
]


@pytest.mark.parametrize("criterio", CRITERIOS)
async def test_pages_lead_to_the_end_and_back_and_show_each_document_once(full: Store, criterio: Criterio) -> None:
    plan = await plan_of(full, criterio)
    whole = [dte.id for dte in (await full.busqueda.page(plan, 200)).dtes]
    pages = [page async for page in _forwards(full, plan)]
    assert [dte.id for page in pages for dte in page.dtes] == whole
    backwards, page = list(pages[-1].dtes), pages[-1]
    while page.anterior is not None:
        page = await full.busqueda.page(plan, 7, antes=page.anterior)
        backwards = [*page.dtes, *backwards]
    assert [dte.id for dte in backwards if dte.id in whole][-len(whole) :] == whole


async def _forwards(store: Store, plan: Plan) -> AsyncIterator[Pagina]:
    page = await store.busqueda.page(plan, 7)
    yield page
    while page.siguiente is not None:
        page = await store.busqueda.page(plan, 7, despues=page.siguiente)
        yield page


async def test_what_is_issued_meanwhile_moves_no_page(full: Store) -> None:
    plan = await plan_of(full, Criterio())
    first = await full.busqueda.page(plan, 10)
    await full.documents.insert([make_record(500 + n, creado=MOMENTO + timedelta(days=1)) for n in range(15)])
    second = await full.busqueda.page(plan, 10, despues=first.siguiente)
    assert [dte.folio for dte in second.dtes] == [51, 49, 48, 47, 46, 44, 45, 43, 42, 41]
    back = await full.busqueda.page(plan, 10, antes=second.anterior)
    assert [dte.id for dte in back.dtes] == [dte.id for dte in first.dtes]
    newer = await full.busqueda.page(plan, 100, antes=back.anterior)
    assert len(newer.dtes) == 75, "the beginning of the list is shown whole, not the few that are new"


async def test_no_page_looks_at_more_documents_than_its_bound(full: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busqueda, "REVISADOS_MAX", 8)
    plan = await plan_of(full, Criterio(estados=(Estado.GENERADO,), tiendas=("Sur",), cajas=("3",)))
    assert plan.resto
    found, page = [], await full.busqueda.page(plan, 5)
    while page.siguiente is not None:
        assert not page.completa or len(page.dtes) == 5
        found += [dte.folio for dte in page.dtes]
        page = await full.busqueda.page(plan, 5, despues=page.siguiente)
    found += [dte.folio for dte in page.dtes]
    assert found == [n for n in range(CUANTOS, 0, -1) if n % 4 == 3 and n % 5]


async def test_a_count_is_made_only_by_an_index_and_only_up_to_its_bound(
    full: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await full.busqueda.count(await plan_of(full, Criterio(causas=("caf",)))) == 12
    assert await full.busqueda.count(await plan_of(full, Criterio(causas=("caf",), tiendas=("Sur",)))) is None
    monkeypatch.setattr(busqueda, "CUENTA_MAX", 20)
    assert await full.busqueda.count(await plan_of(full, Criterio())) == 21


async def test_every_combination_is_served_by_an_index_in_its_order(full: Store) -> None:
    error = {"causa": "caf", "codigo": "", "glosa": "", "remedio": ""}
    many = {"estado": Estado.PENDIENTE, "error_envio": error, "receptor": RECEPTOR_RUT, "tienda": "Sur", "caja": "1"}
    for emisor in (EMISOR_RUT, OTRO):  # so many that MongoDB does not take a few into memory and sort them there
        ids = {n: dte_id(emisor, TipoDte.BOLETA, n) for n in range(1_000, 1_400)}
        records = [make_record(n, id=ids[n], emisor=emisor, terminal=f"t{emisor}", **many) for n in ids]
        assert await full.documents.insert(records) == {}
    for size in range(4):  # what more conditions bring is checked on the documents of one of these
        for names in combinations(FILTROS, size):
            plan = await plan_of(full, replace(Criterio(), **{name: FILTROS[name] for name in names}))
            for desde, direction in ((None, -1), (Lugar(1_795_000_000_000, "x"), -1), (Lugar(5, "x"), 1)):
                stages = await stages_of(full, plan, desde, direction)
                assert "COLLSCAN" not in stages, f"{names}: every document is read"
                assert not {"SORT", "$sort"} & stages, f"{names}: sorted in memory ({plan.indice})"


async def stages_of(store: Store, plan: Plan, desde: Lugar | None, direction: int) -> set[str]:
    pipeline = page_pipeline(plan, 50, desde, direction)
    asked = {"aggregate": "dtes", "pipeline": pipeline, "hint": plan.indice, "cursor": {}}
    told = await store._mongo.database.command("explain", asked, verbosity="queryPlanner")
    return set(_stages(told))


def _stages(told: Any) -> Iterator[str]:
    """The names of all stages of the plan that won, of the pipeline's own too."""
    if isinstance(told, list):
        for one in told:
            yield from _stages(one)
    elif isinstance(told, dict):
        for name, value in told.items():
            if name == "stage":
                yield value
            elif name not in ("command", "rejectedPlans"):
                yield from (name,) if name.startswith("$") else ()
                yield from _stages(value)


def test_too_many_companies_at_once_have_to_be_chosen_from() -> None:
    many = [f"{n}-0" for n in range(RAMAS_MAX)]
    assert plan_for(Criterio(estados=(Estado.RECHAZADO,)), many).indice == "lista_estado"
    assert plan_for(Criterio(), [*many, "x"]).indice == "orden", "all documents need no company"
    with pytest.raises(Invalid, match="elija una empresa con emisor:"):
        plan_for(Criterio(estados=(Estado.RECHAZADO,)), [*many, "x"])


async def test_companies_and_stores_are_known_by_their_documents(full: Store) -> None:
    assert await full.busqueda.emisores() == sorted([EMISOR_RUT, OTRO])
    assert await full.busqueda.tiendas(OTRO) == ["Centro", "Sur"]
    for names in ({"key": "emisor"}, {"key": "tienda", "query": {"emisor": OTRO}}):
        told = await full._mongo.database.command("explain", {"distinct": "dtes", **names}, verbosity="queryPlanner")
        assert "DISTINCT_SCAN" in set(_stages(told))


async def test_what_is_pasted_leads_to_its_documents(full: Store) -> None:
    ids = [dte_id(EMISOR_RUT, TipoDte.BOLETA, n) for n in (1, 2, 4)]
    fields: dict[str, Any] = {
        "emisor": EMISOR_RUT,
        "canal": Canal.BOLETA,
        "archivo": "f",
        "sha256": "",
        "trabajador": "w",
    }
    await full.envios.add_intent(id_="F60T000001", documentos=ids, contenido=b"", **fields)
    await full._mongo.database.envios.update_one({"_id": "F60T000001"}, {"$set": {"track_id": "4512300"}})
    assert await full.pegados.find_ids(Pistas(folios=[7])) == (f"{EMISOR_RUT}-39-7",)
    assert await full.pegados.find_ids(Pistas(claves=["venta-12", "nada"])) == (f"{OTRO}-39-12",)
    assert set(await full.pegados.find_ids(Pistas(track_ids=["4512300"]))) == set(ids)
    assert set(await full.pegados.find_ids(Pistas(sobres=["F60T000001"], folios=[8]))) == {*ids, f"{EMISOR_RUT}-39-8"}
    assert await full.pegados.find_ids(Pistas(claves=["nada"], track_ids=["1"], sobres=["x"], folios=[9_999])) == ()

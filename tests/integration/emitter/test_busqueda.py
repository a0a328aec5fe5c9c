"""Lists of documents: filters, pages that do not move, an index for each way to ask, and remedies for a wrong one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import httpx
import pytest

from shared.adapters.mongo import Store
from shared.adapters.mongo.listado import Filtro, Posicion
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte
from shared.settings import Settings
from tests.dte_data import EMISOR_RUT, RECEPTOR_RUT
from tests.emitter_world import create_world, open_store, running_emitter
from tests.records import MOMENTO, make_record

FILTROS: dict[str, Any] = {
    "tipo": TipoDte.BOLETA,
    "estado": Estado.GENERADO,
    "tienda": "Centro",
    "receptor": RECEPTOR_RUT,
    "desde": MOMENTO,
    "hasta": MOMENTO + timedelta(hours=1),
}
CREADOS = 40


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    """Documents of two companies, several of each moment."""
    async with open_store(settings) as ours:
        await ours.documents.insert(
            [
                make_record(
                    n,
                    id=f"{EMISOR_RUT if n % 4 else RECEPTOR_RUT}-39-{n}",
                    emisor=EMISOR_RUT if n % 4 else RECEPTOR_RUT,
                    tienda=("Centro", "Sur")[n % 2],
                    caja=str(n % 3),
                    receptor=RECEPTOR_RUT if n % 5 == 0 else "66666666-6",
                    estado=Estado.RECHAZADO if n % 7 == 0 else Estado.GENERADO,
                    creado=MOMENTO + timedelta(hours=n // 3),
                )
                for n in range(1, CREADOS + 1)
            ]
        )
        yield ours


async def test_pages_give_each_document_once_in_order_whatever_is_issued_meanwhile(store: Store) -> None:
    filtro, seen, despues = Filtro(EMISOR_RUT), [], None
    while page := await store.listado.page(filtro, 7, despues):
        seen += page
        despues = Posicion(page[-1].creado, page[-1].id)
        await store.documents.insert([make_record(100 + len(seen), creado=MOMENTO + timedelta(days=9))])
    assert {dte.folio for dte in seen} == {n for n in range(1, CREADOS + 1) if n % 4}
    order = [(dte.creado, dte.id) for dte in seen]
    assert order == sorted(order, reverse=True)
    assert len(set(order)) == len(order)


@pytest.mark.parametrize(
    ("filtro", "folios"),
    [
        ({"estado": Estado.RECHAZADO}, {7, 14, 21, 35}),
        ({"tienda": "Sur", "caja": "0"}, {3, 9, 15, 21, 27, 33, 39}),
        ({"receptor": RECEPTOR_RUT}, {5, 10, 15, 25, 30, 35}),
        ({"receptor": RECEPTOR_RUT, "tienda": "Centro"}, {10, 30}),
        ({"tipo": TipoDte.FACTURA}, set()),
        ({"desde": MOMENTO + timedelta(hours=2), "hasta": MOMENTO + timedelta(hours=3)}, {6, 7}),
    ],
)
async def test_a_filter_lists_what_matches_and_nothing_else(
    store: Store, filtro: dict[str, Any], folios: set[int]
) -> None:
    found = await store.listado.page(Filtro(EMISOR_RUT, **filtro), 200)
    assert {dte.folio for dte in found} == folios


async def test_every_way_to_ask_has_an_index_that_gives_the_order(store: Store) -> None:
    shapes = [names for size in range(len(FILTROS) + 1) for names in combinations(FILTROS, size)]
    behind = Posicion(MOMENTO, "x").behind
    for names in shapes:
        filtro = Filtro(EMISOR_RUT, **{name: FILTROS[name] for name in names})
        for condition in (filtro.condition, {"$and": [filtro.condition, behind]}):
            cursor = store.listado._dtes.find(condition, sort=[("creado", -1), ("_id", -1)]).limit(50)
            plan = (await cursor.explain())["queryPlanner"]["winningPlan"]
            stages = _stages(plan)
            assert "SORT" not in stages, f"{names}: sorted in memory"
            assert "COLLSCAN" not in stages, f"{names}: every document is read"


def _stages(plan: dict[str, Any]) -> list[str]:
    inner = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan["stage"], *(stage for one in inner for stage in _stages(one))]


@pytest.fixture
async def http(settings: Settings, store: Store) -> AsyncIterator[httpx.AsyncClient]:
    world = await create_world(settings, boletas=0, facturas=0)
    assert await store.documents.latest(1), "there is something to be found"
    async with running_emitter(world), world.http() as client:
        yield client


async def test_a_till_lists_its_company_page_by_page(http: httpx.AsyncClient) -> None:
    seen: list[str] = []
    params: dict[str, Any] | None = {"limite": 8, "desde": "2026-11-20", "hasta": "2026-11-21"}
    while params is not None:
        answer = (await http.get("/v1/dte", params=params)).raise_for_status().json()
        seen += [documento["id"] for documento in answer["documentos"]]
        params = {**params, "cursor": answer["siguiente"]} if answer["siguiente"] else None
    assert len(seen) == len(set(seen)) == 30
    assert all(id_.startswith(EMISOR_RUT) for id_ in seen)


async def test_days_are_those_of_chile(http: httpx.AsyncClient, store: Store) -> None:
    late = datetime(2026, 12, 2, 2, 30, tzinfo=UTC)  # 23:30 of the first of December in Santiago
    await store.documents.insert([make_record(500, creado=late)])
    for dia, cuantos in (("2026-12-01", 1), ("2026-12-02", 0)):
        answer = await http.get("/v1/dte", params={"desde": dia, "hasta": dia})
        assert len(answer.json()["documentos"]) == cuantos


async def test_the_documents_of_another_company_are_not_listed(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/dte", params={"emisor": RECEPTOR_RUT})
    assert answer.json() == {"documentos": [], "siguiente": None}


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"folio": 7}, "folio", "indique también «tipo»"),
    ({"folio": 0, "tipo": 39}, "folio", "1 o más"),
    ({"folio": "siete", "tipo": 39}, "folio", "número entero"),
    ({"tipo": 38}, "tipo", "33, 34"),
    ({"estado": "perdido"}, "estado", "'aceptado'"),
    ({"caja": "7"}, "caja", "indique también «tienda»"),
    ({"tienda": ""}, "tienda", "vacío"),
    ({"receptor": "1-1"}, "receptor", ""),
    ({"emisor": "x"}, "emisor", ""),
    ({"desde": "ayer"}, "desde", "AAAA-MM-DD"),
    ({"desde": "2026-11-02", "hasta": "2026-11-01"}, "hasta", "posterior"),
    ({"limite": 201}, "limite", "200 o menos"),
    ({"cursor": "x"}, "cursor", "la primera"),
    ({"cursor": "WyIyMDI2LTAxLTAxIiwiYSJd"}, "cursor", "la primera"),
    ({"cursor": "ñ"}, "cursor", "la primera"),
    ({"folios": 7}, "folios", "quítelo"),
]


async def test_a_wrong_parameter_is_named_with_its_remedy(http: httpx.AsyncClient) -> None:
    for params, ruta, remedio in WRONG:
        answer = await http.get("/v1/dte", params=params)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), params
        [falla] = answer.json()["errores"]
        assert falla["ruta"] == ruta
        assert remedio in falla["mensaje"]
        assert ruta in answer.json()["detail"]

"""The contract of the HTTP interface, as a document and as a page."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from services.emitter.asyncapi import build_asyncapi
from services.emitter.intake_http import Pos, create_app
from services.emitter.lote import Lote, create_lote_router
from services.emitter.openapi import CUERPOS
from shared.dte.advertencias import find_advertencias
from shared.dte.documento import complete_venta
from shared.dte.modelo import parse_venta
from shared.dte.tipos import TipoDte
from tests.dte_data import EMISOR, FECHA


async def _ping() -> None:
    return None


@pytest.fixture
def app() -> FastAPI:
    """The application without what it needs to answer about documents: only its contract is looked at."""
    nothing = cast("Any", None)
    lote = Lote(nothing, nothing, asyncio.Event(), ventana=1)
    return create_app(Pos(nothing, nothing, nothing, _ping), create_lote_router(lote))


async def _get(app: FastAPI, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pos") as http:
        return await http.get(path)


async def test_every_reference_in_the_contract_leads_somewhere(app: FastAPI) -> None:
    schema = (await _get(app, "/openapi.json")).json()
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(schema)))
    assert references <= set(schema["components"]["schemas"])
    assert {"Factura", "Liquidacion", "Exportacion", "Boleta", "Documento", "Problema"} <= references


async def test_the_contract_tells_every_field_of_every_document_with_its_meaning(app: FastAPI) -> None:
    schema = (await _get(app, "/openapi.json")).json()
    content = schema["paths"]["/v1/dte"]["post"]["requestBody"]["content"]["application/json"]
    bodies = [option["$ref"].rpartition("/")[2] for option in content["schema"]["oneOf"]]
    assert bodies == ["Factura", "Boleta", "Liquidacion", "Exportacion"]
    seen: set[str] = set()
    pending = list(bodies)
    while pending:
        name = pending.pop()
        if name not in seen and name != "TipoDte":
            seen.add(name)
            model = schema["components"]["schemas"][name]
            assert all(field.get("description") for field in model["properties"].values()), name
            pending += re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(model))
    assert {"DatosTransporte", "DatosAduana", "MaderaManejo", "GeoReferencia", "ComisionLiquidacion"} <= seen


_BOUNDS = {"string": {"maxLength", "enum", "pattern", "format"}, "integer": {"maximum", "enum"}}
_BOUNDS["number"] = {"maximum", "exclusiveMaximum"}


def _leaves(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of a single value below this one."""
    if isinstance(schema, dict):
        if schema.get("type") in _BOUNDS:
            yield path, schema
        for name, part in schema.items():
            yield from _leaves(part, f"{path}/{name}")
    elif isinstance(schema, list):
        for part in schema:
            yield from _leaves(part, path)


def test_the_contract_bounds_every_value_of_a_sale_in_words_of_json_schema() -> None:
    _, models = models_json_schema([(modelo, "validation") for modelo in CUERPOS])
    leaves = [leaf for leaf in _leaves(models["$defs"]) if not leaf[0].startswith("/TipoDte")]
    assert len(leaves) > 400
    assert [path for path, leaf in leaves if not _BOUNDS[leaf["type"]] & set(leaf)] == []
    words = {"type", "title", "description", "default", "example", "minLength", "maxLength", "minimum", "maximum"}
    words |= {"exclusiveMinimum", "exclusiveMaximum", "enum", "pattern", "format"}
    assert set().union(*(leaf for _, leaf in leaves)) <= words


async def test_the_models_of_a_sale_are_not_described_in_the_words_of_the_code(app: FastAPI) -> None:
    schemas = (await _get(app, "/openapi.json")).json()["components"]["schemas"]
    _, models = models_json_schema([(modelo, "validation") for modelo in CUERPOS])
    assert [name for name in models["$defs"] if "description" in schemas[name]] == []


@pytest.mark.parametrize("tipo", TipoDte)
async def test_the_example_of_every_document_is_issued_as_it_stands(app: FastAPI, tipo: TipoDte) -> None:
    schema = (await _get(app, "/openapi.json")).json()
    content = schema["paths"]["/v1/dte"]["post"]["requestBody"]["content"]["application/json"]
    ejemplo = content["examples"][str(int(tipo))]
    assert ejemplo["summary"] == tipo.nombre
    venta = complete_venta(parse_venta(ejemplo["value"]), EMISOR, fecha=FECHA)
    assert venta.Encabezado.IdDoc.TipoDTE is tipo
    assert find_advertencias(venta, hoy=FECHA) == ()
    assert f"<summary>{tipo.nombre}</summary>" in (await _get(app, "/docs")).text


async def test_the_contract_tells_key_body_and_every_outcome_of_a_sale(app: FastAPI) -> None:
    operation = (await _get(app, "/openapi.json")).json()["paths"]["/v1/dte"]["post"]
    assert [p["name"] for p in operation["parameters"] if p["required"]] == ["Idempotency-Key"]
    assert operation["requestBody"]["required"] is True
    assert operation["security"] == [{"terminal": []}]
    assert list(operation["responses"]["422"]["content"]) == ["application/problem+json"]
    assert {"200", "201", "400", "401", "409", "413", "415", "422", "503"} <= set(operation["responses"])


async def test_the_contract_tells_a_bulk_line_by_line(app: FastAPI) -> None:
    schema = (await _get(app, "/openapi.json")).json()
    operation = schema["paths"]["/v1/dte/lote"]["post"]
    assert list(operation["requestBody"]["content"]) == ["application/x-ndjson"]
    [content] = operation["responses"]["200"]["content"].items()
    linea = {"$ref": "#/components/schemas/ResultadoLinea"}
    assert content == ("application/x-ndjson", {"schema": {"type": "array", "items": linea}})
    resultado = schema["components"]["schemas"]["ResultadoLinea"]
    assert list(resultado["properties"]) == ["linea", "clave", "status", "documento", "problema"]
    assert {"400", "401", "415", "503"} <= set(operation["responses"])
    [ejemplo] = operation["requestBody"]["content"]["application/x-ndjson"]["examples"].values()
    assert all(json.loads(linea)["clave"] for linea in ejemplo["value"].splitlines())


async def test_the_page_shows_every_operation_and_model_and_loads_nothing(app: FastAPI) -> None:
    page = await _get(app, "/docs")
    schema = (await _get(app, "/openapi.json")).json()
    assert page.headers["content-type"].startswith("text/html")
    for path in schema["paths"]:
        assert f"{path}</code>" in page.text
    for model in schema["components"]["schemas"]:
        assert f'id="{model}"' in page.text
    assert not re.search(r"https?://|<script|<link|@import|url\(", page.text)


async def test_the_contract_of_the_other_way_in_is_served_beside_it(app: FastAPI) -> None:
    assert (await _get(app, "/asyncapi.json")).json() == build_asyncapi("1")
    assert 'href="/asyncapi.json"' in (await _get(app, "/docs")).text


async def test_a_mistake_of_ours_becomes_a_problem_without_details(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://pos") as http:
        answer = await http.get("/v1/dte/x", headers={"Authorization": "Bearer y"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "NoneType" not in answer.text
    assert "Traceback" not in answer.text

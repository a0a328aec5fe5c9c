"""The contract of the HTTP interface, as a document and as a page."""

from __future__ import annotations

import json
import re
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from services.emitter.intake_http import Pos, create_app


async def _ping() -> None:
    return None


@pytest.fixture
def app() -> FastAPI:
    """The application without what it needs to answer about documents: only its contract is looked at."""
    nothing = cast("Any", None)
    return create_app(Pos(nothing, nothing, nothing, _ping))


async def _get(app: FastAPI, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pos") as http:
        return await http.get(path)


async def test_every_reference_in_the_contract_leads_somewhere(app: FastAPI) -> None:
    schema = (await _get(app, "/openapi.json")).json()
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(schema)))
    assert references <= set(schema["components"]["schemas"])
    assert {"Factura", "Boleta", "Documento", "Problema"} <= references


async def test_the_contract_tells_key_body_and_every_outcome_of_a_sale(app: FastAPI) -> None:
    operation = (await _get(app, "/openapi.json")).json()["paths"]["/v1/dte"]["post"]
    assert [p["name"] for p in operation["parameters"] if p["required"]] == ["Idempotency-Key"]
    assert operation["requestBody"]["required"] is True
    assert operation["security"] == [{"terminal": []}]
    assert {"200", "201", "400", "401", "409", "413", "415", "422", "503"} <= set(operation["responses"])


async def test_the_page_shows_every_operation_and_model_and_loads_nothing(app: FastAPI) -> None:
    page = await _get(app, "/docs")
    schema = (await _get(app, "/openapi.json")).json()
    assert page.headers["content-type"].startswith("text/html")
    for path in schema["paths"]:
        assert f"{path}</code>" in page.text
    for model in schema["components"]["schemas"]:
        assert f'id="{model}"' in page.text
    assert not re.search(r"https?://|<script|<link|@import|url\(", page.text)


async def test_a_mistake_of_ours_becomes_a_problem_without_details(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://pos") as http:
        answer = await http.get("/v1/dte/x", headers={"Authorization": "Bearer y"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "NoneType" not in answer.text
    assert "Traceback" not in answer.text

"""The OpenAPI document of the monitor: every operation says who may call it, what it does and how it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from services.monitor import web
from services.monitor.acceso.permisos import PERMISOS, Permiso
from services.monitor.esquema import build_esquema


@pytest.fixture
def esquema(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(web, "add_error_pages", lambda *_: None)
    code = web.create_app.__code__
    nothing: dict[str, Any] = dict.fromkeys(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    app: FastAPI = web.create_app(**nothing)
    return build_esquema(app)


def operations(esquema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in esquema["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_says_who_may_call_it(esquema: dict[str, Any]) -> None:
    assert set(esquema["components"]["securitySchemes"]) == {"token", "sesion", "csrf"}
    for name, operation in operations(esquema):
        permiso = Permiso(operation["x-permiso"])
        if permiso is Permiso.ABIERTO:
            assert (operation["security"], operation["x-rol"]) == ([], None), name
            continue
        assert operation["x-rol"] == PERMISOS[permiso], name
        assert ({"token": []} in operation["security"]) is (permiso is not Permiso.CUENTA_PROPIA), name
        person: dict[str, list[str]] = {"sesion": []} if name.startswith("get ") else {"sesion": [], "csrf": []}
        assert person in operation["security"], name


def test_every_operation_is_told_in_words_with_all_that_it_refuses(esquema: dict[str, Any]) -> None:
    names = operations(esquema)
    assert len(names) >= 30
    for name, operation in names:
        assert operation["summary"], name
        assert not operation["summary"].isascii() or operation["summary"][0].isupper(), name
        statuses = set(operation["responses"])
        assert "400" in statuses, name
        assert ("401" in statuses) is (operation["x-permiso"] != "abierto"), name
        assert ("422" in statuses) is ("requestBody" in operation or "parameters" in operation), name
        for status, answer in operation["responses"].items():
            media = set(answer.get("content", {}))
            if int(status) >= 400 and " /api/" in name:
                assert media == {"application/problem+json"}, (name, status)


def test_every_reference_leads_somewhere(esquema: dict[str, Any]) -> None:
    known = set(esquema["components"]["schemas"])
    for ref in _refs(esquema):
        assert ref.removeprefix("#/components/schemas/") in known


def _refs(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in _refs(value)]
    return [ref for value in node for ref in _refs(value)] if isinstance(node, list) else []

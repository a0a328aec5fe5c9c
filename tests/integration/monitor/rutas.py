"""Every address of the monitor, read from the application itself, so that none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.routing import APIRoute

from services.monitor.acceso.guardia import Ruta
from services.monitor.acceso.permisos import PERMISOS, Permiso
from shared.cuentas import Rol

LECTURA = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Direccion:
    """One method of one route."""

    method: str
    path: str
    permiso: Permiso

    @property
    def rol(self) -> Rol:
        """The least that it wants."""
        return PERMISOS[self.permiso]

    @property
    def changes(self) -> bool:
        return self.method not in LECTURA

    @property
    def params(self) -> int:
        return self.path.count("{")

    def at(self, value: str) -> str:
        """Its address with this for every parameter of the path."""
        return re.sub(r"\{[^}]+\}", lambda _: value, self.path)


def read_direcciones(monkeypatch: pytest.MonkeyPatch) -> list[Direccion]:
    """All of the application, built with nothing behind it. AssertionError for a route that has no door."""
    from services.monitor import web  # noqa: PLC0415

    monkeypatch.setattr(web, "add_error_pages", lambda *_: None)
    parameters = web.create_app.__code__
    names = parameters.co_varnames[: parameters.co_argcount + parameters.co_kwonlyargcount]
    nothing: dict[str, Any] = dict.fromkeys(names)
    found = []
    for route in _routes_of(web.create_app(**nothing)):
        assert isinstance(route, Ruta), f"{route.path} has no door"
        found += [Direccion(method, route.path, route.exigencia.permiso) for method in sorted(route.methods or ())]
    return found


def _routes_of(router: Any) -> Iterator[APIRoute]:
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from _routes_of(route.original_router)

"""What is answered when something is not as asked."""

from __future__ import annotations

from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Query

from services.monitor.cabeceras import CABECERAS, Cabeceras
from services.monitor.fallas import add_error_pages
from services.monitor.paginas import Paginas
from shared.clock import now
from shared.dte.tipos import Ambiente
from shared.errors import Unavailable

SECRET = "mongodb://10.0.0.7:27017 rechazó la conexión"


def client_of_broken_app() -> httpx.AsyncClient:
    app = FastAPI()

    @app.get("/api/roto")
    @app.get("/roto")
    async def broken() -> None:
        raise ZeroDivisionError(SECRET)

    @app.get("/api/ausente")
    @app.get("/ausente")
    async def away() -> None:
        raise Unavailable("MongoDB", SECRET)

    @app.get("/api/numero")
    async def number(
        n: Annotated[int, Query(ge=1, le=9)] = 1, *, si: bool = True, letra: Annotated[str, Query(max_length=1)] = "a"
    ) -> int:
        return n if si else len(letra)

    add_error_pages(app, Paginas(Ambiente.CERTIFICACION, now))
    transport = httpx.ASGITransport(Cabeceras(app), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://monitor")


@pytest.mark.parametrize(("address", "status"), [("roto", 500), ("ausente", 503), ("nada", 404)])
async def test_a_failure_is_told_in_spanish_without_its_inside(address: str, status: int) -> None:
    async with client_of_broken_app() as client:
        page = await client.get(f"/{address}")
        assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
        problem = await client.get(f"/api/{address}")
        assert problem.headers["content-type"] == "application/problem+json"
        assert problem.json()["status"] == problem.status_code == status
    for body in (page.text, problem.text):
        assert "Traceback" not in body
        assert SECRET not in body


async def test_security_headers_are_on_every_answer_failures_included() -> None:
    async with client_of_broken_app() as client:
        for address in ("/roto", "/ausente", "/nada", "/api/numero"):
            headers = (await client.get(address)).headers
            assert {name: headers[name] for name in CABECERAS} == CABECERAS
            assert headers["cache-control"] == "no-store"


async def test_an_absence_says_when_to_come_back() -> None:
    async with client_of_broken_app() as client:
        answer = await client.get("/api/ausente")
        assert answer.headers["retry-after"] == "5"
        assert (await client.get("/ausente")).headers["refresh"] == "5", "a page that is left open recovers by itself"
        assert answer.json()["detail"] == "MongoDB no responde. Vuelva a intentar en unos segundos."


@pytest.mark.parametrize(
    ("query", "ruta", "mensaje"),
    [
        ("n=x", "n", "se espera un número entero"),
        ("n=0", "n", "el mínimo es 1"),
        ("n=10", "n", "el máximo es 9"),
        ("si=tal+vez", "si", "se espera true o false"),
        ("letra=abc", "letra", "admite hasta 1 caracteres"),
    ],
)
async def test_a_wrong_parameter_is_named_with_what_is_expected(query: str, ruta: str, mensaje: str) -> None:
    async with client_of_broken_app() as client:
        answer = await client.get(f"/api/numero?{query}")
    assert answer.status_code == 422
    (falla,) = answer.json()["fallas"]
    assert (falla["ruta"], falla["mensaje"]) == (ruta, mensaje)


async def test_an_address_that_is_only_read_says_so() -> None:
    async with client_of_broken_app() as client:
        answer = await client.post("/api/numero")
    assert (answer.status_code, answer.json()["title"]) == (405, "Eso no se puede hacer aquí")

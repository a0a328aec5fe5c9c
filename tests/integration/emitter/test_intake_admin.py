"""Folios over HTTP, for whoever has the installation's token and for nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.clock import chile, now
from shared.dte.caf import LIMITE_CAF
from shared.dte.tipos import TipoDte
from shared.errors import Misconfigured
from shared.settings import Settings, read_admin_token
from tests.conditions import eventually
from tests.dte_data import EMISOR_RUT, make_caf_xml
from tests.emitter_world import World, create_world, open_store, request_of, running_emitter

TOKEN = "t" * 40
AYER = chile(now()).date() - timedelta(days=1)


@pytest.fixture
async def world(settings: Settings, tmp_path: Path) -> AsyncIterator[World]:
    """An emitter with a token, and a company without folios."""
    archivo = tmp_path / "token"
    archivo.write_text(f"{TOKEN}\n", encoding="ascii")
    ours = await create_world(
        settings.model_copy(update={"admin_token_file": archivo, "folios_revision": timedelta(milliseconds=100)}),
        boletas=0,
        facturas=0,
    )
    async with running_emitter(ours):
        yield ours


@pytest.fixture
async def operator(world: World) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/xml"}
    async with httpx.AsyncClient(base_url=world.url, headers=headers, trust_env=False) as client:
        yield client


async def test_folios_that_come_over_http_are_issued_and_on_record(world: World, operator: httpx.AsyncClient) -> None:
    ours = {"terminal": world.terminal}
    created = await operator.post("/v1/caf", content=make_caf_xml(desde=5, hasta=9, fecha=AYER), params=ours)
    assert created.status_code == 201
    assert created.json()["id"] == f"{EMISOR_RUT}-39-5"

    async with world.http() as till:

        async def sold() -> bool:
            return bool((await till.post("/v1/dte", **request_of("v"))).json().get("folio") == 5)

        await eventually(sold)

    async def settled() -> dict[str, Any]:
        folios: dict[str, Any] = (await operator.get("/v1/caf")).json()
        return folios if folios["rangos"][0]["usados"] == 1 else {}

    folios = await eventually(settled)
    [rango], [existencia] = folios["rangos"], folios["existencias"]
    assert (rango["tienda"], rango["terminal"], rango["desde"], rango["hasta"]) == ("Centro", world.terminal, 5, 9)
    assert (existencia["terminal"], existencia["disponibles"], existencia["nivel"]) == (world.terminal, 4, "aviso")
    async with open_store(world.settings) as store:
        done = [a for a in await store.auditoria.list() if a.objeto == rango["id"]]
    assert [(a.accion, a.quien, a.fase) for a in done] == [
        ("caf.import", "token de administración", fase) for fase in ("intento", "hecho")
    ]


async def test_a_caf_that_cannot_be_used_is_a_problem_that_says_why(operator: httpx.AsyncClient) -> None:
    caf = make_caf_xml(fecha=AYER)
    assert (await operator.post("/v1/caf", content=caf)).status_code == 201
    for content, params, status, clase, said in (
        (caf, {}, 409, "caf-repetido", "ya están importados"),
        (caf.replace(b"<H>100</H>", b"<H>900</H>"), {}, 422, "caf-invalido", "firma del SII"),
        (make_caf_xml(TipoDte.FACTURA, fecha=AYER - timedelta(days=200)), {}, 422, "caf-invalido", "venció"),
        (make_caf_xml(TipoDte.FACTURA, fecha=AYER), {"tienda": "Otra"}, 422, "caf-invalido", "tienda «Otra»"),
        (b"x" * (LIMITE_CAF + 1), {}, 413, "muy-grande", f"{LIMITE_CAF} bytes"),
    ):
        answer = await operator.post("/v1/caf", content=content, params=params)
        problema = answer.json()
        assert (answer.status_code, problema["type"]) == (status, f"urn:posta:problema:{clase}")
        assert said in problema["detail"]
    assert len((await operator.get("/v1/caf")).json()["rangos"]) == 1


async def test_without_the_token_nobody_sees_or_brings_folios(world: World, operator: httpx.AsyncClient) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": f"Bearer {world.llave}"}, {"Authorization": TOKEN}):
        for answer in (
            await operator.get("/v1/caf", headers=headers),
            await operator.post("/v1/caf", content=make_caf_xml(fecha=AYER), headers=headers),
        ):
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="posta"')
    async with world.http() as till:
        assert (await till.get(f"/v1/dte?clave={TOKEN}", headers={"Authorization": f"Bearer {TOKEN}"})).is_error
    assert (await operator.get("/v1/caf")).json() == {"rangos": [], "existencias": []}


async def test_an_installation_without_a_token_is_not_administered_over_http(settings: Settings) -> None:
    world = await create_world(settings, boletas=0, facturas=0)
    async with running_emitter(world), world.http() as http:
        answer = await http.get("/v1/caf")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:posta:problema:administracion-cerrada")
    assert "POSTA_ADMIN_TOKEN_FILE" in answer.json()["detail"]


def test_a_token_that_could_be_guessed_is_refused_at_start(tmp_path: Path) -> None:
    archivo = tmp_path / "token"
    archivo.write_text("secreto", encoding="ascii")
    with pytest.raises(Misconfigured, match=r"POSTA_ADMIN_TOKEN_FILE.* 32 caracteres"):
        read_admin_token(Settings(admin_token_file=archivo))
    assert read_admin_token(Settings()) is None

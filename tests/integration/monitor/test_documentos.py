"""The list of documents as the monitor serves it: page, JSON and file."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest

from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte
from tests.integration.monitor.tienda import EMISOR, Tienda


async def found(monitor: httpx.AsyncClient, q: str, **params: str | int) -> list[str]:
    answer = await monitor.get("/api/documentos", params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    return [documento["id"] for documento in answer.json()["documentos"]]


async def test_documents_are_found_by_all_that_an_operator_knows_of_them(
    monitor: httpx.AsyncClient, tienda: Tienda
) -> None:
    boletas = await tienda.sell(3, tienda="Casa matriz")
    tienda.advance(60)
    (factura,) = await tienda.sell(1, tipo=TipoDte.FACTURA, tienda="Ñuñoa", caja="9")
    await tienda.reject([boletas[0]], Causa.ESQUEMA, "ENV-3-0", "Falta GiroRecep")
    await tienda.postpone([boletas[1]], Causa.SIN_PERMISO, "Sin permiso", espera=None)
    newest = [factura, *sorted(boletas, reverse=True)]
    for q, wanted in {
        "": newest,
        "tipo:factura": [factura],
        "96.790.240-3": [factura],
        "ESTADO:Rechazado": [boletas[0]],
        "causa:sin_permiso": [boletas[1]],
        "espera:persona": [boletas[1]],
        "tienda:nunoa caja:9": [factura],
        'tienda:"CASA MATRIZ" folio:12001-12002': [boletas[1], boletas[0]],
        "12003": [boletas[2]],
        "venta-2": [boletas[1]],
        f"{factura} {boletas[2]}": [boletas[2], factura],
        f"emisor:{EMISOR} fecha:hoy tipo:33": [factura],
        "hasta:ayer": [],
    }.items():
        assert await found(monitor, q) == wanted, q


async def test_a_term_that_is_not_understood_shows_nothing_and_says_what_to_write(
    monitor: httpx.AsyncClient, tienda: Tienda
) -> None:
    (id_,) = await tienda.sell(1)
    for q, ruta, remedio in (
        ("estado:acetado", "estado:acetado", "¿quiso decir «aceptado»?"),
        ("tienda:Providenci", "tienda:Providenci", "¿quiso decir tienda:Providencia?"),
        ("tienda:Osorno", "tienda:Osorno", "las que hay son Providencia"),
    ):
        problem = await monitor.get("/api/documentos", params={"q": q})
        assert problem.status_code == 422
        (falla,) = problem.json()["fallas"]
        assert falla["ruta"] == ruta
        assert remedio in falla["mensaje"]
        page = await monitor.get("/documentos", params={"q": q})
        assert page.status_code == 422
        assert remedio in page.text
        assert id_ not in page.text
        assert (await monitor.get("/documentos.csv", params={"q": q})).status_code == 422
    assert (await monitor.get("/api/documentos", params={"cursor": "x"})).status_code == 422


async def test_a_store_that_has_just_opened_is_found_at_once(monitor: httpx.AsyncClient, tienda: Tienda) -> None:
    await tienda.sell(1)
    assert len(await found(monitor, "tienda:Providencia")) == 1
    (id_,) = await tienda.sell(1, tienda="Pucón")
    assert await found(monitor, "tienda:pucon") == [id_]


async def test_pages_lead_there_and_back_while_sales_go_on(monitor: httpx.AsyncClient, tienda: Tienda) -> None:
    await tienda.sell(25)
    whole = await found(monitor, "estado:generado", limit=200)
    seen: list[str] = []
    cursor, answer = None, {}
    while cursor is not None or not seen:
        params: dict[str, str | int] = {"q": "estado:generado", "limit": 10, **({"cursor": cursor} if cursor else {})}
        answer = (await monitor.get("/api/documentos", params=params)).json()
        seen += [documento["id"] for documento in answer["documentos"]]
        cursor = answer["siguiente"]
        tienda.advance(1)
        await tienda.sell(1)
    assert seen == whole
    back = await found(monitor, "estado:generado", limit=10, cursor=answer["anterior"])
    assert back == whole[10:20]


async def test_counts_are_said_only_where_they_are_known(monitor: httpx.AsyncClient, tienda: Tienda) -> None:
    await tienda.sell(60)
    answer = (await monitor.get("/api/documentos", params={"limit": 50})).json()
    assert (answer["cuantos"], answer["mas_de"]) == (60, None)
    answer = (await monitor.get("/api/documentos", params={"limit": 50, "q": "tienda:Providencia caja:2"})).json()
    assert (answer["cuantos"], answer["mas_de"]) == (None, None)
    await tienda.sell(1_000)
    answer = (await monitor.get("/api/documentos")).json()
    assert (answer["cuantos"], answer["mas_de"]) == (None, 1_000)
    assert "Más de 1.000 documentos" in (await monitor.get("/documentos")).text


async def test_a_value_that_leads_nowhere_says_what_it_was_looked_up_as(
    monitor: httpx.AsyncClient, tienda: Tienda
) -> None:
    await tienda.sell(1)
    page = await monitor.get("/documentos", params={"q": "4512300"})
    assert "No hay documentos con «4512300» como clave o folio o sobre o track." in page.text
    hint = await monitor.get("/documentos", params={"q": f"rut:{EMISOR}"})
    assert f"lo que emitió se busca con emisor:{EMISOR}" in hint.text


async def test_the_file_holds_the_whole_search_as_chilean_spreadsheets_read_it(
    monitor: httpx.AsyncClient, tienda: Tienda
) -> None:
    await tienda.sell(1_203)
    (evil,) = await tienda.sell(1, tienda='=HYPERLINK("http://x";"y")', caja="7;8")
    await tienda.reject([evil], Causa.ESQUEMA, "ENV-3-0", "+1+1\nsegunda línea")
    answer = await monitor.get("/documentos.csv", params={"q": "tipo:boleta"})
    named = answer.headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="documentos-\d{8}-\d{4}-tipo-boleta\.csv"', named)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbfidentidad;emisor;tipo;")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert len({row["identidad"] for row in rows}) == 1_204
    (row,) = [row for row in rows if row["identidad"] == evil]
    assert row["tienda"] == '\'=HYPERLINK("http://x";"y")'
    assert (row["caja"], row["glosa"], row["estado"]) == ("7;8", "'+1+1\nsegunda línea", Estado.RECHAZADO.value)
    assert (row["monto"], row["receptor"]) == ("12990", "66666666-6")


@pytest.mark.parametrize("path", ["/documentos", "/api/documentos", "/documentos.csv"])
async def test_no_search_is_too_strange_to_be_answered(monitor: httpx.AsyncClient, tienda: Tienda, path: str) -> None:
    await tienda.sell(1)
    for q in ("<script>alert(1)</script>", '"', "\x00", "$where:1", "folio:99999999999999999999", "🦙" * 300, "a:b:c"):
        answer = await monitor.get(path, params={"q": q})
        assert answer.status_code in (200, 422), q
        assert "<script>alert" not in answer.text or answer.headers["content-type"] == "application/json"

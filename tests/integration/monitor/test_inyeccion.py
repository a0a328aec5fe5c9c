"""Markup in every text of a sale, and in all that people and the SII say: shown as text, wherever it is shown."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

import httpx
import pytest

from shared.adapters.mongo import Store
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.impresion import Formato
from shared.dte.tipos import TipoDte
from shared.messages import ErrorEnvio
from tests.integration.monitor.hostil import HUELLA, MARCA, all_textos, build_hostil, find_campos
from tests.integration.monitor.papeles import SOBRE, send_and_park
from tests.integration.monitor.tienda import Tienda
from tests.integration.monitor.valores import takes

TIPOS = (TipoDte.BOLETA, TipoDte.FACTURA, TipoDte.GUIA, TipoDte.EXPORTACION, TipoDte.LIQUIDACION)


class _Lector(HTMLParser):
    """Reads a page as a browser does, and keeps what would run."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        inline = tag == "script" and "src" not in names
        ours = (names.get("src") or "").startswith(("/static/", "/documentos/", "data:image/"))
        foreign = tag in ("img", "script", "iframe") and not inline and not ours
        links = [value for name in ("href", "src", "action") if (value := names.get(name))]
        if inline or foreign or any(name.startswith("on") for name in names):
            self.wrong.append(self.get_starttag_text() or tag)
        self.wrong += [link for link in links if link.strip().lower().startswith(("javascript:", "http", "//"))]


def check(page: str) -> None:
    """AssertionError if any of the markup is more than text."""
    lector = _Lector()
    lector.feed(page)
    lector.close()
    assert lector.wrong == []
    assert HUELLA not in page, page[max(0, page.find(HUELLA) - 80) :][:160]


@pytest.mark.parametrize("page", [f"<p>{MARCA}</p>", "<a href='javascript:x'>", "<b onclick=x>", "<script>x</script>"])
def test_what_would_run_is_noticed(page: str) -> None:
    with pytest.raises(AssertionError):
        check(page)


@pytest.mark.parametrize("tipo", TIPOS)
def test_no_field_but_the_texts_takes_markup(tipo: TipoDte) -> None:
    assert {ruta for ruta, campo in find_campos(tipo) if takes(campo, HUELLA)} == all_textos(tipo)


async def _store_all(store: Store) -> list[str]:
    """One of each body, all parked by the SII with markup in its words."""
    ids = []
    for folio, tipo in enumerate(TIPOS, 1):
        record, taken = build_hostil(tipo, folio)
        assert taken == all_textos(tipo)
        assert await store.documents.insert([record]) == {}
        ids.append(record.id)
    await send_and_park(store, ids[0])
    for id_ in ids[1:]:
        await store.moves.claim([id_], f"{SOBRE}-{id_}")
        error = ErrorEnvio(causa=Causa.ESQUEMA, codigo=MARCA, glosa=MARCA, remedio=MARCA)
        await store.moves.mark_rechazado(f"{SOBRE}-{id_}", [id_], error, desde=Estado.ENVIANDO)
    return ids


@pytest.fixture
async def ids(tienda: Tienda) -> list[str]:
    return await _store_all(tienda.store)


async def test_markup_in_every_text_of_a_sale_is_text_on_every_page(monitor: httpx.AsyncClient, ids: list[str]) -> None:
    paths = ["/", "/documentos", "/pendientes", f"/reenviar?ids={ids[0]}", f"/sobres/{SOBRE}"]
    for id_ in ids:
        paths += [f"/documentos/{id_}", f"/documentos/{id_}/xml/ver"]
        paths += [f"/documentos/{id_}/impreso?formato={formato}" for formato in Formato]
    for path in paths:
        page = await monitor.get(path)
        assert page.status_code == 200, path
        check(page.text)
    shown = (await monitor.get(f"/documentos/{ids[1]}")).text
    assert shown.count("=1&lt;img") >= 3, "it is there, as text"
    for part in (await monitor.get("/api/stats", params={"fragmentos": True})).json()["fragmentos"].values():
        check(part)


async def test_papers_with_markup_are_files_of_their_own_kind(monitor: httpx.AsyncClient, ids: list[str]) -> None:
    for id_ in ids:
        for paper, start in (("pdf", b"%PDF-"), ("timbre.png", b"\x89PNG"), ("timbre.svg", b"<svg"), ("xml", b"<?xml")):
            answer = await monitor.get(f"/documentos/{id_}/{paper}")
            assert (answer.status_code, answer.headers["x-content-type-options"]) == (200, "nosniff")
            assert answer.content.startswith(start)
            assert "text/html" not in answer.headers["content-type"]
    assert "<img" not in (await monitor.get(f"/documentos/{ids[1]}/timbre.svg")).text


async def test_no_cell_of_the_file_is_a_formula(monitor: httpx.AsyncClient, ids: list[str]) -> None:
    text = (await monitor.get("/documentos.csv")).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert len(rows) == len(ids)
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@|%\t\r")]
    assert sum(cell == f"'{MARCA}" for cell in cells) >= 2 * len(ids) + 2 * (len(ids) - 1)


async def test_what_people_type_is_text_wherever_it_comes_back(monitor: httpx.AsyncClient, ids: list[str]) -> None:
    answers = [
        await monitor.get("/documentos", params={"q": MARCA}),
        await monitor.get("/documentos", params={"q": f"tienda:{MARCA}"}),
        await monitor.get("/documentos", params={"q": f'"{MARCA}"', "cursor": MARCA}),
        await monitor.get("/documentos.csv", params={"q": f"folio:{MARCA}"}),
        await monitor.get("/pendientes", params={"causa": MARCA}),
        await monitor.get("/pendientes", params={"tipo": MARCA}),
        await monitor.get("/reenviar", params={"ids": MARCA}),
        await monitor.get("/auditoria", params={"desde": MARCA}),
        await monitor.get("/entrar", params={"siguiente": f"/{MARCA}"}),
        await monitor.post("/entrar", data={"nombre": MARCA, "contrasena": "x"}),
        await monitor.post("/cuentas", data={"nombre": MARCA, "rol": "lectura"}),
        await monitor.post(f"/cuentas/{MARCA.replace('/', '')}/rol", data={"rol": "lectura"}),
        await monitor.post("/tokens", data={"nombre": MARCA, "rol": "lectura"}),
        await monitor.get("/tokens"),
        await monitor.post("/pendientes/sin_permiso/nota", data={"texto": MARCA}),
        await monitor.get("/pendientes"),
        await monitor.post("/reenviar", data={"ids": ids[0], "motivo": MARCA, "ritmo": "1"}),
        await monitor.get(f"/documentos/{MARCA.replace('/', '')}"),
        await monitor.get(f"/{MARCA}"),
    ]
    assert not [answer for answer in answers if answer.status_code >= 500]
    for answer in answers:
        check(answer.text)
    shown = "".join(answer.text for answer in answers)
    assert shown.count("=1&lt;img") >= 8
    for path in (answers[-3].headers["location"], "/pendientes", "/auditoria?verificar=true"):
        page = await monitor.get(path)
        assert "=1&lt;img" in page.text, path
        check(page.text)


async def test_a_name_in_the_contents_of_a_header_stays_within_it(monitor: httpx.AsyncClient) -> None:
    for q in ('"\r\nSet-Cookie: a=b', "x\u2028y", '";filename=x.html', "../../etc/passwd"):
        answer = await monitor.get("/documentos.csv", params={"q": f'tienda:"{q}"'})
        assert "set-cookie" not in answer.headers
        disposition = answer.headers.get("content-disposition", "")
        assert not disposition or disposition.partition("filename=")[2].strip('"').endswith(".csv")

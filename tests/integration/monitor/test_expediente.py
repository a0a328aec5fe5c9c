"""One document as the monitor serves it: its life, its papers, its envelope, its references."""

from __future__ import annotations

import httpx
import pytest

from services.monitor.expediente.web import EN_MARCO
from services.monitor.referencias import MOSTRADOS
from shared.dte.causa import Causa
from shared.dte.tipos import TipoDte
from shared.messages import Referencia
from tests.dte_data import EMISOR_RUT
from tests.integration.monitor.papeles import CONTENIDO, SOBRE, send_and_park, store_signed
from tests.integration.monitor.tienda import Tienda
from tests.records import make_record


@pytest.fixture
async def nota(tienda: Tienda) -> str:
    """A note on a document of ours, parked."""
    await store_signed(tienda.store, TipoDte.FACTURA, 7, "factura_simple")
    id_ = await store_signed(tienda.store, TipoDte.NOTA_CREDITO, 7, "credito_corrige_texto")
    await send_and_park(tienda.store, id_)
    return id_


async def test_a_page_tells_everything_that_happened_with_the_words_of_the_sii(
    monitor: httpx.AsyncClient, nota: str
) -> None:
    page = (await monitor.get(f"/documentos/{nota}")).text
    for text in ("Respuesta del SII", "HTTP 200", "&lt;TRACKID&gt;4512300", "&lt;script&gt;", "Plazo en el SII"):
        assert text in page
    for text in (Causa.SIN_PERMISO.remedio, f'href="/sobres/{SOBRE}"', "Reenviar", "Clave de la venta"):
        assert text in page
    assert "<script>alert" not in page


async def test_references_lead_to_our_documents(monitor: httpx.AsyncClient, nota: str) -> None:
    page = (await monitor.get(f"/documentos/{nota}")).text
    assert f'Corrige el texto de <a href="/documentos/{EMISOR_RUT}-33-7">' in page


async def test_a_document_tells_which_others_refer_to_it(monitor: httpx.AsyncClient, tienda: Tienda) -> None:
    factura = await store_signed(tienda.store, TipoDte.FACTURA, 7, "factura_simple")
    assert "Referido por" not in (await monitor.get(f"/documentos/{factura}")).text
    nota = make_record(4, tipo=TipoDte.NOTA_CREDITO, clave="n", refiere_a=(Referencia(dte=factura, codigo=1),))
    assert await tienda.store.documents.insert([nota]) == {}
    page = " ".join((await monitor.get(f"/documentos/{factura}")).text.split())
    assert (
        f'Referido por</h3> <ul class="citas" aria-labelledby="t-referido"> <li><a href="/documentos/{nota.id}">'
        in page
    )
    assert "Nota de crédito electrónica N° 4</a>: anula <span" in page
    assert "/documentos?q=referencia:" not in page
    referencias = (await monitor.get(f"/api/documentos/{factura}")).json()["referencias"]
    assert referencias["hechas"] == []
    assert referencias["recibidas"] == [
        {
            "relacion": "anula",
            "codigos": [1],
            "titulo": "Nota de crédito electrónica N° 4",
            "id": nota.id,
            "tipo": 61,
            "folio": 4,
            "fecha": "2026-11-20",
            "estado": "generado",
        }
    ]


async def test_the_api_tells_what_a_document_refers_to(monitor: httpx.AsyncClient, nota: str) -> None:
    (hecha,) = (await monitor.get(f"/api/documentos/{nota}")).json()["referencias"]["hechas"]
    assert (hecha["relacion"], hecha["id"]) == ("corrige el texto de", f"{EMISOR_RUT}-33-7")


async def test_many_references_to_one_document_are_shown_in_part_and_counted(
    monitor: httpx.AsyncClient, tienda: Tienda
) -> None:
    (guia,) = await tienda.sell(1)
    facturas = [
        make_record(folio, tipo=TipoDte.FACTURA, refiere_a=(Referencia(dte=guia),)) for folio in range(1, MOSTRADOS + 4)
    ]
    assert await tienda.store.documents.insert(facturas) == {}
    page = (await monitor.get(f"/documentos/{guia}")).text
    assert page.count(": se refiere a este documento") == MOSTRADOS
    assert f'<a href="/documentos?q=referencia:{guia}">y 3 más</a>' in page
    found = (await monitor.get("/api/documentos", params={"q": f"referencia:{guia}"})).json()
    assert found["cuantos"] == MOSTRADOS + 3
    none = (await monitor.get("/api/documentos", params={"q": f"ref:{facturas[0].id}"})).json()
    assert (none["documentos"], none["avisos"][0]) == (
        [],
        f"No hay documentos con «{facturas[0].id}» como referencia.",
    )
    referencias = (await monitor.get(f"/api/documentos/{guia}")).json()["referencias"]
    assert (len(referencias["recibidas"]), referencias["otras"]) == (MOSTRADOS, 3)


async def test_a_document_that_was_raised_says_that_it_is_urgent(monitor: httpx.AsyncClient, tienda: Tienda) -> None:
    raised, ordinary = await tienda.sell(2)
    assert await tienda.store.moves.raise_prioridad([raised]) == 1
    assert "<dt>Prioridad</dt><dd>alta</dd>" in (await monitor.get(f"/documentos/{raised}")).text
    assert "<dt>Prioridad</dt>" not in (await monitor.get(f"/documentos/{ordinary}")).text


async def test_a_note_that_waits_for_a_parked_document_says_for_which_and_what_to_do(
    monitor: httpx.AsyncClient, tienda: Tienda
) -> None:
    factura = await store_signed(tienda.store, TipoDte.FACTURA, 7, "factura_simple")
    waiting = make_record(1, tipo=TipoDte.NOTA_CREDITO, clave="nota", espera_a=(factura,))
    assert await tienda.store.documents.insert([waiting]) == {}
    assert "está apartado por" not in (await monitor.get(f"/documentos/{waiting.id}")).text
    await send_and_park(tienda.store, factura)
    page = (await monitor.get(f"/documentos/{waiting.id}")).text
    assert "está apartado por <code>sin_permiso</code>: mientras tanto, este documento no sale" in page
    assert Causa.SIN_PERMISO.remedio in page
    assert "Notas que los esperan</dt><dd>1</dd>" in (await monitor.get("/pendientes")).text


async def test_the_papers_of_a_document_are_served(monitor: httpx.AsyncClient, tienda: Tienda, nota: str) -> None:
    for path, kind, start in (
        ("pdf", "application/pdf", b"%PDF-"),
        ("pdf?formato=80mm", "application/pdf", b"%PDF-"),
        ("timbre.png", "image/png", b"\x89PNG"),
        ("timbre.svg", "image/svg+xml", b"<svg"),
    ):
        answer = await monitor.get(f"/documentos/{nota}/{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.content.startswith(start)
        assert answer.headers["content-disposition"].startswith("inline")
    exact = await monitor.get(f"/documentos/{nota}/xml")
    assert exact.content == await tienda.store.documents.get_xml(nota)


async def test_the_printed_page_may_be_framed_by_us_and_runs_nothing(monitor: httpx.AsyncClient, nota: str) -> None:
    answer = await monitor.get(f"/documentos/{nota}/impreso")
    assert answer.status_code == 200
    assert "NOTA DE CRÉDITO" in answer.text.upper()
    assert {name: answer.headers[name] for name in EN_MARCO} == EN_MARCO
    assert "sandbox" in answer.headers["content-security-policy"]
    page = await monitor.get(f"/documentos/{nota}")
    assert page.headers["x-frame-options"] == "DENY"


async def test_what_cannot_be_drawn_says_so_inside_of_its_frame(monitor: httpx.AsyncClient, tienda: Tienda) -> None:
    (id_,) = await tienda.sell(1)
    answer = await monitor.get(f"/documentos/{id_}/impreso")
    assert "Este documento no se puede dibujar" in answer.text
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert (await monitor.get(f"/documentos/{id_}/pdf")).status_code == 422
    assert (await monitor.get(f"/documentos/{id_}")).status_code == 200


async def test_xml_is_shown_as_text_and_never_as_markup(monitor: httpx.AsyncClient, nota: str) -> None:
    page = (await monitor.get(f"/documentos/{nota}/xml/ver")).text
    assert "&lt;DTE xmlns=" in page
    assert "      &lt;Folio&gt;7&lt;/Folio&gt;" in page
    assert "<Folio>" not in page


async def test_an_envelope_has_its_documents_its_answers_and_its_bytes(monitor: httpx.AsyncClient, nota: str) -> None:
    page = (await monitor.get(f"/sobres/{SOBRE}")).text
    for text in (nota, "No recibido", "HTTP 200", "&lt;TRACKID&gt;4512300", "1 documento"):
        assert text in page
    assert (await monitor.get(f"/sobres/{SOBRE}/xml")).content == CONTENIDO
    assert "&lt;SetDTE&gt;Ñ&lt;/SetDTE&gt;" in (await monitor.get(f"/sobres/{SOBRE}/xml/ver")).text
    found = await monitor.get("/api/documentos", params={"q": SOBRE})
    assert [documento["id"] for documento in found.json()["documentos"]] == [nota]


async def test_what_is_not_there_is_said(monitor: httpx.AsyncClient, tienda: Tienda) -> None:
    await tienda.sell(1)
    missing = "76192083-9-39-99"
    for path in ("", "/xml", "/xml/ver", "/impreso", "/pdf", "/timbre.png", "/timbre.svg"):
        answer = await monitor.get(f"/documentos/{missing}{path}")
        assert answer.status_code == 404
        assert f"No hay un documento {missing}" in answer.text
    for path in ("", "/xml", "/xml/ver"):
        assert "No hay un sobre F0" in (await monitor.get(f"/sobres/F0{path}")).text
    assert (await monitor.get(f"/documentos/{missing}/pdf", params={"formato": "a4"})).status_code in (404, 422)

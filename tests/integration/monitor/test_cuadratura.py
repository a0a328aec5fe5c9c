"""The books compared: on the panel, on their page, and as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from shared.adapters.rabbit import Publisher
from shared.dte.existencias import Destino
from shared.dte.tipos import TipoDte
from shared.messages import trabajo_of
from shared.settings import Settings
from tests.conditions import eventually
from tests.integration.monitor.servicio import monitor_running
from tests.integration.monitor.tienda import EMISOR, Tienda


async def revision_of(monitor: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await monitor.get("/api/cuadratura", params=query)
    assert answer.status_code == 200
    revision: dict[str, Any] = answer.json()
    return revision


async def test_books_that_agree_say_so_on_every_side(tienda: Tienda, monitor: httpx.AsyncClient) -> None:
    await tienda.accept(await tienda.sell(3))
    await eventually(lambda: _counted(monitor, 3))
    revision = await revision_of(monitor)
    cuadratura = revision["cuadratura"]
    assert (cuadratura["cuadra"], cuadratura["documentos"], revision["folios"]) == (True, 3, [])
    assert (cuadratura["sii"]["recibidos"], cuadratura["sii"]["aceptados"], cuadratura["sii"]["faltan"]) == (3, 3, 0)
    page = await monitor.get("/cuadratura")
    assert page.status_code == 200
    assert "Las sumas de cada empresa y tipo cuadran" in page.text


async def test_the_panel_follows_what_the_sii_answers(settings: Settings, tienda: Tienda) -> None:
    often = settings.model_copy(update={"alertas_revision": timedelta(milliseconds=100)})
    async with monitor_running(often) as monitor:
        await eventually(lambda: _backed(monitor, 0))
        await tienda.accept(await tienda.sell(3))
        await eventually(lambda: _backed(monitor, 3))


async def _backed(monitor: httpx.AsyncClient, cuantos: int) -> bool:
    cuadratura = (await monitor.get("/api/stats?limit=0")).json()["cuadratura"]
    return cuadratura is not None and cuadratura["sii"] is not None and cuadratura["sii"]["aceptados"] == cuantos


async def _counted(monitor: httpx.AsyncClient, cuantos: int) -> bool:
    cuadratura = (await monitor.get("/api/stats?limit=0")).json()["cuadratura"]
    return cuadratura is not None and cuadratura["documentos"] == cuantos


async def test_a_folio_without_its_document_is_named_on_the_page(tienda: Tienda, monitor: httpx.AsyncClient) -> None:
    lost = await tienda.store.folios.reserve(Destino(EMISOR, TipoDte.BOLETA), 1)
    await tienda.store.folios.settle([(lost, ())])
    await tienda.sell(1)

    async def found() -> list[Any]:
        folios: list[Any] = (await revision_of(monitor))["folios"]
        return folios

    [descuadre] = await eventually(found)
    assert (descuadre["tipo"], descuadre["faltan"], descuadre["sin_documento"]) == (39, 1, [12_001])
    page = (await monitor.get("/cuadratura")).text
    assert "No cuadra" in page
    assert "/documentos?q=folio%3A12001%20tipo%3A39" in page
    assert (await revision_of(monitor, completa=True))["folios"] == [descuadre]


async def test_a_document_that_no_envelope_backs_is_named(tienda: Tienda, monitor: httpx.AsyncClient) -> None:
    (id_,) = await tienda.sell(1)
    await tienda.store.moves.claim([id_], "nunca")
    await tienda.store.moves.mark_enviado("nunca", [id_], track_id="77")
    sii = (await revision_of(monitor))["cuadratura"]["sii"]
    assert (sii["faltan"], sii["ids"]) == (1, [id_])
    assert f'href="/documentos/{id_}"' in (await monitor.get("/cuadratura")).text


async def test_a_document_without_a_message_is_missing_in_the_queues_until_it_has_one(
    settings: Settings, tienda: Tienda
) -> None:
    (id_,) = await tienda.sell(1)
    publisher = Publisher(settings, "prueba")
    await publisher.connect()
    async with monitor_running(settings.model_copy(update={"alertas_revision": timedelta(seconds=0.5)})) as monitor:
        await eventually(lambda: _lacks(monitor, 1))
        assert "documentos no tienen mensaje" in (await monitor.get("/")).text
        dte = await tienda.store.documents.get(id_)
        assert dte is not None
        await publisher.publish_reenvio(trabajo_of(dte), b"<DTE/>")
        await eventually(lambda: _lacks(monitor, 0))
    await publisher.close()


async def _lacks(monitor: httpx.AsyncClient, cuantos: int) -> bool:
    broker = (await monitor.get("/api/stats?limit=0")).json()["cuadratura"]["broker"]
    return broker is not None and broker["documentos"] == 1 and broker["faltan"] == cuantos


async def test_what_is_asked_wrongly_is_refused_with_its_limits(monitor: httpx.AsyncClient) -> None:
    answer = await monitor.get("/api/cuadratura", params={"dias": 400})
    assert (answer.status_code, answer.json()["fallas"][0]["ruta"]) == (422, "dias")

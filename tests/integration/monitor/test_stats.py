"""`/api/stats` and the documents, against a real database and a real broker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from shared.adapters.rabbit import Consumer, Publisher
from shared.adapters.rabbit.consumer import Entrega
from shared.adapters.rabbit.topology import COLAS, DLQ, INTERCAMBIO, VENTAS_QUEUE, work_queue
from shared.clock import now
from shared.dte.causa import Causa
from shared.dte.existencias import Destino
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.messages import trabajo_of
from shared.settings import Settings
from tests.conditions import eventually
from tests.integration.monitor.tienda import Tienda

ALTA = work_queue(Canal.BOLETA, Prioridad.ALTA)
NORMAL = work_queue(Canal.BOLETA, Prioridad.NORMAL)


async def stats_of(monitor: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await monitor.get("/api/stats", params=query)
    assert answer.status_code == 200
    stats: dict[str, Any] = answer.json()
    return stats


async def test_every_document_is_counted_in_its_state(tienda: Tienda, monitor: httpx.AsyncClient) -> None:
    tienda.advance(-300)
    await tienda.accept(await tienda.sell(5))
    await tienda.object_to(await tienda.sell(2), "glosa")
    await tienda.reject(await tienda.sell(1), Causa.ESQUEMA, "ENV-3-0", "glosa")
    await tienda.postpone(await tienda.sell(3), Causa.SII_CAIDO, "glosa", espera=timedelta(minutes=1))
    await tienda.doubt(await tienda.sell(1))
    await tienda.deliver(await tienda.sell(4))
    await tienda.upload(await tienda.sell(2))
    await tienda.publish()
    await tienda.sell(6, publicar=False)

    async def counted() -> bool:
        stats = await stats_of(monitor)
        return bool(stats["emitidos"] == 24 and stats["estados"]["generado"] == 6)

    await eventually(counted)
    stats = await stats_of(monitor)
    assert stats["estados"] == {
        "generado": 6,
        "enviando": 2,
        "enviado": 4,
        "incierto": 1,
        "pendiente": 3,
        "aceptado": 5,
        "reparo": 2,
        "rechazado": 1,
    }
    assert [(caudal["paso"], len(caudal["tramos"])) for caudal in stats["caudales"]] == [("minuto", 60), ("hora", 24)]
    assert {(c["emitidos"], c["aceptados"], c["rechazados"]) for c in stats["caudales"]} == {(24, 7, 1)}
    assert stats["salida"] == 6
    assert {name: value for name, value in stats["cuadratura"].items() if name not in ("broker", "sii")} == {
        "documentos": 24,
        "folios_usados": 24,
        "folios_reservados": 0,
        "faltan": 0,
        "sobran": 0,
        "pares": [],
        "cuadra": True,
    }
    assert (await monitor.get("/facturacion-electronica/monitor/stats/")).json() == {
        "stats": {"enviados": 11, "en_cola": 0, "errores": 1, "workers_activos": 0}
    }
    assert stats["problemas"] == []
    assert len(stats["ultimos"]) == 24
    assert len((await stats_of(monitor, limit=3))["ultimos"]) == 3


async def test_a_folio_that_lost_its_document_breaks_the_sums(tienda: Tienda, monitor: httpx.AsyncClient) -> None:
    await tienda.sell(3)
    lost = await tienda.store.folios.reserve(Destino("76192083-9", TipoDte.BOLETA), 1)
    await eventually(lambda: _cuadra(monitor, usados=3, reservados=1))
    await tienda.store.folios.settle([(lost, ())])
    await tienda.sell(1)
    cuadratura = await eventually(lambda: _cuadratura(monitor, cuadra=False), within=30)
    assert (cuadratura["documentos"], cuadratura["folios_usados"], cuadratura["faltan"]) == (4, 5, 1)


async def _cuadratura(monitor: httpx.AsyncClient, *, cuadra: bool) -> dict[str, Any]:
    cuadratura: dict[str, Any] = (await stats_of(monitor))["cuadratura"]
    return cuadratura if cuadratura["cuadra"] is cuadra else {}


async def _cuadra(monitor: httpx.AsyncClient, *, usados: int, reservados: int) -> bool:
    cuadratura = await _cuadratura(monitor, cuadra=True)
    return (cuadratura.get("folios_usados"), cuadratura.get("folios_reservados")) == (usados, reservados)


async def test_queues_that_nobody_declared_yet_are_no_failure(monitor: httpx.AsyncClient) -> None:
    stats = await stats_of(monitor)
    assert {cola["nombre"] for cola in stats["colas"].values()} == {cola.nombre for cola in COLAS}
    assert not any(cola["existe"] for cola in stats["colas"].values())
    assert stats["problemas"] == []


async def test_queues_show_their_depth_and_who_is_missing(
    tienda: Tienda, monitor: httpx.AsyncClient, settings: Settings
) -> None:
    (id_,) = await tienda.sell(1)
    dte = await tienda.store.documents.get(id_)
    assert dte is not None
    publisher, consumer = Publisher(settings, "prueba"), Consumer(settings, "prueba", prefetch=1)
    for _ in range(3):
        await publisher.publish_reenvio(trabajo_of(dte), b"<DTE/>")
    await consumer.start([ALTA], _hold)

    async def measured() -> bool:
        colas = (await stats_of(monitor))["colas"]
        return bool(colas[NORMAL]["mensajes"] == 3 and colas[ALTA]["consumidores"] == 1)

    await eventually(measured)
    stats = await stats_of(monitor)
    assert stats["en_cola"] == 3
    missing = {nombre for nombre, cola in stats["colas"].items() if cola["sin_consumidores"]}
    work = {work_queue(canal, p) for canal in Canal for p in Prioridad}
    assert missing == {VENTAS_QUEUE, INTERCAMBIO, *work} - {ALTA}
    assert stats["colas"][DLQ] == {
        "nombre": DLQ,
        "clase": "apartados",
        "titulo": "Documentos apartados",
        "existe": True,
        "mensajes": 0,
        "consumidores": 0,
        "en_vuelo": 0,
        "desde": None,
        "pausada": False,
        "sin_consumidores": False,
    }
    await consumer.close()
    await publisher.close()


async def _hold(entrega: Entrega) -> None:
    """Keep it in flight."""


async def test_workers_come_from_the_heartbeats_of_living_senders(tienda: Tienda, monitor: httpx.AsyncClient) -> None:
    tienda.ahora = now()
    await tienda.beat(
        "sender@a:1",
        workers=3,
        en_vuelo=12,
        cortes={"boleta.subida": "abierto"},
        latencias={"boleta.subida": [1.2] * 90 + [4.2] * 10},
    )
    tienda.advance(-60)
    await tienda.beat("sender@a:2", workers=5, en_vuelo=50)

    async def seen() -> bool:
        return len((await stats_of(monitor))["procesos"]) == 2

    await eventually(seen)
    stats = await stats_of(monitor)
    assert stats["workers"] == {"activos": 3, "max": 5, "procesos": 1, "en_vuelo": 12}
    assert [(proceso["id"], proceso["vivo"]) for proceso in stats["procesos"]] == [
        ("sender@a:1", True),
        ("sender@a:2", False),
    ]
    [corte] = stats["cortes"]
    assert (corte["canal"], corte["estado"], corte["procesos"]) == ("boleta.subida", "abierto", 1)
    assert corte["desde"]
    boleta, *_ = stats["climas"]
    assert (boleta["canal"], boleta["estado"], boleta["tratos"][0]["respuestas"]) == ("boleta", "abierto", 100)
    assert 1.0 < boleta["tratos"][0]["p50"] < 1.5
    assert 4.0 < boleta["tratos"][0]["p95"] < 5.0


async def test_the_latest_documents_are_listed_up_to_the_limit(tienda: Tienda, monitor: httpx.AsyncClient) -> None:
    await tienda.sell(2, monto=5_000)
    tienda.advance(1)
    (newest,) = await tienda.sell(1, tipo=TipoDte.FACTURA, monto=119_000)
    documentos = (await monitor.get("/api/documentos", params={"limit": 2})).json()["documentos"]
    assert len(documentos) == 2
    assert documentos[0]["id"] == newest
    assert (documentos[0]["tipo"], documentos[0]["monto"], documentos[0]["estado"]) == (33, 119_000, "generado")


async def test_a_document_tells_its_history(tienda: Tienda, monitor: httpx.AsyncClient) -> None:
    (id_,) = await tienda.sell(1)
    await tienda.reject([id_], Causa.ESQUEMA, "ENV-3-0", "Falta el giro")
    ficha = (await monitor.get(f"/api/documentos/{id_}")).json()
    assert [paso["estado"] for paso in ficha["pasos"]] == ["generado", "enviando", "rechazado"]
    assert ficha["pasos"][2]["tras"] == "PT3.3S"
    assert ficha["pasos"][2]["error"]["codigo"] == "ENV-3-0"
    page = await monitor.get(f"/documentos/{id_}")
    assert page.status_code == 200
    for text in ("Rechazado", "+3,3 s", "Falta el giro", Causa.ESQUEMA.remedio):
        assert text in page.text


async def test_the_xml_comes_byte_for_byte(tienda: Tienda, monitor: httpx.AsyncClient) -> None:
    (id_,) = await tienda.sell(1)
    answer = await monitor.get(f"/documentos/{id_}/xml")
    assert answer.content == await tienda.store.documents.get_xml(id_)
    assert answer.headers["content-type"] == "application/xml; charset=ISO-8859-1"
    assert answer.headers["content-disposition"] == f'attachment; filename="DTE-{id_}.xml"'


async def test_what_does_not_exist_is_said_on_pages_and_in_json(monitor: httpx.AsyncClient) -> None:
    page = await monitor.get("/documentos/76192083-9-39-99")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "No hay un documento 76192083-9-39-99" in page.text
    assert (await monitor.get("/documentos/76192083-9-39-99/xml")).status_code == 404
    assert (await monitor.get("/api/documentos/76192083-9-39-99")).json()["title"] == "No existe"
    assert (await monitor.get("/static/../app.py")).status_code == 404
    assert (await monitor.get("/static/%2e%2e/app.py")).status_code == 404


async def test_machines_find_their_way(monitor: httpx.AsyncClient, tienda: Tienda) -> None:
    await tienda.sell(2)
    await eventually(lambda: _metric(monitor, 'posta_documentos{estado="generado"} 2.0'))
    await eventually(lambda: _metric(monitor, 'posta_fuente_responde{fuente="MongoDB"} 1.0'))
    assert (await monitor.get("/health/live")).json() == {"estado": "vivo"}
    assert (await monitor.get("/health/ready")).json() == {"estado": "listo", "problemas": []}
    esquema = (await monitor.get("/openapi.json")).json()
    known = {
        "/api/stats",
        "/api/eventos",
        "/api/documentos",
        "/api/cuadratura",
        "/api/pausas",
        "/api/umbrales",
        "/metrics",
    }
    assert known <= set(esquema["paths"])
    assert not {"/", "/documentos", "/pausas", "/cuadratura"} & set(esquema["paths"]), "pages are for people"
    docs = (await monitor.get("/docs")).text
    assert all(path in docs for path in esquema["paths"])
    assert "http" not in docs.replace("https://", "http").split("<body>")[1].replace("HTTP", "")


async def _metric(monitor: httpx.AsyncClient, line: str) -> bool:
    answer = await monitor.get("/metrics")
    return line in answer.text.splitlines()

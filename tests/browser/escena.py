"""A shop in the middle of its day: every state, a till that waits, a dead sender, one channel cut."""

from __future__ import annotations

from datetime import timedelta

from shared.adapters.rabbit.consumer import Consumer, Entrega
from shared.adapters.rabbit.publisher import Publisher
from shared.adapters.rabbit.topology import VENTAS_QUEUE, work_queue
from shared.backoff import PASOS
from shared.clock import now
from shared.dte.causa import Causa
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.messages import trabajo_of
from shared.settings import Settings
from tests.integration.monitor.tienda import Tienda

_LATENCIAS = {
    "boleta.subida": [0.6] * 70 + [1.2] * 25 + [3.4] * 5,
    "boleta.consulta": [0.2] * 90 + [0.7] * 10,
    "factura.consulta": [0.9] * 30 + [6.0] * 3,
}
"""Seconds that each answer took."""
_CORTES = {
    "boleta.subida": "cerrado",
    "boleta.consulta": "cerrado",
    "factura.subida": "abierto",
    "factura.consulta": "probando",
}


async def fill_shop(tienda: Tienda) -> None:
    """The scene in MongoDB."""
    tienda.ahora = now() - timedelta(minutes=11)
    for cuantos in (400, 350, 300, 180):
        await tienda.accept(await tienda.sell(cuantos, monto=8_490))
    await tienda.accept(await tienda.sell(40, tipo=TipoDte.FACTURA, monto=1_487_500, tienda="Casa matriz", caja="1"))
    tienda.ahora = now() - timedelta(minutes=3)
    await _fill_troubles(tienda)
    tienda.ahora = now() - timedelta(seconds=25)
    await tienda.accept(await tienda.sell(1, monto=15_980, tienda="Ñuñoa", caja="1"))
    tienda.ahora = now() - timedelta(seconds=14)
    outage = await tienda.sell(1, tipo=TipoDte.FACTURA, monto=412_335, tienda="Maipú", caja="1")
    await tienda.postpone(
        outage, Causa.SII_CAIDO, "HTTP 503: servicio no disponible", espera=timedelta(minutes=10), codigo="503"
    )
    await tienda.accept(await tienda.sell(2, monto=23_980, tienda="Maipú", caja="1"))
    tienda.ahora = now() - timedelta(seconds=6)
    await tienda.deliver([*await tienda.sell(2, monto=4_990, caja="4"), *await tienda.sell(1, monto=6_780, caja="1")])
    await tienda.upload(await tienda.sell(2, monto=18_270, tienda="Valdivia", caja="1"))
    await tienda.publish()
    tienda.advance(2)
    await tienda.sell(2, monto=7_490, tienda="Ñuñoa", caja="2", publicar=False)


async def _fill_troubles(tienda: Tienda) -> None:
    """One of each, with a normal sale between them."""
    factura = TipoDte.FACTURA
    await tienda.object_to(
        await tienda.sell(1, tipo=factura, monto=238_000, tienda="Casa matriz", caja="1"),
        "La dirección del receptor no coincide con la registrada en el SII",
    )
    await tienda.accept(await tienda.sell(3, monto=11_470, tienda="Concepción", caja="1"))
    await tienda.postpone(
        await tienda.sell(1, tipo=factura, monto=57_120, tienda="Valdivia", caja="2"),
        Causa.SIN_PERMISO,
        "El usuario no tiene permiso para enviar por esta empresa",
        espera=None,
        codigo="ENV-3-6",
    )
    await tienda.accept(await tienda.sell(2, monto=32_150, tienda="Providencia", caja="2"))
    await tienda.reject(
        await tienda.sell(1, tipo=factura, monto=89_250, tienda="Concepción", caja="3"),
        Causa.ESQUEMA,
        "ENV-3-0",
        "Error de esquema: el elemento GiroRecep no puede estar vacío",
    )
    await tienda.doubt(await tienda.sell(1, tipo=factura, monto=1_190_000, tienda="Casa matriz", caja="1"))


async def beat_all(tienda: Tienda) -> None:
    """Everybody's heart, now: the services alive, and one sender that died a minute ago."""
    tienda.ahora = now()
    await tienda.beat("emitter@posta-1:2204:9c1e")
    await tienda.beat("sender@posta-1:2207:41d0", workers=3, en_vuelo=18, cortes=_CORTES, latencias=_LATENCIAS)
    await tienda.beat("sender@posta-2:1983:77b2", workers=1, en_vuelo=4, cortes=_CORTES)
    tienda.ahora -= timedelta(seconds=70)
    await tienda.beat("sender@posta-2:1411:0d5f", workers=5, en_vuelo=31, cortes=_CORTES)
    tienda.ahora = now()


async def fill_queues(settings: Settings, tienda: Tienda) -> Consumer:
    """Work, waits and parked documents at the broker, and a sender that takes nothing but boletas."""
    publisher, consumer = Publisher(settings, "escena"), Consumer(settings, "escena", prefetch=1)
    dtes = await tienda.store.documents.latest(40)
    facturas = [dte for dte in dtes if dte.tipo is TipoDte.FACTURA]
    boletas = [work_queue(Canal.BOLETA, prioridad) for prioridad in Prioridad]
    await consumer.start([VENTAS_QUEUE, *boletas], _hold)
    for dte in facturas:
        await publisher.publish_reenvio(trabajo_of(dte), b"<DTE/>")
    for dte in facturas[:1]:
        await publisher.publish_espera(trabajo_of(dte), b"<DTE/>", PASOS[3])
    for dte in dtes:
        if dte.error_envio and dte.proximo_intento is None and dte.estado == "pendiente":
            await publisher.publish_dlq(trabajo_of(dte), b"<DTE/>", dte.error_envio)
    await publisher.close()
    return consumer


async def _hold(entrega: Entrega) -> None:
    """Keep it in flight, as a sender with an open envelope does."""

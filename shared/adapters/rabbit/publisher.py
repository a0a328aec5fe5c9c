"""Publishing: a message is published when the broker has confirmed it, and not before."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from typing import cast
from uuid import uuid4

import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import DeliveryError
from pamqp.common import FieldTable

from shared.adapters.rabbit.connection import connect, translated
from shared.adapters.rabbit.topology import (
    DLQ,
    ESPERA,
    EVENTOS,
    INTERCAMBIO_DLQ,
    INTERCAMBIO_KEY,
    REENVIO,
    declare_topology,
)
from shared.backoff import Paso
from shared.errors import Unavailable
from shared.messages import Atributos, CambioEstado, ErrorEnvio, Trabajo
from shared.settings import Settings

_XML = "application/xml"
_JSON = "application/json"
_PERSISTENT = 2


class Publisher:
    """One connection that only publishes: a broker in alarm stalls it, and leaves the consuming one alone.

    It connects at the first publish, and again after any failure. Every method returns when the broker has confirmed,
    or raises Unavailable, which means "not known": publish again, and let the consumer be idempotent.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = f"{name} publica"
        self._timeout = settings.rabbit_timeout.total_seconds()
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel
        self._wire: aiormq.Channel | None = None
        """The channel below aio-pika's: it can be told not to wait for each message to have left before the next."""
        self._declared = False
        # Fresh each time: two publishes in flight with one id swap their outcomes.
        serie = uuid4().hex
        self._ids = (f"{serie}-{number}" for number in itertools.count())
        self._connecting = asyncio.Lock()

    async def connect(self) -> None:
        """Connect and declare the topology, unless that is done already."""
        await self._get_wire()

    async def _get_wire(self) -> aiormq.Channel:
        async with self._connecting:
            wire = self._wire
            if wire is not None and not wire.is_closed and self._declared:
                return wire
            try:
                with translated():
                    async with asyncio.timeout(2 * self._timeout):
                        if wire is None or wire.is_closed:
                            await self._drop()
                            wire = await self._open()
                        await declare_topology(self._channel, self._settings.ambiente)
            except BaseException:
                self._wire = None
                raise
            self._wire, self._declared = wire, True
            return wire

    async def publish_firmado(self, trabajo: Trabajo, xml: bytes, atributos: Atributos) -> None:
        """The signed document, to the sender and to all who listen. Unroutable is a failure: the topology is broken."""
        await self._publish(EVENTOS, trabajo.routing_key, xml, _XML, _headers(trabajo) | self._cloud_event(atributos))

    async def publish_reenvio(self, trabajo: Trabajo, xml: bytes) -> None:
        """The signed document once more, to the sender only."""
        await self._publish(REENVIO, trabajo.routing_key, xml, _XML, _headers(trabajo))

    async def publish_espera(self, trabajo: Trabajo, xml: bytes, paso: Paso) -> None:
        """The signed document to the sender, after the time of one step."""
        await self._publish(ESPERA, trabajo.routing_key, xml, _XML, _headers(trabajo) | {"paso": paso.nombre})

    async def publish_dlq(self, trabajo: Trabajo, xml: bytes, error: ErrorEnvio) -> None:
        """The signed document to where it waits for a person, with the cause."""
        headers = _headers(trabajo) | {"causa": error.causa, "codigo": error.codigo, "clave": trabajo.routing_key}
        await self._publish("", DLQ, xml, _XML, headers)

    async def publish_copia(self, id_: str, emisor: str, paso: Paso | None = None) -> None:
        """Work on the exchange copy of a document, now or after the time of one step."""
        headers: FieldTable = {"id": id_, "emisor": emisor}
        if paso is not None:
            headers["paso"] = paso.nombre
        exchange = REENVIO if paso is None else ESPERA
        await self._publish(exchange, f"{INTERCAMBIO_KEY}.{emisor}", b"{}", _JSON, headers)

    async def publish_copia_dlq(self, id_: str, emisor: str, causa: str) -> None:
        """An exchange copy to where it waits for a person. Its address and its envelope stay in the database."""
        await self._publish("", INTERCAMBIO_DLQ, b"{}", _JSON, {"id": id_, "emisor": emisor, "causa": causa})

    async def publish_estado(self, cambio: CambioEstado, atributos: Atributos) -> None:
        """News of a change of state. It is fine that nobody listens."""
        body = cambio.model_dump_json(exclude_none=True).encode()
        headers: FieldTable = {"id": cambio.id, "estado": cambio.estado}
        await self.publish_evento(cambio.routing_key, body, headers, atributos)

    async def publish_evento(self, routing_key: str, body: bytes, headers: FieldTable, atributos: Atributos) -> None:
        """News in JSON, to all who listen. It is fine that nobody does."""
        headers = headers | self._cloud_event(atributos)
        await self._publish(EVENTOS, routing_key, body, _JSON, headers, mandatory=False)

    async def publish(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        headers: FieldTable,
        *,
        mandatory: bool = True,
        correlation_id: str | None = None,
        reply_to: str | None = None,
    ) -> None:
        """A JSON message of another kind. Not `mandatory`: it is fine that nobody is there to get it."""
        await self._publish(
            exchange,
            routing_key,
            body,
            _JSON,
            headers,
            mandatory=mandatory,
            correlation_id=correlation_id,
            reply_to=reply_to,
        )

    async def close(self) -> None:
        await self._drop()

    def _cloud_event(self, atributos: Atributos) -> FieldTable:
        """The attributes as headers (CloudEvents, AMQP protocol binding 1.0.2, section 3.1); the body is the data."""
        return {
            "cloudEvents:specversion": "1.0",
            "cloudEvents:id": atributos.id,
            "cloudEvents:source": f"urn:posta:{self._settings.ambiente}",
            "cloudEvents:type": atributos.tipo,
            "cloudEvents:time": atributos.momento.isoformat(),
            "cloudEvents:subject": atributos.sujeto,
        }

    async def _open(self) -> aiormq.Channel:
        self._connection = await connect(self._settings, self._name)
        self._channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        return cast("aiormq.Channel", await self._channel.get_underlay_channel())

    async def _drop(self) -> None:
        connection, self._connection, self._wire = self._connection, None, None
        if connection is not None and not connection.is_closed:
            with suppress(Unavailable), translated():  # a broker that does not answer is left all the same
                async with asyncio.timeout(self._timeout):
                    await connection.close()

    async def _publish(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        content_type: str,
        headers: FieldTable,
        *,
        mandatory: bool = True,
        correlation_id: str | None = None,
        reply_to: str | None = None,
    ) -> None:
        wire = await self._get_wire()
        properties = aiormq.spec.Basic.Properties(
            content_type=content_type,
            content_encoding="ISO-8859-1" if content_type == _XML else "UTF-8",
            delivery_mode=_PERSISTENT,
            headers=headers,
            message_id=next(self._ids),
            correlation_id=correlation_id,
            reply_to=reply_to,
        )
        try:
            with translated():
                async with asyncio.timeout(self._timeout):
                    await wire.basic_publish(
                        body,
                        exchange=exchange,
                        routing_key=routing_key,
                        properties=properties,
                        mandatory=mandatory,
                        wait=False,
                    )
        except BaseException as error:
            if isinstance(error.__cause__, DeliveryError):  # refused by a broker in good health: a queue may be missing
                self._declared = False
            elif self._wire is wire:  # else somebody has started a new connection already
                self._wire = None  # whatever it was, the next publish starts on a new connection
            raise


def _headers(trabajo: Trabajo) -> FieldTable:
    return {name: value for name, value in trabajo if value is not None}

"""RabbitMQ over TLS: a certificate that is trusted, one that is not, and a file that is none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.adapters.rabbit import DLQ, Consumer, Depths, Entrega, Publisher, work_queue
from shared.dte.tipos import Canal, Prioridad
from shared.errors import Misconfigured, Unavailable
from shared.messages import trabajo_of
from shared.settings import Settings
from tests.conditions import eventually
from tests.records import make_atributos, make_record
from tests.tls import self_signed
from tests.wire import wire_to

DTE = make_record(7)
WORK = work_queue(Canal.BOLETA, Prioridad.NORMAL)


@pytest.fixture
async def secret(settings: Settings, tmp_path: Path) -> AsyncIterator[Settings]:
    """This test's broker behind a self-signed certificate for `localhost`."""
    server_side, _ = self_signed(tmp_path, "localhost")
    async with wire_to(settings.rabbit_host, settings.rabbit_port, server_side) as wire:
        ours = {"rabbit_host": "localhost", "rabbit_port": wire.port, "rabbit_tls": True}
        yield settings.model_copy(update={**ours, "rabbit_ca_file": tmp_path / "tls.pem"})


async def test_everything_is_published_consumed_and_measured_over_tls(secret: Settings) -> None:
    got: list[bytes] = []

    async def handle(entrega: Entrega) -> None:
        got.append(entrega.body)
        await entrega.ack()

    publisher, consumer, depths = Publisher(secret, "prueba"), Consumer(secret, "prueba", 10), Depths(secret, "prueba")
    await publisher.connect()
    await consumer.start([WORK], handle)
    await publisher.publish_firmado(trabajo_of(DTE), DTE.xml, make_atributos(DTE))
    await eventually(lambda: got)
    assert got == [DTE.xml]
    assert (await depths.measure([WORK]))[WORK].consumidores == 1
    for connection in (consumer, publisher, depths):
        await connection.close()


async def test_a_certificate_that_nobody_trusts_is_named(secret: Settings) -> None:
    depths = Depths(secret.model_copy(update={"rabbit_ca_file": None}), "prueba")
    with pytest.raises(Unavailable, match="su certificado no vale aquí: self-signed certificate"):
        await depths.measure([DLQ])


async def test_a_certificate_for_another_host_is_not_taken(secret: Settings) -> None:
    depths = Depths(secret.model_copy(update={"rabbit_host": "127.0.0.1"}), "prueba")
    with pytest.raises(Unavailable, match="su certificado no vale aquí"):
        await depths.measure([DLQ])


@pytest.mark.parametrize("content", [None, "esto no es un certificado"])
async def test_a_file_without_certificates_is_named(secret: Settings, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    depths = Depths(secret.model_copy(update={"rabbit_ca_file": tmp_path / "ca.pem"}), "prueba")
    with pytest.raises(Misconfigured, match="POSTA_RABBIT_CA_FILE"):
        await depths.measure([DLQ])

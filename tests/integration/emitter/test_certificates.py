"""Certificates in a running emitter: another one is used within seconds, one that ends is announced."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from structlog.testing import CapturingLogger

from services.emitter import vigencias
from services.emitter.vigencias import Vigencias
from shared.adapters.keystore import Boveda, open_certificado
from shared.administracion.main import open_admin
from shared.clock import now
from shared.metrics import render
from shared.settings import Settings, require_file
from tests.conditions import eventually
from tests.dte_data import EMISOR, EMISOR_RUT, PASSWORD, make_certificate, make_p12
from tests.emitter_world import RESOLUCIONES, create_world, open_store, request_of, running_emitter, with_authority


def _signed_with(xml: bytes, certificate: Certificate) -> bool:
    der = base64.b64encode(certificate.public_bytes(Encoding.DER))
    return der in xml.replace(b"\n", b"").replace(b"&#13;", b"")


async def test_a_running_emitter_signs_with_the_new_certificate_within_seconds(settings: Settings) -> None:
    world = await create_world(settings)
    renewed = make_certificate("11111111-1", titular="Otra Persona")
    async with running_emitter(world), world.http() as http:
        count = 0

        async def signed_with_the_new_one() -> bool:
            nonlocal count
            count += 1
            enlaces = (await http.post("/v1/dte", **request_of(f"v-{count}"))).json()["enlaces"]
            return _signed_with((await http.get(enlaces["xml"])).content, renewed)

        assert not await signed_with_the_new_one()
        async with open_admin(world.settings) as admin:
            await admin.set_certificado(EMISOR_RUT, make_p12(renewed), PASSWORD)
        await eventually(signed_with_the_new_one)


async def test_a_certificate_that_expired_makes_sales_wait_and_says_so(settings: Settings) -> None:
    world = await create_world(settings)
    expired = make_certificate(desde=datetime(2020, 1, 1, tzinfo=UTC), vigencia=timedelta(days=30))
    boveda = Boveda.from_file(require_file(world.settings.llave_maestra_file, "llave_maestra_file"))
    async with open_store(world.settings) as store:
        await store.companies.set_certificado(
            EMISOR_RUT,
            boveda.encrypt(make_p12(expired)),
            boveda.encrypt(PASSWORD.encode()),
            open_certificado(make_p12(expired), PASSWORD),
        )
    async with running_emitter(world), world.http() as http:
        waiting = await http.post("/v1/dte", **request_of("v"))
        assert waiting.status_code == 503
        assert "venció" in waiting.json()["detail"]
        assert "posta cert set" in waiting.json()["detail"]
        metrics = (await http.get("/metrics")).text
        ours = f'posta_certificado_vence_dias{{emisor="{EMISOR_RUT}"}}'  # other tests of this process left theirs
        [line] = [line for line in metrics.splitlines() if line.startswith(ours)]
        assert float(line.split()[-1]) < 0


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    ours = CapturingLogger()
    monkeypatch.setattr(vigencias, "log", ours)
    return ours


async def test_the_log_hears_of_a_certificate_in_its_last_month_once_a_day(
    settings: Settings, log: CapturingLogger
) -> None:
    async with open_admin(with_authority(settings)) as admin, open_store(settings) as store:
        await admin.create_emisor(EMISOR, RESOLUCIONES)
        await admin.set_certificado(EMISOR_RUT, make_p12(), PASSWORD)
        [emisor] = await admin.list_emisores()
        assert emisor.certificado_vence is not None
        ahora = emisor.certificado_vence
        ours = Vigencias(store.companies, lambda: ahora)
        for dias in (31, 29.5, 29.4, 28.5, 0.5, -0.5, -0.6):
            ahora = emisor.certificado_vence - timedelta(days=dias)
            await ours.review()
    assert [(call.args[0], call.kwargs["dias"], call.method_name) for call in log.calls] == [
        ("certificado_por_vencer", 29, "warning"),
        ("certificado_por_vencer", 28, "warning"),
        ("certificado_por_vencer", 0, "warning"),
        ("certificado_vencido", -1, "error"),
    ]
    assert f'posta_certificado_vence_dias{{emisor="{EMISOR_RUT}"}} -0.6'.encode() in render()


async def test_a_company_without_a_certificate_has_nothing_that_ends(settings: Settings, log: CapturingLogger) -> None:
    async with open_admin(with_authority(settings)) as admin, open_store(settings) as store:
        await admin.create_emisor(EMISOR, RESOLUCIONES)
        await Vigencias(store.companies, now).review()
    assert log.calls == []

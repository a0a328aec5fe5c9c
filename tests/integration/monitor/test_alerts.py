"""Alerts from what is wrong to where somebody reads of it: a mail box and an address of the company's own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response

from deploy.local.ports import free_ports
from services.sandbox.averias_correo import Rechaza
from shared.clock import now
from shared.dte.causa import Causa
from shared.dte.tipos import Canal
from shared.errors import Misconfigured
from shared.lifecycle import serve_http
from shared.messages import EstadoAviso, EstadoEnvio, Motivo, Respuesta
from shared.settings import Settings
from tests.conditions import eventually
from tests.integration.monitor.servicio import monitor_running
from tests.integration.monitor.tienda import Tienda
from tests.integration.test_cli import Posta
from tests.mail_server import servidor_correo

SECRETO = "s" * 40
DESTINO = "turno@tienda.cl"


@dataclass
class Receptor:
    """An address that takes what is posted to it; answers with `status` as long as there are any."""

    port: int
    status: list[int] = field(default_factory=list)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def titulos(self) -> list[str]:
        return [json.loads(body)["data"]["titulo"] for _, body in self.taken]

    @property
    def clases(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.taken]


@asynccontextmanager
async def receptor_running(*status: int) -> AsyncIterator[Receptor]:
    receptor = Receptor(free_ports(1)[0], list(status))
    app, stop = FastAPI(), asyncio.Event()

    @app.post("/alertas")
    async def take(request: Request) -> Response:
        if receptor.status:
            return Response(status_code=receptor.status.pop(0))
        receptor.taken.append((dict(request.headers), await request.body()))
        return Response(status_code=204)

    serving = asyncio.ensure_future(serve_http(app, "127.0.0.1", receptor.port, stop))
    try:
        yield receptor
    finally:
        stop.set()
        await serving


@pytest.fixture
async def tienda(settings: Settings) -> AsyncIterator[Tienda]:
    shop = await Tienda(settings).open()
    yield shop
    await shop.close()


def with_webhook(settings: Settings, receptor: Receptor, tmp_path: Path) -> Settings:
    secreto = tmp_path / "secreto"
    secreto.write_text(SECRETO, encoding="ascii")
    return settings.model_copy(
        update={
            "alertas_webhook_url": f"http://127.0.0.1:{receptor.port}/alertas",
            "alertas_webhook_secret_file": secreto,
            "alertas_revision": timedelta(milliseconds=100),
        }
    )


def with_mail(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"alertas_correo": DESTINO, "alertas_smtp_port": port})


async def reject(tienda: Tienda, cuantos: int) -> None:
    await tienda.reject(await tienda.sell(cuantos), Causa.ESQUEMA, "LSX-00213", "falta GiroRecep")


async def test_a_thousand_rejections_are_one_mail_and_one_post(
    settings: Settings, tienda: Tienda, tmp_path: Path
) -> None:
    tienda.ahora -= timedelta(minutes=1)
    await reject(tienda, 1_000)
    async with receptor_running() as receptor, servidor_correo(tmp_path / "buzon") as servidor:
        both = with_mail(with_webhook(settings, receptor, tmp_path), servidor.port)
        async with monitor_running(both.model_copy(update={"folios_dias_aviso": 0, "folios_dias_critico": 0})):
            await eventually(lambda: bool(receptor.taken and servidor.correos()), within=30)
            tienda.ahora = now()
            await reject(tienda, 5)
            await eventually(lambda: _says(tienda, "5 documentos rechazados"), within=30)
        assert receptor.titulos == ["1.000 documentos rechazados"], "the five wait for the next digest"
        [correo] = servidor.correos()
    assert correo["Subject"] == "[Posta] GRAVE · Alerta: 1.000 documentos rechazados"
    assert correo["To"] == DESTINO
    assert "Por causa: esquema 1.000." in correo.get_content()


async def test_what_is_posted_is_signed_and_says_when_it_is_over(
    settings: Settings, tienda: Tienda, tmp_path: Path
) -> None:
    async with receptor_running() as receptor:
        few = with_webhook(settings, receptor, tmp_path).model_copy(update={"folios_minimo": 1_000_000})
        async with monitor_running(few):
            await eventually(lambda: len(receptor.taken) == 2, within=30)
        assert set(receptor.titulos) == {
            "Pocos folios de boleta electrónica",
            "Pocos folios de factura electrónica",
        }
        headers, body = receptor.taken[0]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        firma = base64.b64encode(hmac.new(SECRETO.encode(), signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{firma}"
        async with monitor_running(with_webhook(settings, receptor, tmp_path)):
            await eventually(lambda: len(receptor.taken) == 4, within=30)
    assert receptor.clases == ["posta.alerta.nueva"] * 2 + ["posta.alerta.resuelta"] * 2
    assert await tienda.store.alertas.vigentes() == []


async def test_several_monitors_tell_it_once(settings: Settings, tienda: Tienda, tmp_path: Path) -> None:
    tienda.ahora -= timedelta(minutes=1)
    await reject(tienda, 2)
    async with receptor_running() as receptor:
        here = with_webhook(settings, receptor, tmp_path)
        there = here.model_copy(update={"monitor_port": free_ports(1)[0]})
        async with monitor_running(here), monitor_running(there):
            await eventually(lambda: bool(receptor.taken), within=30)
            await eventually(lambda: _none_waits(tienda), within=30)
        assert receptor.titulos == ["2 documentos rechazados"]
        assert len(await tienda.store.alertas.latest(None, 10)) == 1


async def test_an_alert_is_on_the_panel(settings: Settings, tienda: Tienda) -> None:
    tienda.ahora -= timedelta(minutes=1)
    await reject(tienda, 1)
    quick = settings.model_copy(update={"alertas_revision": timedelta(milliseconds=100)})
    async with monitor_running(quick) as client:

        async def shown() -> bool:
            return "1 documento rechazado" in (await client.get("/")).text

        await eventually(shown, within=30)
        [alerta] = (await client.get("/api/stats")).json()["alertas"]
        assert (alerta["clase"], alerta["gravedad"]) == ("rechazos", "grave")


@pytest.mark.usefixtures("tienda")
async def test_a_destination_that_is_down_gets_it_later_and_one_that_refuses_never(
    settings: Settings, tmp_path: Path
) -> None:
    async with (
        receptor_running(503) as receptor,
        servidor_correo(tmp_path / "buzon", Rechaza(clase="rechaza", codigo=550)) as servidor,
    ):
        both = with_mail(with_webhook(settings, receptor, tmp_path), servidor.port)
        posta = Posta(both)
        async with monitor_running(both):
            tested = await posta("alerts", "test", "--json")
            assert tested.status == 1
            by_destino = {aviso["destino"]: aviso for aviso in tested.json}
            assert by_destino["webhook"]["estado"] == EstadoAviso.PENDIENTE
            assert by_destino["webhook"]["error"] == "HTTP 503"
            assert by_destino[f"correo:{DESTINO}"]["estado"] == EstadoAviso.APARTADO
            [apartado] = (await posta("alerts", "avisos", "--apartados", "--json")).json
            assert "1 aviso va de nuevo" in (await posta("alerts", "replay", apartado["id"])).salida
            await eventually(lambda: len(servidor.correos()) == 1, within=30)
            await eventually(lambda: len(receptor.taken) == 1, within=60)
    [headers_body] = receptor.taken
    assert json.loads(headers_body[1])["type"] == f"posta.alerta.{Motivo.PRUEBA}"


@pytest.mark.usefixtures("tienda")
async def test_a_test_without_any_destination_says_what_to_set(settings: Settings) -> None:
    answer = await Posta(settings)("alerts", "test")
    assert (answer.status, "POSTA_ALERTAS_WEBHOOK_URL" in answer.error) == (1, True)


@pytest.mark.parametrize(
    ("wrong", "variable"),
    [
        ({"alertas_correo": "turno@tienda.cl, juan"}, "POSTA_ALERTAS_CORREO"),
        ({"alertas_smtp_host": "smtp.tienda.cl"}, "POSTA_ALERTAS_SMTP_SEGURIDAD"),
        ({"alertas_webhook_url": "https://tienda.cl/"}, "POSTA_ALERTAS_WEBHOOK_SECRET_FILE"),
        ({"alertas_remitente": "posta"}, "POSTA_ALERTAS_REMITENTE"),
    ],
)
async def test_a_wrong_setting_is_named_at_the_start(settings: Settings, wrong: dict[str, str], variable: str) -> None:
    with pytest.raises(Misconfigured, match=variable):
        async with monitor_running(settings.model_copy(update=wrong)):
            pass


async def _says(tienda: Tienda, titulo: str) -> bool:
    return titulo in {alerta.titulo for alerta in await tienda.store.alertas.vigentes()}


async def _none_waits(tienda: Tienda) -> bool:
    return not await tienda.store.alertas.latest(EstadoAviso.PENDIENTE, 1)


async def test_a_code_that_the_sii_never_published_is_an_alert_until_a_known_one_comes(
    settings: Settings, tienda: Tienda
) -> None:
    envios, recibido = tienda.store.envios, EstadoEnvio.RECIBIDO
    await envios.add_intent(
        id_="e1",
        emisor="76192083-9",
        canal=Canal.BOLETA,
        documentos=["d1", "d2"],
        archivo="e1.xml",
        contenido=b"<a/>",
        sha256="0" * 64,
        trabajador="t",
    )
    answer = Respuesta(momento=now(), operacion="consulta", desconocido="NUEVO")
    assert await envios.record("e1", recibido, answer, desde=(EstadoEnvio.SUBIENDO,))
    quick = settings.model_copy(update={"alertas_revision": timedelta(milliseconds=100)})
    async with monitor_running(quick):
        await eventually(lambda: stands(tienda, {"codigo:boleta:NUEVO"}))
        assert await envios.record("e1", recibido, Respuesta(momento=now(), operacion="consulta"), desde=(recibido,))
        await eventually(lambda: stands(tienda, set()))


async def stands(tienda: Tienda, claves: set[str]) -> bool:
    """Whether these alerts about codes stand, and no others."""
    vigentes = await tienda.store.alertas.vigentes()
    return {vigente.clave for vigente in vigentes if vigente.clave.startswith("codigo:")} == claves

"""Pauses on their page, on the panel and in the API: who may, what is said, and what is on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.monitor.formato import format_rut
from shared.clock import now
from shared.cuentas import Rol
from shared.dte.causa import Causa
from shared.messages import ClasePausa, EmisorGuardado, Pausa
from shared.settings import Settings
from tests.conditions import eventually
from tests.dte_data import EMISOR
from tests.integration.monitor.servicio import create_token, monitor_running
from tests.integration.monitor.test_acceso import csrf_of
from tests.integration.monitor.test_cuentas import jefa  # noqa: F401 - a fixture
from tests.integration.monitor.tienda import EMISOR as RUT
from tests.integration.monitor.tienda import Tienda

PEDIDO = {"clase": "canal", "objeto": "factura", "motivo": "mantención del SII"}


async def add_company(tienda: Tienda) -> None:
    datos = EMISOR.model_dump(mode="json")
    await tienda.store.companies.save_emisor(EmisorGuardado(rut=RUT, datos=datos, resoluciones={}))


async def test_a_channel_is_paused_and_resumed_on_its_page(monitor: httpx.AsyncClient, tienda: Tienda) -> None:
    assert "Sí, pausar Facturas" in (await monitor.get("/pausas")).text
    made = await monitor.post("/pausas", data=PEDIDO)
    assert (made.status_code, made.headers["location"]) == (303, "/pausas")
    (pausa,) = await tienda.store.pausas.all()
    assert (pausa.clase, pausa.objeto, pausa.motivo) == (ClasePausa.CANAL, "factura", "mantención del SII")
    page = (await monitor.get("/pausas")).text
    assert "mantención del SII" in page
    assert "Sí, reanudar Facturas" in page
    twice = await monitor.post("/pausas", data=PEDIDO)
    assert (twice.status_code, "ya está en pausa" in twice.text) == (409, True)
    gone = await monitor.post("/pausas/quitar", data={**PEDIDO, "motivo": ""})
    assert gone.status_code == 303
    assert await tienda.store.pausas.all() == []
    assert (await monitor.post("/pausas/quitar", data=PEDIDO)).status_code == 409
    acts = [(a.accion, a.objeto, a.fase) for a in await tienda.store.auditoria.list() if a.accion.startswith("pausa.")]
    assert acts == [
        ("pausa.poner", "canal:factura", "intento"), ("pausa.poner", "canal:factura", "hecho"),
        ("pausa.quitar", "canal:factura", "intento"), ("pausa.quitar", "canal:factura", "hecho"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cambio", "dicho"),
    [
        ({"motivo": "  "}, "diga por qué"),
        ({"clase": "emisor", "objeto": "76192083-1"}, "dígito verificador"),
        ({"clase": "emisor", "objeto": "11111111-1"}, "no hay una empresa"),
        ({"objeto": "facturas"}, "boleta, factura, dtebox"),
        ({"motivo": "x" * 201}, "tiene 201"),
    ],
)
async def test_what_is_wrong_is_named_on_the_page_and_in_the_api(
    monitor: httpx.AsyncClient, tienda: Tienda, cambio: dict[str, str], dicho: str
) -> None:
    page = await monitor.post("/pausas", data={**PEDIDO, **cambio})
    assert (page.status_code, dicho in page.text) == (422, True)
    answer = await monitor.post("/api/pausas", json={**PEDIDO, **cambio})
    assert (answer.status_code, dicho in answer.json()["detail"]) == (422, True)
    assert await tienda.store.pausas.all() == []


async def test_a_company_is_paused_over_the_api_and_the_panel_counts_what_is_held(
    monitor: httpx.AsyncClient, tienda: Tienda
) -> None:
    await add_company(tienda)
    pedido = {"clase": "emisor", "objeto": format_rut(RUT), "motivo": "certificado en duda"}
    made = await monitor.post("/api/pausas", json=pedido)
    assert made.status_code == 201
    assert made.json()["objeto"] == RUT
    assert (await monitor.post("/api/pausas", json=pedido)).status_code == 409
    ids = await tienda.sell(3)
    assert await tienda.store.detenidos.hold(ids) == set(ids)
    await eventually(lambda: _counts_detenidos(monitor, 3))
    stats = (await monitor.get("/api/stats?limit=0")).json()
    (pausa,) = stats["pausas"]
    assert (pausa["objeto"], pausa["motivo"]) == (RUT, "certificado en duda")
    panel = (await monitor.get("/")).text
    assert "certificado en duda" in panel
    assert "3 documentos detenidos" in " ".join(panel.split())
    assert "en pausa</a>" in (await monitor.get(f"/documentos/{ids[0]}")).text
    assert (await monitor.get("/api/pausas")).json() == [pausa]
    ended = await monitor.delete(f"/api/pausas/emisor/{RUT}", params={"motivo": "renovado"})
    assert (ended.status_code, ended.json()) == (200, pausa)
    assert (await monitor.delete(f"/api/pausas/emisor/{RUT}")).status_code == 422
    assert "renovado" in [asiento.motivo for asiento in await tienda.store.auditoria.list()]


async def _counts_detenidos(monitor: httpx.AsyncClient, wanted: int) -> bool:
    stats: dict[str, Any] = (await monitor.get("/api/stats?limit=0")).json()
    return bool(stats["pausas"]) and stats["detenidos"].get(RUT) == wanted


async def test_a_replay_says_on_its_page_that_its_documents_wait_for_a_pause_to_end(
    monitor: httpx.AsyncClient, tienda: Tienda
) -> None:
    await add_company(tienda)
    ids = await tienda.sell(2)
    await tienda.postpone(ids, Causa.ESQUEMA, "LSX-00213", espera=None)
    pedido = {"clase": "emisor", "objeto": RUT, "motivo": "certificado en duda"}
    assert (await monitor.post("/api/pausas", json=pedido)).status_code == 201
    begun = await monitor.post("/api/operaciones", json={"todo": True, "canario": False, "motivo": "arreglado"})
    page = f"/reenvios/{begun.json()['id']}"
    await eventually(lambda: _says_twice(monitor, page, "Detenido: en pausa"))
    shown = (await monitor.get(page)).text
    assert "Detenidos: la empresa 76.192.083-9 está en pausa. La puso token:prueba" in shown
    assert "por «certificado en duda»" in shown
    assert (await monitor.delete(f"/api/pausas/emisor/{RUT}")).status_code == 200
    assert "Detenidos" not in (await monitor.get(page)).text


async def _says_twice(monitor: httpx.AsyncClient, page: str, words: str) -> bool:
    return (await monitor.get(page)).text.count(words) == 2


async def test_who_may_only_look_sees_the_pauses_and_no_buttons(settings: Settings, tienda: Tienda) -> None:
    await tienda.store.pausas.add(
        Pausa(clase=ClasePausa.CANAL, objeto="boleta", motivo="prueba", quien="ana@x", desde=now())
    )
    async with monitor_running(settings) as client:
        client.headers["Authorization"] = f"Bearer {await create_token(settings, Rol.LECTURA)}"
        page = (await client.get("/pausas")).text
        assert "prueba" in page
        assert "<form" not in page.partition('id="contenido"')[2].partition("</main>")[0]
        for path in ("/pausas", "/pausas/quitar"):
            assert (await client.post(path, data=PEDIDO)).status_code == 403
        assert (await client.post("/api/pausas", json=PEDIDO)).status_code == 403
        assert (await client.delete("/api/pausas/canal/boleta")).status_code == 403
        client.headers["Authorization"] = f"Bearer {await create_token(settings, Rol.OPERADOR)}"
        assert (await client.delete("/api/pausas/canal/boleta")).status_code == 200
        assert (await client.post("/pausas", data=PEDIDO)).status_code == 303


async def test_a_form_wants_the_sessions_token(jefa: httpx.AsyncClient, tienda: Tienda) -> None:  # noqa: F811
    token = jefa.headers.pop("X-CSRF-Token")
    assert (await jefa.post("/pausas", data=PEDIDO)).status_code == 403
    assert await tienda.store.pausas.all() == []
    assert token == await csrf_of(jefa)
    assert (await jefa.post("/pausas", data={**PEDIDO, "csrf": token})).status_code == 303
    (pausa,) = await tienda.store.pausas.all()
    assert pausa.quien == "jefa@127.0.0.1"


async def test_the_alert_of_a_deadline_says_that_its_company_is_paused(settings: Settings, tienda: Tienda) -> None:
    quick = settings.model_copy(update={"alertas_revision": timedelta(milliseconds=100)})
    await add_company(tienda)
    async with monitor_running(quick) as monitor:
        await monitor.post("/api/pausas", json={"clase": "emisor", "objeto": RUT, "motivo": "prueba"})
        await eventually(lambda: _has_pausas(monitor))
        tienda.ahora = now() - timedelta(minutes=50)
        await tienda.sell(2)
        dtes = tienda.store._mongo.database.dtes
        await dtes.update_many({}, {"$set": {"aviso_plazo": "por_vencer"}})
        assert sum((await tienda.store.plazos.count([RUT])).values()) == 2
        assert await tienda.store.plazos.count(["11111111-1"]) == {}
        page = await eventually(lambda: _alerts_with(monitor, "son de empresas en pausa"))
        assert "Quite la pausa" in page


async def _has_pausas(monitor: httpx.AsyncClient) -> bool:
    return bool((await monitor.get("/api/stats?limit=0")).json()["pausas"])


async def _alerts_with(monitor: httpx.AsyncClient, words: str) -> str:
    page = (await monitor.get("/alertas")).text
    return page if words in page else ""

"""Alerts on their page and in the API: what is wrong, what was told of it, and what to do when nobody heard."""

from __future__ import annotations

from pathlib import Path

import httpx

from shared.cuentas import Rol
from shared.settings import Settings
from tests.conditions import eventually
from tests.integration.monitor.servicio import create_token, monitor_running
from tests.integration.monitor.test_alerts import receptor_running, reject, with_webhook
from tests.integration.monitor.tienda import Tienda

PRUEBA = "Prueba: Prueba de alertas"


async def test_a_test_that_is_refused_is_seen_on_the_page_and_sent_again_from_it(
    settings: Settings, tienda: Tienda, tmp_path: Path
) -> None:
    async with receptor_running(410) as receptor, monitor_running(with_webhook(settings, receptor, tmp_path)) as client:
        assert "Se avisa a webhook." in (await client.get("/alertas")).text
        asked = await client.post("/alertas/prueba")
        assert (asked.status_code, asked.headers["location"]) == (303, "/alertas#enviados")
        page = await eventually(lambda: _page_with(client, "No se pudo entregar"))
        assert "HTTP 410" in page
        assert PRUEBA in page
        again = await client.post("/alertas/avisos/reenviar", data={"todo": "true"})
        assert again.status_code == 303
        page = await eventually(lambda: _page_with(client, "Entregado"))
        assert "Reenviar los no entregados" not in page
    assert len(receptor.taken) == 1
    actions = [asiento.accion for asiento in await tienda.store.auditoria.list(desde=1, limite=100)]
    assert [action for action in actions if action.startswith("alertas.")] == [
        "alertas.prueba", "alertas.prueba", "alertas.replay", "alertas.replay",
    ]  # fmt: skip


async def test_what_is_wrong_and_what_is_over_is_told(settings: Settings, tienda: Tienda, tmp_path: Path) -> None:
    async with receptor_running() as receptor, monitor_running(with_webhook(settings, receptor, tmp_path)) as client:
        await reject(tienda, 3)
        page = await eventually(lambda: _page_with(client, "3 documentos rechazados"))
        assert "esquema 3" in page
        vigentes = {alerta["clave"]: alerta for alerta in (await client.get("/api/alertas")).json()}
        assert vigentes["rechazos"]["resuelta"] is None
        avisos = await eventually(lambda: _delivered(client))
        assert avisos[0]["alerta"]["clase"] == "rechazos"
        assert "rechazos" not in await _resueltas(client)
        assert await tienda.store.alertas.resolve("rechazos")
        assert "rechazos" in await eventually(lambda: _resueltas(client))
        await eventually(lambda: _page_with(client, 'id="t-resueltas"'))


async def test_the_api_does_what_the_page_does(settings: Settings, tmp_path: Path) -> None:
    async with receptor_running(404) as receptor, monitor_running(with_webhook(settings, receptor, tmp_path)) as client:
        made = await client.post("/api/alertas/prueba", json={"motivo": "turno nuevo"})
        assert (made.status_code, made.json()[0]["destino"]) == (201, "webhook")
        [dead] = await eventually(lambda: _apartados(client))
        for wrong in ({}, {"ids": [dead["id"]], "todo": True}):
            refused = await client.post("/api/alertas/avisos/reenviar", json=wrong)
            assert (refused.status_code, "diga «todo»" in refused.text) == (422, True)
        replayed = await client.post("/api/alertas/avisos/reenviar", json={"ids": [dead["id"]]})
        assert replayed.json() == {"reenviados": 1}
        await eventually(lambda: _delivered(client))
        assert (await client.post("/api/alertas/avisos/reenviar", json={"todo": True})).json() == {"reenviados": 0}


async def test_who_may_only_look_sees_no_buttons_and_cannot_press_them(settings: Settings, tmp_path: Path) -> None:
    async with receptor_running(404) as receptor, monitor_running(with_webhook(settings, receptor, tmp_path)) as client:
        await client.post("/api/alertas/prueba", json={})
        await eventually(lambda: _apartados(client))
        client.headers["Authorization"] = f"Bearer {await create_token(settings, Rol.LECTURA)}"
        page = (await client.get("/alertas")).text
        assert "No se pudo entregar" in page
        assert "<form" not in page.partition('id="contenido"')[2].partition("</main>")[0]
        for path in ("/alertas/prueba", "/api/alertas/prueba", "/alertas/avisos/reenviar"):
            assert (await client.post(path, json={"todo": True})).status_code == 403


async def test_without_a_destination_the_page_says_what_to_set(monitor: httpx.AsyncClient) -> None:
    page = (await monitor.get("/alertas")).text
    assert "POSTA_ALERTAS_WEBHOOK_URL" in page
    assert "Probar los avisos" not in page
    refused = await monitor.post("/api/alertas/prueba", json={})
    assert (refused.status_code, "POSTA_ALERTAS_CORREO" in refused.json()["detail"]) == (422, True)


async def _page_with(client: httpx.AsyncClient, words: str) -> str:
    page = (await client.get("/alertas")).text
    return page if words in page else ""


async def _apartados(client: httpx.AsyncClient) -> list[dict[str, str]]:
    found: list[dict[str, str]] = (await client.get("/api/alertas/avisos", params={"estado": "apartado"})).json()
    return found


async def _delivered(client: httpx.AsyncClient) -> list[dict[str, dict[str, str]]]:
    found: list[dict[str, dict[str, str]]] = (
        await client.get("/api/alertas/avisos", params={"estado": "entregado"})
    ).json()
    return found


async def _resueltas(client: httpx.AsyncClient) -> list[str]:
    return [alerta["clave"] for alerta in (await client.get("/api/alertas/resueltas")).json()]

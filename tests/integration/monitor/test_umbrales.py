"""Thresholds on their page and in the API: who may change them, what is refused, and that alerts obey at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.cuentas import Rol
from shared.messages.umbral import Umbral
from shared.settings import Settings
from tests.conditions import eventually
from tests.integration.monitor.servicio import create_token, monitor_running
from tests.integration.monitor.tienda import Tienda

AVISO = "/umbrales/folios_dias_aviso"


async def shown(monitor: httpx.AsyncClient, umbral: Umbral) -> dict[str, Any]:
    found: dict[str, Any] = {each["umbral"]: each for each in (await monitor.get("/api/umbrales")).json()}[umbral]
    return found


async def test_a_threshold_is_changed_on_the_page_and_goes_back_to_its_default(
    monitor: httpx.AsyncClient, tienda: Tienda, settings: Settings
) -> None:
    assert "Es el valor por defecto." in (await monitor.get("/umbrales")).text
    changed = await monitor.post(AVISO, data={"valor": "40", "motivo": "se acerca Navidad"})
    assert (changed.status_code, changed.headers["location"]) == (303, "/umbrales")
    page = (await monitor.get("/umbrales")).text
    assert f"Por defecto {settings.folios_dias_aviso}; lo cambió token:prueba" in page
    assert 'value="40"' in page
    back = await monitor.post(f"{AVISO}/defecto")
    assert back.status_code == 303
    umbral = await shown(monitor, Umbral.FOLIOS_DIAS_AVISO)
    assert (umbral["valor"], umbral["quien"]) == (settings.folios_dias_aviso, None)
    acts = [(a.accion, a.fase, a.motivo) for a in await tienda.store.auditoria.list() if a.accion.startswith("umbral.")]
    assert acts == [
        ("umbral.set", "intento", "se acerca Navidad"), ("umbral.set", "hecho", "se acerca Navidad"),
        ("umbral.reset", "intento", ""), ("umbral.reset", "hecho", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("umbral", "valor", "dicho"),
    [
        (Umbral.FOLIOS_DIAS_AVISO, "366", "entre 0 y 365 días"),
        (Umbral.FOLIOS_DIAS_AVISO, "muchos", "número entero"),
        (Umbral.FOLIOS_DIAS_AVISO, "2", "no puede ser más que aviso (2 días): cambie primero el otro"),
        (Umbral.FOLIOS_DIAS_CRITICO, "16", "baje éste, o suba primero el del aviso"),
        (Umbral.PLAZO_BOLETA_AVISO, "60", "entre 1 y 59 minutos"),
        (Umbral.DIAS_VENCIMIENTO, "-1", "entre 1 y 365 días"),
    ],
)
async def test_what_is_wrong_is_named_with_its_remedy(
    monitor: httpx.AsyncClient, tienda: Tienda, umbral: Umbral, valor: str, dicho: str
) -> None:
    page = await monitor.post(f"/umbrales/{umbral}", data={"valor": valor})
    assert page.status_code == 422
    assert f"{umbral.definicion.nombre}: " in page.text
    assert dicho in page.text
    if valor.lstrip("-").isdigit():
        answer = await monitor.put(f"/api/umbrales/{umbral}", json={"valor": int(valor)})
        assert (answer.status_code, dicho in answer.json()["detail"]) == (422, True)
    assert await tienda.store.umbrales.all() == {}


@pytest.mark.parametrize("valor", [False, True, "40", 40.0, None])
async def test_a_threshold_is_a_number_and_nothing_that_python_would_take_for_one(
    monitor: httpx.AsyncClient, tienda: Tienda, valor: object
) -> None:
    answer = await monitor.put("/api/umbrales/folios_minimo", json={"valor": valor})
    said = answer.json()["detail"]
    assert (answer.status_code, said) == (422, "valor: se espera un número entero, como 5, sin comillas [int_type]")
    assert await tienda.store.umbrales.all() == {}


async def test_alerts_obey_a_new_threshold_at_once(settings: Settings, tienda: Tienda) -> None:
    calm = {"folios_dias_aviso": 0, "folios_dias_critico": 0, "folios_minimo": 0}
    quick = {"alertas_revision": timedelta(milliseconds=100)}
    async with monitor_running(settings.model_copy(update={**calm, **quick})) as client:
        await tienda.sell(1)
        made = await client.put("/api/umbrales/folios_minimo", json={"valor": 1_000_000, "motivo": "prueba"})
        assert (made.status_code, made.json()["valor"], made.json()["defecto"]) == (200, 1_000_000, 0)
        await eventually(lambda: _low_on_folios(client))
        gone = await client.delete("/api/umbrales/folios_minimo")
        assert (gone.status_code, gone.json()["valor"], gone.json()["quien"]) == (200, 0, None)
        await eventually(lambda: _well_off(client))


async def _low_on_folios(client: httpx.AsyncClient) -> bool:
    return any(alerta["clase"] == "folios" for alerta in (await client.get("/api/alertas")).json())


async def _well_off(client: httpx.AsyncClient) -> bool:
    return not await _low_on_folios(client)


async def test_only_an_administrator_changes_them(settings: Settings, tienda: Tienda) -> None:
    async with monitor_running(settings) as client:
        for rol in (Rol.LECTURA, Rol.OPERADOR):
            client.headers["Authorization"] = f"Bearer {await create_token(settings, rol)}"
            page = (await client.get("/umbrales")).text
            assert "Es el valor por defecto." in page
            assert "<form" not in page.partition('id="contenido"')[2].partition("</main>")[0]
            assert (await client.post(AVISO, data={"valor": "40"})).status_code == 403
            assert (await client.post(f"{AVISO}/defecto")).status_code == 403
            assert (await client.put("/api/umbrales/folios_minimo", json={"valor": 1})).status_code == 403
            assert (await client.delete("/api/umbrales/folios_minimo")).status_code == 403
        assert await tienda.store.umbrales.all() == {}
        assert (await client.put("/api/umbrales/nada", json={"valor": 1})).status_code in (403, 422)

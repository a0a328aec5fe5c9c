"""Companies over HTTP: who may do what, for what reason; their form; and what is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.monitor.limites import CUERPO_MAX
from shared.adapters.mongo.auditoria import Fase
from shared.cuentas import Rol
from shared.settings import Settings
from tests.dte_data import EMISOR_RUT, RECEPTOR_RUT
from tests.emitter_world import open_store
from tests.integration.monitor.empresas import CAMINO, EMPRESA, POR, RANGO, caf_of, p12_of
from tests.integration.monitor.servicio import create_token, monitor_running

CHANGES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/api/empresas", {"json": {**EMPRESA, "rut": RECEPTOR_RUT}, "params": POR}),
    ("PUT", CAMINO, {"json": EMPRESA, "params": POR}),
    ("PUT", f"{CAMINO}/certificado", p12_of()),
    ("DELETE", f"{CAMINO}/certificado", {"params": POR}),
    ("POST", f"{CAMINO}/caf", caf_of()),
    ("POST", f"{CAMINO}/caf/{RANGO}/anular", {"json": {"desde": 5, **POR}}),
    ("POST", f"{CAMINO}/caf/{RANGO}/asignar", {"json": POR}),
    ("POST", f"{CAMINO}/terminales", {"json": {"tienda": "Centro", "caja": "7", **POR}}),
    ("DELETE", f"{CAMINO}/terminales/x", {"params": POR}),
    ("PUT", f"{CAMINO}/correo", {"json": {"activo": False, **POR}}),
    ("PUT", f"{CAMINO}/dtebox", {"json": {"url": "https://x.cl", "llave": "12345678", **POR}}),
    ("GET", "/empresas/nueva", {}),
    ("POST", "/empresas", {"data": POR}),
    ("GET", f"/empresas/{EMISOR_RUT}/editar", {}),
    ("POST", f"/empresas/{EMISOR_RUT}/editar", {"data": POR}),
    ("POST", f"/empresas/{EMISOR_RUT}/certificado", p12_of()),
    ("POST", f"/empresas/{EMISOR_RUT}/certificado/retirar", {"data": POR}),
    ("POST", f"/empresas/{EMISOR_RUT}/caf", caf_of()),
    ("POST", f"/empresas/{EMISOR_RUT}/caf/{RANGO}/anular", {"data": {"desde": "5", **POR}}),
    ("POST", f"/empresas/{EMISOR_RUT}/caf/{RANGO}/asignar", {"data": POR}),
    ("POST", f"/empresas/{EMISOR_RUT}/terminales", {"data": {"tienda": "Centro", "caja": "7", **POR}}),
    ("POST", f"/empresas/{EMISOR_RUT}/terminales/x/revocar", {"data": POR}),
    ("POST", f"/empresas/{EMISOR_RUT}/correo", {"data": {"activo": "false", **POR}}),
    ("POST", f"/empresas/{EMISOR_RUT}/dtebox", {"data": {"url": "https://x.cl", "llave": "12345678", **POR}}),
]
VIEWS = (
    "/empresas",
    f"/empresas/{EMISOR_RUT}",
    f"/empresas/{EMISOR_RUT}/caf/{RANGO}",
    "/api/empresas",
    CAMINO,
    f"{CAMINO}/caf/{RANGO}",
)


@pytest.mark.parametrize("rol", [Rol.LECTURA, Rol.OPERADOR])
async def test_only_an_administrator_changes_anything_and_all_may_look(
    settings: Settings, api: httpx.AsyncClient, rol: Rol
) -> None:
    assert (await api.post(f"{CAMINO}/caf", **caf_of())).status_code == 201
    before = (await api.get(CAMINO)).json()
    headers = {"Authorization": f"Bearer {await create_token(settings, rol)}"}
    async with httpx.AsyncClient(base_url=api.base_url, headers=headers, timeout=60) as other:
        for method, path, content in CHANGES:
            assert (await other.request(method, path, **content)).status_code == 403, f"{method} {path}"
        for path in VIEWS:
            seen = await other.get(path)
            assert seen.status_code == 200, path
            assert 'action="/empresas' not in seen.text, "nothing is offered that is refused"
    assert (await api.get(CAMINO)).json() == before


async def test_nothing_is_done_without_a_reason_and_every_reason_is_on_record(
    settings: Settings, api: httpx.AsyncClient
) -> None:
    assert (await api.post(f"{CAMINO}/caf", **caf_of())).status_code == 201
    for method, path, content in CHANGES:
        if path.startswith("/api"):
            silent: dict[str, Any] = {
                key: {name: value for name, value in values.items() if name != "motivo"}
                for key, values in content.items()
            }
            answer = await api.request(method, path, **silent)
            assert (answer.status_code, "motivo" in answer.text) == (422, True), f"{method} {path}"
    assert (await api.post(f"{CAMINO}/terminales", json={"tienda": "Sur", "caja": "1", "motivo": "abre"})).is_success
    async with open_store(settings) as store:
        asientos = await store.auditoria.list()
        verificacion = await store.auditoria.verify()
    acts = [(one.accion, one.motivo, one.fase) for one in asientos if one.quien == "token:prueba@127.0.0.1"]
    assert verificacion.falla == ""
    assert [act for act in acts if act[2] is Fase.HECHO] == [
        ("emisor.create", POR["motivo"], Fase.HECHO),
        ("caf.import", POR["motivo"], Fase.HECHO),
        ("terminal.create", "abre", Fase.HECHO),
    ]


async def test_a_form_fills_in_a_company_and_keeps_what_was_typed_when_it_is_wrong(api: httpx.AsyncClient) -> None:
    form = {
        "rut": RECEPTOR_RUT,
        "razon_social": "Otra <b>SpA</b>",
        "giro": "Ferretería",
        "acteco": "471990, 475201",
        "direccion": "Calle Dos 4",
        "comuna": "Ñuñoa",
        "boleta_fecha": "2026-02-03",
        "boleta_numero": "80",
        "proveedor": "sii",
        **POR,
    }
    wrong = await api.post("/empresas", data={**form, "giro": "", "boleta_numero": ""})
    assert wrong.status_code == 422
    for words in ("falta «giro»", "falta «numero»", "Otra &lt;b&gt;SpA&lt;/b&gt;", "471990, 475201", POR["motivo"]):
        assert words in wrong.text
    made = await api.post("/empresas", data=form)
    assert (made.status_code, made.headers["location"]) == (303, f"/empresas/{RECEPTOR_RUT}")
    twice = await api.post("/empresas", data=form)
    assert (twice.status_code, "ya está registrada" in twice.text) == (409, True)
    edit = await api.get(f"/empresas/{RECEPTOR_RUT}/editar")
    assert 'value="471990, 475201"' in edit.text
    assert (await api.post(f"/empresas/{RECEPTOR_RUT}/editar", data={**form, "giro": "Pinturas"})).status_code == 303
    shown = (await api.get(f"/api/empresas/{RECEPTOR_RUT}")).json()
    assert (shown["datos"]["giro"], shown["datos"]["acteco"]) == ("Pinturas", [471990, 475201])
    assert shown["resoluciones"] == {"boleta": {"fecha": "2026-02-03", "numero": 80}}
    assert "Otra &lt;b&gt;SpA" in (await api.get("/empresas")).text


async def test_what_is_not_there_is_not_found(api: httpx.AsyncClient) -> None:
    for path in ("/empresas/76000000-0", "/empresas/nadie", f"/empresas/{EMISOR_RUT}/caf/nada"):
        for prefix in ("", "/api"):
            assert (await api.get(prefix + path)).status_code == 404, path


async def test_a_body_that_is_no_form_is_refused_in_spanish(api: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await api.post(f"{CAMINO}/caf", content=b"--y\r\n\r\n", headers=headers)
    assert (answer.status_code, "mal formado" in answer.json()["detail"]) == (400, True)
    wrong = await api.post(f"{CAMINO}/terminales", json={"tiendas": "x", "por_segundo": "mucho"})
    assert {falla["ruta"]: falla["mensaje"] for falla in wrong.json()["fallas"]} == {
        "tiendas": "no es un campo de esta petición: quítelo",
        "por_segundo": "se espera un número",
    }


async def test_more_than_any_certificate_or_caf_is_not_even_read(api: httpx.AsyncClient) -> None:
    files = {"archivo": ("caf.xml", b"x" * (5 * CUERPO_MAX))}
    answer = await api.post(f"{CAMINO}/caf", files=files, data=POR)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert "se admiten hasta 2 MB. Un CAF tiene hasta 20 kB" in answer.json()["detail"]
    page = await api.post(f"/empresas/{EMISOR_RUT}/certificado", files=files, data=POR)
    assert (page.status_code, page.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert "<h1>Es demasiado grande</h1>" in page.text
    assert "un certificado hasta 100 kB: vuelva y elija otro archivo." in page.text
    assert page.headers["content-security-policy"]

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    without_length = await api.put(CAMINO, content=endless(), headers={"Content-Type": "application/json"})
    assert (without_length.status_code, "se admiten hasta 2 MB" in without_length.json()["detail"]) == (413, True)
    assert (await api.get(CAMINO)).json()["certificado"]["estado"] == "falta"


async def test_without_a_master_key_a_monitor_shows_and_changes_nothing(settings: Settings) -> None:
    async with monitor_running(settings.model_copy(update={"llave_maestra_file": None})) as client:
        assert (await client.get("/api/empresas")).json() == []
        refused = await client.post("/api/empresas", json=EMPRESA, params=POR)
        assert (refused.status_code, "POSTA_LLAVE_MAESTRA_FILE" in refused.text) == (503, True)
        page = await client.post("/empresas", data=POR)
        assert (page.status_code, "POSTA_LLAVE_MAESTRA_FILE" in page.text) == (503, True)


async def test_the_api_describes_every_route_of_companies(api: httpx.AsyncClient) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]
    documented = {
        (method.upper(), path) for path, methods in paths.items() for method in methods if "/api/empresas" in path
    }
    assert len(documented) == 14
    assert ("POST", "/api/empresas/{rut}/caf") in documented
    schema = paths["/api/empresas"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/FichaEmpresa"}
    assert "/api/empresas/{rut}/caf" in (await api.get("/docs")).text

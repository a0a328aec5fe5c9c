"""Companies over HTTP: what is done, and what is said when something is wrong."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.dte.existencias import Destino
from shared.dte.tipos import TipoDte
from shared.settings import Settings
from tests.dte_data import EMISOR_RUT, PASSWORD, RECEPTOR_RUT, make_caf_xml, make_certificate, make_p12
from tests.emitter_world import open_store
from tests.integration.monitor.empresas import CAMINO, EMPRESA, POR, RANGO, caf_of, p12_of
from tests.records import make_record


async def test_a_company_is_registered_once_changed_and_listed(api: httpx.AsyncClient) -> None:
    twice = await api.post("/api/empresas", json=EMPRESA, params=POR)
    assert (twice.status_code, "ya está registrada" in twice.json()["detail"]) == (409, True)
    await api.put(f"{CAMINO}/certificado", **p12_of())
    changed = await api.put(CAMINO, json={**EMPRESA, "giro": "Almacén", "limite_por_minuto": 600}, params=POR)
    assert changed.json()["datos"]["giro"] == "Almacén"
    assert changed.json()["certificado"]["estado"] == "vigente", "new data, the same certificate"
    [listed] = (await api.get("/api/empresas")).json()
    assert (listed["rut"], listed["limite_por_minuto"], listed["proveedor"]) == (EMISOR_RUT, 600, "sii")
    assert (listed["ambiente"], listed["intercambio"], listed["folios"]) == ("certificacion", False, [])
    other = await api.put(CAMINO, json={**EMPRESA, "rut": RECEPTOR_RUT}, params=POR)
    assert (other.status_code, "el RUT no se cambia" in other.json()["detail"]) == (422, True)


async def test_of_two_who_register_a_company_at_once_one_does(api: httpx.AsyncClient) -> None:
    other = {**EMPRESA, "rut": RECEPTOR_RUT}
    answers = await asyncio.gather(*(api.post("/api/empresas", json=other, params=POR) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert all("ya está registrada" in answer.json()["detail"] for answer in answers if answer.status_code == 409)


async def test_every_fault_of_a_company_is_named_with_its_path(api: httpx.AsyncClient) -> None:
    wrong = {**EMPRESA, "rut": "1-1", "acteco": ["x"], "resoluciones": {"boleta": {"fecha": "ayer"}}, "girro": "x"}
    answer = await api.post("/api/empresas", json=wrong, params=POR)
    assert answer.status_code == 422
    rutas = {falla["ruta"] for falla in answer.json()["fallas"]}
    assert rutas == {"rut", "acteco[0]", "resoluciones.boleta.fecha", "resoluciones.boleta.numero", "girro"}
    none = await api.post("/api/empresas", json={**EMPRESA, "resoluciones": {}}, params=POR)
    assert (none.status_code, "resoluci" in none.json()["detail"]) == (422, True)


async def test_a_certificate_is_put_shown_and_retired_without_its_secrets(
    settings: Settings, api: httpx.AsyncClient
) -> None:
    put = await api.put(f"{CAMINO}/certificado", **p12_of())
    assert (put.status_code, put.json()["titular"], put.json()["rut"]) == (200, "María Peña", "12345678-5")
    shown = (await api.get(CAMINO)).json()["certificado"]
    assert (shown["estado"], shown["titular"], shown["rut"]) == ("vigente", "María Peña", "12345678-5")
    async with open_store(settings) as store:
        emisor = await store.companies.get_emisor(EMISOR_RUT)
        assert emisor is not None
        assert emisor.certificado is not None
        assert make_p12()[:40] not in emisor.certificado
        told = " ".join(str(asiento) for asiento in await store.auditoria.list())
    assert PASSWORD not in told + put.text + (await api.get(CAMINO)).text

    assert (await api.delete(f"{CAMINO}/certificado", params=POR)).status_code == 204
    assert (await api.get(CAMINO)).json()["certificado"]["estado"] == "falta"
    again = await api.delete(f"{CAMINO}/certificado", params=POR)
    assert (again.status_code, "no tiene certificado" in again.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("archivo", "contrasena", "words"),
    [
        (None, "otra cosa", "la contraseña del certificado no es correcta"),
        (b"no es", PASSWORD, "el certificado no se puede abrir"),
        (b"", PASSWORD, "no llegó ningún archivo"),
        (b"x" * 100_001, PASSWORD, "tiene 100001 bytes"),
        (
            make_p12(make_certificate(desde=datetime(2020, 1, 1, tzinfo=UTC), vigencia=timedelta(days=9))),
            PASSWORD,
            "venció el 2020-01-10: renuévelo",
        ),
    ],
)
async def test_a_certificate_that_is_no_good_says_why_and_changes_nothing(
    api: httpx.AsyncClient, archivo: bytes | None, contrasena: str, words: str
) -> None:
    files = {"archivo": ("yo.p12", make_p12() if archivo is None else archivo)}
    answer = await api.put(f"{CAMINO}/certificado", files=files, data={**POR, "contrasena": contrasena})
    assert (answer.status_code, words in answer.json()["detail"]) == (422, True), answer.text
    assert contrasena not in answer.text
    assert (await api.get(CAMINO)).json()["certificado"]["estado"] == "falta"


async def test_folios_are_imported_once_and_shown_with_what_became_of_them(
    settings: Settings, api: httpx.AsyncClient
) -> None:
    made = await api.post(f"{CAMINO}/caf", **caf_of(hasta=50))
    assert (made.status_code, made.json()["id"], made.json()["disponibles"]) == (201, RANGO, 50)
    twice = await api.post(f"{CAMINO}/caf", **caf_of(hasta=50))
    assert (twice.status_code, "ya están importados" in twice.json()["detail"]) == (409, True)
    async with open_store(settings) as store:
        reserva = await store.folios.reserve(Destino(EMISOR_RUT, TipoDte.BOLETA), 4)
        await store.documents.insert([make_record(1), make_record(3)])
        await store.folios.settle([(reserva, [2])])
    shown = (await api.get(f"{CAMINO}/caf/{RANGO}")).json()
    assert (shown["devueltos"], shown["perdidos"], shown["rango"]["usados"]) == ([[2, 2]], [[4, 4]], 3)
    [alcance] = (await api.get(CAMINO)).json()["folios"]
    assert (alcance["tipo"], alcance["disponibles"], alcance["nivel"]) == (39, 47, "ok")
    assert "para 15 días, a 3 por día" in (await api.get("/empresas")).text

    tramo = {"desde": 4, **POR}
    voided = await api.post(f"{CAMINO}/caf/{RANGO}/anular", json=tramo)
    assert (voided.status_code, voided.json()["anulados"]) == (200, 1)
    used = await api.post(f"{CAMINO}/caf/{RANGO}/anular", json={**tramo, "desde": 1, "hasta": 3})
    assert (used.status_code, "1 está en un documento" in used.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("direccion", "pedido", "campo"),
    [
        (f"caf/{RANGO}/anular", {"desde": True}, "desde"),
        (f"caf/{RANGO}/anular", {"desde": 2, "hasta": True}, "hasta"),
        ("terminales", {"tienda": "Centro", "caja": "1", "por_segundo": True}, "por_segundo"),
    ],
)
async def test_true_is_no_number_so_nobody_voids_folio_1_with_it(
    api: httpx.AsyncClient, direccion: str, pedido: dict[str, Any], campo: str
) -> None:
    assert (await api.post(f"{CAMINO}/caf", **caf_of(hasta=50))).status_code == 201
    answer = await api.post(f"{CAMINO}/{direccion}", json={**pedido, **POR})
    assert (answer.status_code, answer.json()["detail"].partition(" [")[0]) == (
        422,
        f"{campo}: se espera un número, no true ni false",
    )
    ficha = (await api.get(CAMINO)).json()
    assert (ficha["rangos"][0]["anulados"], ficha["terminales"]) == (0, [])


@pytest.mark.parametrize(
    ("archivo", "codigos"),
    [
        (make_caf_xml(emisor=RECEPTOR_RUT), {"POSTA-ADM-28", "POSTA-ADM-02"}),
        (make_caf_xml(TipoDte.FACTURA, fecha=date(2020, 1, 5)), {"POSTA-ADM-03"}),
        (make_caf_xml(idk=300), {"POSTA-DTE-53"}),
        (make_caf_xml().replace(b"<H>100<", b"<H>900<"), {"POSTA-DTE-52"}),
        (
            make_caf_xml(TipoDte.FACTURA, fecha=date(2020, 1, 5), emisor=RECEPTOR_RUT).replace(b"<H>100<", b"<H>900<"),
            {"POSTA-DTE-52", "POSTA-ADM-28", "POSTA-ADM-03", "POSTA-ADM-02"},
        ),
        (b'<!DOCTYPE x [<!ENTITY e "x">]><AUTORIZACION>&e;</AUTORIZACION>', {"POSTA-DTE-42"}),
        (b"<AUTORIZACION>", {"POSTA-DTE-40"}),
        (b"x" * 20_001, {"POSTA-DTE-50"}),
        (b"", {"POSTA-ADM-31"}),
    ],
)
async def test_a_caf_that_is_no_good_names_every_check_that_it_does_not_pass(
    api: httpx.AsyncClient, archivo: bytes, codigos: set[str]
) -> None:
    answer = await api.post(f"{CAMINO}/caf", files={"archivo": ("caf.xml", archivo)}, data=POR)
    assert answer.status_code == 422
    assert {falla["codigo"] for falla in answer.json()["fallas"]} == codigos, answer.text
    page = await api.post(f"/empresas/{EMISOR_RUT}/caf", files={"archivo": ("caf.xml", archivo)}, data=POR)
    assert page.status_code == 422
    assert all(codigo in page.text for codigo in codigos)
    assert (await api.get(CAMINO)).json()["rangos"] == []


async def test_a_paused_company_says_on_its_page_who_paused_what_and_why(api: httpx.AsyncClient) -> None:
    assert (await api.get(CAMINO)).json()["pausas"] == []
    assert "en pausa" not in (await api.get(f"/empresas/{EMISOR_RUT}")).text
    for clase, objeto in (("canal", "factura"), ("canal", "dtebox"), ("emisor", EMISOR_RUT)):
        pedido = {"clase": clase, "objeto": objeto, "motivo": f"se revisa {objeto}"}
        assert (await api.post("/api/pausas", json=pedido)).status_code == 201
    pausas = (await api.get(CAMINO)).json()["pausas"]
    said = [(pausa["objeto"], pausa["motivo"], pausa["quien"]) for pausa in pausas]
    assert said == [
        (EMISOR_RUT, f"se revisa {EMISOR_RUT}", "token:prueba"),
        ("factura", "se revisa factura", "token:prueba"),
    ], "not the channel that it does not use"
    page = " ".join((await api.get(f"/empresas/{EMISOR_RUT}")).text.split())
    assert "La empresa está en pausa</strong>: nada suyo va al SII. La puso token:prueba" in page
    assert "El canal Facturas está en pausa</strong>" in page
    assert f'href="/pausas#pausa-emisor-{EMISOR_RUT}"' in page
    assert (await api.delete(f"/api/pausas/emisor/{EMISOR_RUT}")).status_code == 200
    assert "La empresa está en pausa" not in (await api.get(f"/empresas/{EMISOR_RUT}")).text


async def test_folios_are_kept_for_a_store_or_a_till(api: httpx.AsyncClient) -> None:
    terminal = (await api.post(f"{CAMINO}/terminales", json={"tienda": "Centro", "caja": "7", **POR})).json()
    made = await api.post(f"{CAMINO}/caf", files=caf_of()["files"], data={**POR, "terminal": terminal["id"]})
    assert (made.json()["tienda"], made.json()["terminal"]) == ("Centro", terminal["id"])
    freed = await api.post(f"{CAMINO}/caf/{RANGO}/asignar", json=POR)
    assert (freed.json()["tienda"], freed.json()["terminal"]) == (None, None)
    wrong = await api.post(f"{CAMINO}/caf/{RANGO}/asignar", json={"tienda": "Cetro", **POR})
    assert (wrong.status_code, "«Cetro»" in wrong.json()["detail"]) == (422, True)
    for path in (f"{CAMINO}/caf/{EMISOR_RUT}-39-9", f"/api/empresas/{RECEPTOR_RUT}/caf/{RANGO}"):
        assert (await api.get(path)).status_code == 404


async def test_a_till_has_its_key_once_and_loses_it(settings: Settings, api: httpx.AsyncClient) -> None:
    made = await api.post(f"{CAMINO}/terminales", json={"tienda": "Centro", "caja": "7", "por_segundo": 2.5, **POR})
    assert made.status_code == 201
    id_, llave = made.json()["id"], made.json()["llave"]
    async with open_store(settings) as store:
        await store.documents.insert([make_record(9, terminal=id_)])
        assert llave not in " ".join(str(asiento) for asiento in await store.auditoria.list())
    shown = (await api.get(CAMINO)).json()["terminales"]
    assert [(one["id"], one["por_segundo"], one["revocado"]) for one in shown] == [(id_, 2.5, False)]
    assert shown[0]["ultima_venta"] is not None
    assert llave not in str(shown)
    strange = await api.delete(f"{CAMINO}/terminales/{'0' * 24}", params=POR)
    assert (strange.status_code, "no hay un terminal" in strange.json()["detail"]) == (422, True)
    assert (await api.delete(f"{CAMINO}/terminales/{id_}", params=POR)).status_code == 204
    assert (await api.get(CAMINO)).json()["terminales"][0]["revocado"] is True


async def test_no_company_steers_the_tills_of_another(api: httpx.AsyncClient) -> None:
    await api.post("/api/empresas", json={**EMPRESA, "rut": RECEPTOR_RUT}, params=POR)
    id_ = (await api.post(f"{CAMINO}/terminales", json={"tienda": "Centro", "caja": "7", **POR})).json()["id"]
    refused = await api.delete(f"/api/empresas/{RECEPTOR_RUT}/terminales/{id_}", params=POR)
    assert refused.status_code == 422
    assert (await api.get(CAMINO)).json()["terminales"][0]["revocado"] is False


async def test_mail_and_dtebox_are_set_and_their_secrets_stay_hidden(api: httpx.AsyncClient) -> None:
    correo = {"servidor": "smtp.ejemplo.cl", "remitente": "dte@ejemplo.cl", "usuario": "dte", "clave": "muy secreta"}
    put = await api.put(f"{CAMINO}/correo", json={**correo, **POR})
    assert (put.status_code, put.json()["activo"], put.json()["puerto"]) == (200, True, 587)
    assert (await api.get("/api/empresas")).json()[0]["intercambio"] is True
    box = {"url": "https://box.ejemplo.cl", "llave": "llave-del-box"}
    assert (await api.put(f"{CAMINO}/dtebox", json={**box, **POR})).status_code == 204
    shown = await api.get(CAMINO)
    assert shown.json()["dtebox"] == "https://box.ejemplo.cl/api/Core.svc/core"
    page = await api.get(f"/empresas/{EMISOR_RUT}")
    assert "smtp.ejemplo.cl:587" in page.text
    for secret in ("muy secreta", "llave-del-box"):
        assert secret not in shown.text + page.text + put.text
    wrong = await api.put(f"{CAMINO}/dtebox", json={"url": "ftp://x", "llave": "llave-del-box", **POR})
    assert (wrong.status_code, "llave-del-box" in wrong.text) == (422, False)

"""A company whose documents go through a DTEBox: one by one, asked for by folio, through every fault of the box."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.sandbox.registro import Empresa, Registro
from services.sender import breaker
from shared.adapters.keystore import Boveda
from shared.adapters.rabbit import work_queue
from shared.clock import now
from shared.dte.caf import parse_caf
from shared.dte.causa import Causa
from shared.dte.dtebox import cut_solicitud
from shared.dte.estado import Estado
from shared.dte.lectura import read_campos
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.dte.xml import read_base64
from shared.messages import Proveedor
from shared.settings import Settings, require_file
from tests.conditions import eventually
from tests.dte_data import EMISOR_RUT
from tests.sandbox_data import Empresa as EmpresaPrueba
from tests.sandbox_data import Reloj
from tests.sender_stage import Stage, is_parked, save_company, sending, stage

LLAVE = "llave-de-la-caja"
OTRA_RUT = "77100000-2"
NOWHERE = "127.0.0.1:9"
"""Where no box listens."""


@asynccontextmanager
async def box_stage(settings: Settings, carpeta: Path, **escenario: Any) -> AsyncIterator[Stage]:
    async with stage(settings, carpeta, **escenario) as s:
        await save_box(s)
        yield s


async def save_box(s: Stage, camino: str = "/api/Core.svc/core", llave: str = LLAVE, **changes: Any) -> None:
    boveda = Boveda.from_file(require_file(s.settings.llave_maestra_file, "llave_maestra_file"))
    box = {"dtebox_url": f"{s.sandbox.url}{camino}", "dtebox_llave": boveda.encrypt(llave.encode())}
    await save_company(s.store, s.settings, s.sandbox, **({"proveedor": Proveedor.DTEBOX} | box | changes))


async def emit(s: Stage, desde: int, cuantas: int) -> list[str]:
    documentos = [*s.boletas(desde, cuantas), *s.facturas(desde, cuantas)]
    return await s.emit(documentos, canal=Canal.DTEBOX)


async def test_documents_of_all_kinds_are_brought_to_the_box_one_by_one_and_accepted(
    settings: Settings, tmp_path: Path
) -> None:
    async with box_stage(settings, tmp_path) as s, sending(s.settings):
        ids = await emit(s, 1, 5)
        await s.until_all(Estado.ACEPTADO)
        envios = await s.envios()
        assert sorted(documento for envio in envios for documento in envio.documentos) == sorted(ids)
        assert {(envio.canal, len(envio.documentos), envio.track_id, envio.subidas) for envio in envios} == {
            (Canal.DTEBOX, 1, None, 1)
        }
        for envio in envios:
            contenido = await s.store.envios.get_contenido(envio.id)
            campos = read_campos(contenido or b"", "SendDocumentAsXMLRequest")
            assert campos is not None
            solicitud = cut_solicitud(s.stored[envio.documentos[0]])
            assert read_base64(campos.first("Content")) == solicitud.documento
            assert read_base64(campos.first("TED")) == solicitud.ted
        dte = await s.dte(ids[0])
        assert dte.track_id is not None  # the SII's, as the box tells it
        await s.check_invariants()


@pytest.mark.parametrize(
    "averia",
    [
        {"clase": "corte", "momento": "despues"},
        {"clase": "html", "momento": "despues"},
        {"clase": "vacio", "momento": "despues"},
        {"clase": "error_dtebox", "momento": "despues"},
    ],
    ids=lambda averia: averia["clase"],
)
async def test_a_document_that_the_box_has_is_found_and_not_sent_again(
    settings: Settings, tmp_path: Path, averia: dict[str, Any]
) -> None:
    async with box_stage(settings, tmp_path) as s, sending(s.settings):
        await s.sandbox.play(averias=[{**averia, "veces": 1, "canal": "dtebox"}])
        (id_,) = await s.emit(s.boletas(1, 1), canal=Canal.DTEBOX)
        dte = await s.until(id_, Estado.ACEPTADO)
        assert Estado.INCIERTO in [hito.estado for hito in dte.historia]
        assert [envio.subidas for envio in await s.envios()] == [1]
        await s.check_invariants()


@pytest.mark.parametrize(
    "averia",
    [{"clase": "corte", "momento": "antes"}, {"clase": "caida"}, {"clase": "error_dtebox"}],
    ids=lambda averia: averia["clase"],
)
async def test_only_after_three_times_not_found_the_same_bytes_go_again(
    settings: Settings, tmp_path: Path, averia: dict[str, Any]
) -> None:
    async with box_stage(settings, tmp_path) as s, sending(s.settings):
        await s.sandbox.play(averias=[{**averia, "veces": 1, "canal": "dtebox"}])
        (id_,) = await s.emit(s.boletas(1, 1), canal=Canal.DTEBOX)
        await s.until(id_, Estado.ACEPTADO, within=60)
        (envio,) = await s.envios()
        assert envio.subidas == 2
        assert [r.operacion for r in envio.respuestas].count("no_recibido") == 2  # the third answer sends it again
        assert s.sandbox.resumen()["repetidos"] == 0
        await s.check_invariants()


async def test_what_the_box_never_takes_is_given_to_a_person_with_its_words(settings: Settings, tmp_path: Path) -> None:
    async with box_stage(settings, tmp_path) as s, sending(s.settings):
        await s.sandbox.play(averias=[{"clase": "error_dtebox"}])
        (id_,) = await s.emit(s.boletas(1, 1), canal=Canal.DTEBOX)

        async def parked() -> bool:
            return is_parked(await s.dte(id_))

        await eventually(parked, 120)
        error = (await s.dte(id_)).error_envio
        assert error is not None
        assert (error.causa, error.glosa) == (Causa.DESCONOCIDO, "Error simulado")
        assert (await s.envios())[0].subidas == 3
        await s.check_invariants()


async def test_a_refusal_by_the_sii_comes_with_the_reason_and_the_others_are_accepted(
    settings: Settings, tmp_path: Path
) -> None:
    async with box_stage(settings, tmp_path) as s, sending(s.settings):
        await s.sandbox.play(sentencias=[{"veredicto": "RCH", "codigo": "CAF-3-517", "folios": [2, 2]}])
        ids = await s.emit(s.boletas(1, 3), canal=Canal.DTEBOX)
        refused = await s.until(ids[1], Estado.RECHAZADO)
        assert refused.error_envio is not None
        assert refused.error_envio.causa == Causa.CONTENIDO
        assert "CAF-3-517" in refused.error_envio.glosa
        for id_ in (ids[0], ids[2]):
            await s.until(id_, Estado.ACEPTADO)
        await s.check_invariants()


async def test_a_verdict_that_is_late_is_asked_for_until_it_is_there(settings: Settings, tmp_path: Path) -> None:
    async with box_stage(settings, tmp_path, demora_veredicto=3600) as s, sending(s.settings):
        (id_,) = await s.emit(s.boletas(1, 1), canal=Canal.DTEBOX)
        await s.until(id_, Estado.ENVIADO)

        async def asked() -> bool:
            return (await s.envios())[0].consultas >= 2

        await eventually(asked, 30)
        assert (await s.dte(id_)).estado is Estado.ENVIADO
        await s.sandbox.play(adelanto=7200)
        await s.until(id_, Estado.ACEPTADO, within=60)
        await s.check_invariants()


async def test_a_wrong_key_parks_the_documents_and_a_right_one_lets_them_go_with_a_replay(
    settings: Settings, tmp_path: Path
) -> None:
    async with box_stage(settings, tmp_path) as s:
        await s.sandbox.sii.register(Registro(empresas={EMISOR_RUT: Empresa(auth_key="la-verdadera")}))
        async with sending(s.settings):
            (id_,) = await s.emit(s.boletas(1, 1), canal=Canal.DTEBOX)
            await eventually(lambda: _is_parked_for(s, id_, Causa.DTEBOX), 30)
            await eventually(lambda: _has_dead_letters(s, 1))
            (letter,) = await s.read_dead_letters()
            assert LLAVE not in f"{letter.headers} {letter.body!r}"
        await save_box(s, llave="la-verdadera")
        async with sending(s.settings):
            await s.store.moves.requeue([id_])
            await s.until(id_, Estado.ACEPTADO)
        await s.check_invariants()


async def test_what_was_signed_for_the_box_goes_there_although_the_company_has_changed_its_provider(
    settings: Settings, tmp_path: Path
) -> None:
    async with box_stage(settings, tmp_path) as s:
        old = await s.emit(s.boletas(1, 2), canal=Canal.DTEBOX)
        await save_box(s, proveedor=Proveedor.SII)
        new = await s.emit(s.boletas(3, 2))
        async with sending(s.settings):
            await s.until_all(Estado.ACEPTADO)
        canales = {documento: envio.canal for envio in await s.envios() for documento in envio.documentos}
        assert canales == dict.fromkeys(old, Canal.DTEBOX) | dict.fromkeys(new, Canal.BOLETA)
        await s.check_invariants()


async def test_boxes_that_fail_in_all_ways_at_once_end_with_every_document_accepted_once(
    settings: Settings, tmp_path: Path
) -> None:
    averias: list[dict[str, Any]] = [
        {"clase": "corte", "momento": "despues", "tasa": 0.15, "canal": "dtebox"},
        {"clase": "corte", "momento": "antes", "tasa": 0.1, "canal": "dtebox"},
        {"clase": "error_dtebox", "momento": "despues", "tasa": 0.1},
        {"clase": "limite", "tasa": 0.1, "canal": "dtebox"},
        {"clase": "vacio", "operacion": "consulta", "tasa": 0.1, "canal": "dtebox"},
    ]
    async with box_stage(settings, tmp_path, averias=averias) as s, sending(s.settings):
        await emit(s, 1, 15)
        await eventually(lambda: _all_have_been_tried(s), 60)
        await s.sandbox.play()
        await s.until_all(Estado.ACEPTADO, within=120)
        assert s.sandbox.resumen()["repetidos"] == 0
        await s.check_invariants()


async def test_a_box_that_is_away_stops_no_other_companys_documents(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wait in ("FIRST_WAIT", "LONGEST_WAIT"):
        monkeypatch.setattr(breaker, wait, timedelta(milliseconds=100))
    few = settings.model_copy(update={"prefetch": 4, "dtebox_workers": 1})
    async with box_stage(few, tmp_path) as s:
        caf = parse_caf(s.sandbox.caf(OTRA_RUT, TipoDte.BOLETA, 1, 100))
        other = EmpresaPrueba(s.sandbox.sii.authority, Reloj(now()), rut=OTRA_RUT, _cafs={TipoDte.BOLETA: caf})
        await save_box(s, rut=OTRA_RUT, dtebox_url=f"http://{NOWHERE}/api/Core.svc/core")
        waiting = await s.emit([other.boleta(folio) for folio in range(1, 13)], canal=Canal.DTEBOX)
        await eventually(lambda: _are_queued(s, 12))
        going = await s.emit(s.boletas(1, 3), canal=Canal.DTEBOX)
        async with sending(s.settings):
            for id_ in going:
                await s.until(id_, Estado.ACEPTADO)
            await eventually(lambda: _are_away(s, {f"caja.{NOWHERE}.subida"}))
            dtes = await s.store.documents.find_by_ids(waiting)
            assert max(dte.intentos for dte in dtes) <= 1, "an outage counts for nobody once it is known"
            await save_box(s, rut=OTRA_RUT)
            await s.until_all(Estado.ACEPTADO)
        await s.check_invariants()


async def _are_queued(s: Stage, mensajes: int) -> bool:
    queue = work_queue(Canal.DTEBOX, Prioridad.NORMAL)
    return (await s.depths.measure([queue]))[queue].mensajes == mensajes


async def _are_away(s: Stage, wanted: set[str]) -> bool:
    """Whether these are all the breakers that the sender says are open."""
    latidos = await s.store.latidos.alive(now() - timedelta(minutes=5))
    return {
        name for latido in latidos for name, corte in latido.cortes.items() if corte.posicion != "cerrado"
    } == wanted


async def _is_parked_for(s: Stage, id_: str, causa: Causa) -> bool:
    dte = await s.dte(id_)
    return is_parked(dte) and dte.error_envio is not None and dte.error_envio.causa == causa


async def _has_dead_letters(s: Stage, cuantas: int) -> bool:
    return await s.dead_letters() == cuantas


async def _all_have_been_tried(s: Stage) -> bool:
    return Estado.GENERADO not in await s.estados()

"""Verdicts of every kind, and what becomes of the documents: told by an SII that follows a script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from services.sender.status import PATIENCE_REPETIDO
from shared.adapters.mongo.envios import Desconocido
from shared.clock import now
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.tipos import Canal
from shared.messages import EstadoEnvio, Respuesta
from shared.settings import Settings
from tests.conditions import eventually
from tests.scripted_sii import Script, scripted_sii
from tests.sender_stage import Stage, is_parked, sending, stage


@asynccontextmanager
async def scripted_stage(settings: Settings, carpeta: Path) -> AsyncIterator[tuple[Stage, Script, Settings]]:
    """A stage whose sender, to be started by the test, speaks with a script and asks again very soon."""
    async with stage(settings, carpeta) as s, scripted_sii() as script:
        quick = {"sii_url": script.url, "consulta_espera": timedelta(seconds=0.02)}
        yield s, script, s.settings.model_copy(update=quick)


async def parked(s: Stage, id_: str) -> bool:
    return is_parked(await s.dte(id_))


async def ask_for_hours(s: Stage) -> None:
    """Every envelope has been asked about as often as in the hours that a repeated document is waited for."""
    changed = {"consultas": PATIENCE_REPETIDO, "proxima_consulta": now()}
    await s.store._mongo.database.envios.update_many({}, {"$set": changed})


def counters(tipo: int, informados: int, aceptados: int, rechazados: int, reparos: int = 0) -> dict[str, object]:
    fila = {"tipo": tipo, "informados": informados, "aceptados": aceptados}
    return {"estado": "EPR", "estadistica": [{**fila, "rechazados": rechazados, "reparos": reparos}]}


def soap_counters(tipo: int, informados: int, aceptados: int, rechazados: int) -> dict[str, object]:
    cifras = (("INFORMADOS", informados), ("ACEPTADOS", aceptados), ("RECHAZADOS", rechazados), ("REPAROS", 0))
    cuerpo = f"<TIPO_DOCTO>{tipo}</TIPO_DOCTO>" + "".join(f"<{name}>{n}</{name}>" for name, n in cifras)
    return {"estado": "EPR", "cuerpo": cuerpo}


def rejection(folio: int, codigo: str) -> dict[str, object]:
    return {"tipo": 39, "folio": folio, "estado": "RCH", "error": [{"codigo": codigo, "descripcion": "guion"}]}


async def test_an_unknown_code_keeps_the_document_in_process_until_a_known_one_comes(
    settings: Settings, tmp_path: Path
) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [{"estado": "NUEVO"}]
        async with sending(quick):
            await s.emit(s.boletas(1, 1))
            await eventually(partial(hang_on, s, {(Canal.BOLETA, "NUEVO"): Desconocido(sobres=1, documentos=1)}))
            assert await s.estados() == {Estado.ENVIADO: 1}
            script.envios = [{"estado": "REC"}]
            await eventually(partial(hang_on, s, {}))
            script.envios = [counters(39, 1, 1, 0)]
            await s.until_all(Estado.ACEPTADO)
        assert len(script.received) == 1


async def test_an_unknown_code_about_one_document_is_on_record_too(settings: Settings, tmp_path: Path) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [soap_counters(33, 2, 1, 1)]
        script.dtes = {1: "DOK", 2: "XYZ"}
        async with sending(quick):
            ids = await s.emit(s.facturas(1, 2))
            await eventually(partial(hang_on, s, {(Canal.FACTURA, "XYZ"): Desconocido(sobres=1, documentos=2)}))
            await s.until(ids[0], Estado.ACEPTADO)
            assert (await s.dte(ids[1])).estado is Estado.ENVIADO
            script.dtes = {1: "DOK", 2: "FAU"}
            await s.until(ids[1], Estado.RECHAZADO)
            await eventually(partial(hang_on, s, {}))


async def hang_on(s: Stage, codigos: dict[tuple[Canal, str], Desconocido]) -> bool:
    """Whether these are all the codes that the SII has never published and that documents hang on."""
    return await s.store.envios.count_desconocidos() == codigos


async def test_a_file_that_the_sii_lost_is_sent_again_with_the_same_bytes(settings: Settings, tmp_path: Path) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [{"estado": "VOF"}, counters(39, 1, 1, 0)]
        async with sending(quick):
            (id_,) = await s.emit(s.boletas(1, 1))
            await s.until_all(Estado.ACEPTADO)
        assert len(script.received) == 2
        assert len(set(script.received)) == 1
        assert script.asked == ["1001", "1002"]
        assert (await s.dte(id_)).track_id == "1002"


async def test_a_lost_file_that_cannot_be_sent_again_yet_is_asked_about_later(
    settings: Settings, tmp_path: Path
) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [{"estado": "VOF"}, counters(39, 1, 1, 0)]
        script.uploads = [200, 500]
        async with sending(quick):
            await s.emit(s.boletas(1, 1))
            await s.until_all(Estado.ACEPTADO)
        assert script.asked == ["1001", "1001"]


async def test_a_repeated_envelope_is_judged_by_its_documents(settings: Settings, tmp_path: Path) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [{"estado": "RPT"}]
        script.dtes = {1: "DOK"}
        async with sending(quick):
            ids = await s.emit(s.boletas(1, 2))
            await s.until(ids[0], Estado.ACEPTADO)
            await ask_for_hours(s)
            await eventually(partial(parked, s, ids[1]))
        error = (await s.dte(ids[1])).error_envio
        assert error is not None
        assert (error.causa, error.codigo) == (Causa.REPETIDO, "RPT")
        assert await s.dead_letters() == 1


async def test_a_rejected_envelope_accepts_what_the_sii_holds_all_the_same(settings: Settings, tmp_path: Path) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [{"estado": "RCH"}]
        script.dtes = {1: "DOK"}
        async with sending(quick):
            ids = await s.emit(s.facturas(1, 2))
            await s.until(ids[0], Estado.ACEPTADO)
            dte = await s.until(ids[1], Estado.RECHAZADO)
        assert dte.error_envio is not None
        assert (dte.error_envio.causa, dte.error_envio.codigo) == (Causa.CONTENIDO, "RCH")


@pytest.mark.parametrize(("codigo", "causa"), [("RFR", Causa.FIRMA), ("RCT", Causa.CARATULA)])
async def test_a_refused_envelope_of_one_document_is_its_rejection(
    settings: Settings, tmp_path: Path, codigo: str, causa: Causa
) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [{"estado": codigo}]
        async with sending(quick):
            (id_,) = await s.emit(s.boletas(1, 1))
            dte = await s.until(id_, Estado.RECHAZADO)
        assert dte.error_envio is not None
        assert dte.error_envio.causa == causa


async def test_counters_that_leave_it_open_are_completed_by_asking_for_each_document(
    settings: Settings, tmp_path: Path
) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [soap_counters(33, 3, 1, 2)]
        script.dtes = {1: "DOK", 2: "FAU", 3: "FNA"}
        async with sending(quick):
            ids = await s.emit(s.facturas(1, 3))
            await s.until(ids[0], Estado.ACEPTADO)
            by_mail, no_folio = [await s.until(id_, Estado.RECHAZADO) for id_ in ids[1:]]
        assert by_mail.error_envio is not None
        assert "correo" in by_mail.error_envio.glosa
        assert no_folio.error_envio is not None
        assert no_folio.error_envio.causa == Causa.CAF


async def test_an_accepted_document_that_the_folio_query_does_not_show_yet_is_not_rejected(
    settings: Settings, tmp_path: Path
) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [soap_counters(33, 2, 1, 1)]
        async with sending(quick):
            ids = await s.emit(s.facturas(1, 2))
            await eventually(lambda: len(script.asked) >= 3)
            assert await s.estados() == {Estado.ENVIADO: 2}  # one of the two; which, nobody can say yet
            script.dtes = {2: "DOK"}
            await s.until(ids[1], Estado.ACEPTADO)
            await s.until(ids[0], Estado.RECHAZADO)


async def test_a_folio_that_the_sii_holds_with_other_data_waits_for_a_person(
    settings: Settings, tmp_path: Path
) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [counters(39, 2, 1, 1)]
        script.dtes = {1: "DOK", 2: "DNK"}
        async with sending(quick):
            ids = await s.emit(s.boletas(1, 2))
            await s.until(ids[0], Estado.ACEPTADO)
            await eventually(partial(parked, s, ids[1]))
        error = (await s.dte(ids[1])).error_envio
        assert error is not None
        assert error.causa == Causa.DISTINTO


async def test_a_rejection_as_repeated_is_no_rejection_when_the_sii_holds_the_document(
    settings: Settings, tmp_path: Path
) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        details = [rejection(1, "DTE-3-100"), rejection(2, "CAF-3-517")]
        script.envios = [{**counters(39, 2, 0, 2), "detalle_rep_rech": details}]
        script.dtes = {1: "DOK"}
        async with sending(quick):
            ids = await s.emit(s.boletas(1, 2))
            await s.until(ids[0], Estado.ACEPTADO)
            dte = await s.until(ids[1], Estado.RECHAZADO)
        assert dte.error_envio is not None
        assert dte.error_envio.codigo == "CAF-3-517"


async def test_a_rejection_as_repeated_waits_for_the_verdict_of_the_upload_before(
    settings: Settings, tmp_path: Path
) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [{**counters(39, 1, 0, 1), "detalle_rep_rech": [rejection(1, "DTE-3-100")]}]
        async with sending(quick):
            (id_,) = await s.emit(s.boletas(1, 1))
            await eventually(lambda: len(script.asked) >= 4)
            assert (await s.dte(id_)).estado is Estado.ENVIADO
            script.dtes = {1: "DOK"}
            await s.until(id_, Estado.ACEPTADO)
        assert len(script.received) == 1


async def test_a_repeated_document_that_never_gets_its_verdict_ends_with_a_person(
    settings: Settings, tmp_path: Path
) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [{**counters(39, 1, 0, 1), "detalle_rep_rech": [rejection(1, "DTE-3-100")]}]
        async with sending(quick):
            (id_,) = await s.emit(s.boletas(1, 1))
            await eventually(lambda: bool(script.asked))
            await ask_for_hours(s)
            await eventually(partial(parked, s, id_))
        error = (await s.dte(id_)).error_envio
        assert error is not None
        assert (error.causa, error.codigo) == (Causa.REPETIDO, "DTE-3-100")


async def test_misses_are_counted_anew_after_an_upload_whose_worker_died(settings: Settings, tmp_path: Path) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.uploads = [500, 200]
        script.envios = [counters(39, 1, 1, 0)]
        async with sending(quick.model_copy(update={"consulta_espera": timedelta(hours=1)})):
            (id_,) = await s.emit(s.boletas(1, 1))
            await s.until(id_, Estado.INCIERTO)
        (envio,) = await s.envios()
        for _ in range(2):
            missed = Respuesta(momento=now(), operacion="no_recibido")
            doubt = (EstadoEnvio.INCIERTO,)
            await s.store.envios.record(envio.id, doubt[0], missed, desde=doubt, proxima_consulta=now())
        await s.store.envios.count_upload(envio.id, Respuesta(momento=now(), operacion="reenvio"))
        async with sending(quick):
            await s.until(id_, Estado.ACEPTADO)
        (envio,) = await s.envios()
        said = [respuesta.operacion for respuesta in envio.respuestas]
        assert said[1:8] == ["no_recibido", "no_recibido", "reenvio", "no_recibido", "no_recibido", "reenvio", "subida"]


async def test_an_envelope_found_by_a_folio_gets_its_missing_verdicts_from_the_same_bytes(
    settings: Settings, tmp_path: Path
) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.uploads = [500, 200]
        script.dtes = {1: "DOK"}
        details = [rejection(1, "DTE-3-100"), rejection(2, "CAF-3-517")]
        script.envios = [{**counters(39, 2, 0, 2), "detalle_rep_rech": details}]
        async with sending(quick):
            ids = await s.emit(s.boletas(1, 2))
            await s.until(ids[0], Estado.ACEPTADO)
            await s.until(ids[1], Estado.RECHAZADO)
        assert len(script.received) == 2
        assert len(set(script.received)) == 1


@pytest.mark.parametrize(("codigo", "causa"), [("DNK", Causa.DISTINTO), ("FNA", Causa.CAF)])
async def test_doubt_about_a_folio_that_can_never_be_taken_ends_with_a_person(
    settings: Settings, tmp_path: Path, codigo: str, causa: Causa
) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.uploads = [500]
        script.dtes = {1: codigo}
        async with sending(quick):
            (id_,) = await s.emit(s.boletas(1, 1))
            await eventually(partial(parked, s, id_))
            await eventually(lambda: _ended(s))
        error = (await s.dte(id_)).error_envio
        assert error is not None
        assert error.causa == causa
        assert len(script.received) == 1


async def _ended(s: Stage) -> bool:
    return [envio.estado for envio in await s.envios()] == [EstadoEnvio.TERMINADO]


async def test_an_answer_that_never_becomes_clear_ends_with_a_person(settings: Settings, tmp_path: Path) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.status = 55
        async with sending(quick):
            (id_,) = await s.emit(s.facturas(1, 1))
            await eventually(partial(parked, s, id_))
        dte = await s.dte(id_)
        assert dte.error_envio is not None
        assert (dte.error_envio.causa, dte.error_envio.codigo) == (Causa.DESCONOCIDO, "55")
        assert len(set(script.received)) == 1
        assert await s.dead_letters() == 1


async def test_a_question_that_is_blocked_is_asked_again_later(settings: Settings, tmp_path: Path) -> None:
    async with scripted_stage(settings, tmp_path) as (s, script, quick):
        script.envios = [{"estado": "106"}, {"estado": "002"}, {"estado": "002"}, soap_counters(33, 1, 1, 0)]
        async with sending(quick):
            await s.emit(s.facturas(1, 1))
            await s.until_all(Estado.ACEPTADO)
        assert len(script.asked) == 4

"""Answers that say no: to a document, to an envelope, to a company, or only for now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shared.adapters.rabbit.topology import wait_queue
from shared.backoff import PASOS
from shared.dte.causa import Causa
from shared.dte.documento import DteFirmado
from shared.dte.estado import Estado
from shared.dte.tipos import CANALES_SII, Canal
from shared.messages import EstadoEnvio
from shared.settings import Settings
from tests.conditions import eventually
from tests.sender_stage import Stage, is_parked, save_company, sending, stage


def with_a_long_line(s: Stage, documento: DteFirmado) -> DteFirmado:
    """A document that our schema check lets pass and the SII's line reader does not (CHR-00002)."""
    xml = s.empresa.respoil(documento, lambda text: text.replace(">\n<", ">" + " " * 4200 + "<", 1))
    return replace(documento, xml=xml)


def with_a_changed_word(documento: DteFirmado) -> DteFirmado:
    """A document that was altered after it was signed."""
    return replace(documento, xml=documento.xml.replace(b"Venta al por", b"venta al por"))


async def test_an_envelope_refused_at_the_door_is_halved_until_the_culprit_is_alone(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings):
        documentos = s.facturas(1, 7)
        documentos[4] = with_a_long_line(s, documentos[4])
        ids = await s.emit(documentos)
        culprit = await s.until(ids[4], Estado.RECHAZADO)
        assert culprit.error_envio is not None
        assert culprit.error_envio.causa == Causa.ESQUEMA
        assert "CHR-00002" in culprit.error_envio.glosa
        for id_ in ids[:4] + ids[5:]:
            dte = await s.until(id_, Estado.ACEPTADO)
            assert dte.intentos == 1  # a refusal that was not theirs cost them nothing
        await s.check_invariants()


async def test_an_envelope_refused_by_its_verdict_is_halved_too(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings):
        documentos = s.boletas(1, 4)
        documentos[1] = with_a_long_line(s, documentos[1])
        ids = await s.emit(documentos)
        culprit = await s.until(ids[1], Estado.RECHAZADO)
        assert culprit.error_envio is not None
        assert (culprit.error_envio.causa, culprit.error_envio.codigo) == (Causa.ESQUEMA, "RSC")
        for id_ in ids[:1] + ids[2:]:
            await s.until(id_, Estado.ACEPTADO)
        await s.check_invariants()


@pytest.mark.parametrize("canal", list(CANALES_SII))
async def test_a_document_that_is_rejected_does_not_reject_the_others(
    settings: Settings, tmp_path: Path, canal: Canal
) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings):
        documentos = s.boletas(1, 3) if canal is Canal.BOLETA else s.facturas(1, 3)
        documentos[1] = with_a_changed_word(documentos[1])
        ids = await s.emit(documentos)
        rejected = await s.until(ids[1], Estado.RECHAZADO)
        assert rejected.error_envio is not None
        # Only the boleta service says why; the other one sends its reasons by mail.
        assert rejected.error_envio.causa == (Causa.FIRMA if canal is Canal.BOLETA else Causa.CONTENIDO)
        for id_ in (ids[0], ids[2]):
            await s.until(id_, Estado.ACEPTADO)
        await s.check_invariants()


async def test_objections_are_kept_with_a_document_that_is_valid_all_the_same(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings):
        boleta = s.empresa.boleta(1)
        xml = s.empresa.respoil(boleta, lambda text: text.replace("<MNT>1190</MNT>", "<MNT>1191</MNT>"))
        ids = await s.emit([replace(boleta, xml=xml)])
        dte = await s.until(ids[0], Estado.REPARO)
        assert dte.error_envio is not None
        assert dte.error_envio.codigo.startswith("TED-2")
        await s.check_invariants()


async def test_a_document_that_fits_in_no_envelope_is_parked_and_the_others_go(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings):
        documentos = s.facturas(1, 3)
        bad = documentos[0].xml.replace(b"<RUTRecep>", b"<RutRecep>").replace(b"</RUTRecep>", b"</RutRecep>")
        documentos[0] = replace(documentos[0], xml=bad)
        ids = await s.emit(documentos)
        for id_ in ids[1:]:
            await s.until(id_, Estado.ACEPTADO)
        await eventually(lambda: _parked(s, ids[0]))
        await eventually(lambda: _one_dead(s))
        assert len(s.sandbox.documentos()) == 2
        await s.check_invariants()


async def _parked(s: Stage, id_: str) -> bool:
    return is_parked(await s.dte(id_))


async def test_a_company_without_permission_waits_for_a_person(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path, averias=[{"clase": "status", "codigo": 6}]) as s, sending(s.settings):
        (id_,) = await s.emit(s.facturas(1, 1))
        await eventually(lambda: _parked(s, id_))
        dte = await s.dte(id_)
        assert dte.error_envio is not None
        assert (dte.error_envio.causa, dte.error_envio.codigo) == (Causa.SIN_PERMISO, "6")
        assert dte.error_envio.remedio == Causa.SIN_PERMISO.remedio
        assert dte.intentos == 0
        await eventually(lambda: _one_dead(s))
        (letter,) = await s.read_dead_letters()
        assert (letter.headers["id"], letter.headers["causa"]) == (id_, Causa.SIN_PERMISO)
        assert letter.body == s.stored[id_]
        await s.sandbox.play()
        assert await s.store.moves.requeue([id_]) == 1  # the person has acted
        await s.until(id_, Estado.ACEPTADO)
        await s.check_invariants()


async def _one_dead(s: Stage) -> bool:
    return await s.dead_letters() == 1


async def _depth(s: Stage, queue: str) -> int:
    return (await s.depths.measure([queue]))[queue].mensajes


@pytest.mark.parametrize(
    ("changes", "causa"), [({"certificado": None}, Causa.CERTIFICADO), ({"resoluciones": {}}, Causa.CARATULA)]
)
async def test_a_company_that_cannot_send_is_told_so_and_nothing_leaves(
    settings: Settings, tmp_path: Path, changes: dict[str, object], causa: Causa
) -> None:
    async with stage(settings, tmp_path) as s:
        await save_company(s.store, s.settings, s.sandbox, **changes)
        async with sending(s.settings):
            (id_,) = await s.emit(s.boletas(1, 1))
            await eventually(lambda: _parked(s, id_))
        dte = await s.dte(id_)
        assert dte.error_envio is not None
        assert dte.error_envio.causa == causa
        assert s.sandbox.documentos() == []
        assert await s.envios() == []
        await s.check_invariants()


async def test_attempts_climb_the_ladder_and_end_with_the_dead_letters(settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"max_intentos": 2})
    truncated = {"clase": "status", "codigo": 3, "veces": 2}
    async with stage(settings, tmp_path, averias=[truncated]) as s, sending(s.settings):
        (id_,) = await s.emit(s.facturas(1, 1))
        waiting = await s.until(id_, Estado.PENDIENTE)
        assert waiting.intentos == 1
        assert waiting.proximo_intento is not None
        assert 8 < (waiting.proximo_intento - waiting.cambiado).total_seconds() <= 10
        await eventually(lambda: _depth(s, wait_queue(PASOS[0])))
        await eventually(lambda: _parked(s, id_))
        dte = await s.dte(id_)
        assert dte.intentos == 2
        assert dte.error_envio is not None
        assert dte.error_envio.causa == Causa.TRANSMISION
        await eventually(lambda: _one_dead(s))
        assert [envio.estado for envio in await s.envios()] == [EstadoEnvio.NO_RECIBIDO] * 2
        await s.check_invariants()


async def test_after_a_person_has_sent_it_again_a_document_has_all_its_attempts_once_more(
    settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"max_intentos": 2})
    truncated = {"clase": "status", "codigo": 3, "veces": 2}
    async with stage(settings, tmp_path, averias=[truncated]) as s, sending(s.settings):
        (id_,) = await s.emit(s.facturas(1, 1), intentos=1)
        await eventually(lambda: _parked(s, id_))
        assert await s.store.moves.resend([id_], "op-1") == {id_}
        await eventually(lambda: _depth(s, wait_queue(PASOS[0])))  # the second failure parks it no more
        waiting = await s.dte(id_)
        assert (waiting.intentos, waiting.intentos_previos) == (3, 2)
        accepted = await s.until(id_, Estado.ACEPTADO)
        assert accepted.intentos == 4, "what it took stays on record"
        await s.check_invariants()


async def test_patience_that_the_sii_asks_for_costs_no_attempt(settings: Settings, tmp_path: Path) -> None:
    averias = [{"clase": "limite", "retry_after": 3, "veces": 1}]
    async with stage(settings, tmp_path, averias=averias) as s, sending(s.settings):
        (id_,) = await s.emit(s.boletas(1, 1))
        waiting = await s.until(id_, Estado.PENDIENTE)
        assert waiting.intentos == 0
        dte = await s.until(id_, Estado.ACEPTADO)
        assert dte.intentos == 1
        await s.check_invariants()

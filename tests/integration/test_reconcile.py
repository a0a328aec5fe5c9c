"""`posta reconcile`: after a disaster an operator sees what is in doubt and has it settled; only the sender sends."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from services.sender.revision import Comparado, EnSii, Juicio
from shared.clock import now
from shared.dte.estado import Estado
from shared.dte.tipos import CANALES_SII, Canal
from shared.messages import EstadoEnvio
from shared.settings import Settings
from tests.dte_data import EMISOR_RUT, venta_boleta
from tests.integration.test_cli import Dicho, Posta
from tests.records import make_record
from tests.rehearsal import rehearse, running_processes
from tests.sender_stage import Stage, sending, stage

JUNTOS = 3
FOREVER = timedelta(hours=1)
"""The sender's schedule in these tests: whatever is settled sooner was hurried."""


@pytest.fixture
def patient(settings: Settings) -> Settings:
    """Three documents make an envelope, however slowly they come; a heart that beats late is not dead yet."""
    patience = {"sobre_espera": timedelta(minutes=1), "latido_vencido": timedelta(minutes=1)}
    return settings.model_copy(update={"consulta_espera": FOREVER, "sobre_max_documentos": JUNTOS, **patience})


async def reconcile(s: Stage, *options: str) -> Dicho:
    """The command, by somebody with the stage's settings."""
    said = await Posta(s.settings)("reconcile", "--json", "--ritmo", "50", *options)
    assert said.salida, said.error
    return said


async def emit_into_doubt(s: Stage, canal: Canal, momento: str) -> list[str]:
    """Documents in one envelope of which nobody knows whether it arrived."""
    await s.sandbox.play(averias=[{"clase": "corte", "momento": momento, "veces": 1, "canal": canal}])
    documentos = s.boletas(1, JUNTOS) if canal is Canal.BOLETA else s.facturas(1, JUNTOS)
    ids = await s.emit(documentos)
    await s.until_all(Estado.INCIERTO)
    return ids


@pytest.mark.parametrize("canal", CANALES_SII)
async def test_doubt_waits_for_its_turn_until_somebody_has_it_settled_now(
    patient: Settings, tmp_path: Path, canal: Canal
) -> None:
    async with stage(patient, tmp_path) as s, sending(s.settings):
        ids = await emit_into_doubt(s, canal, "despues")

        seen = await reconcile(s)

        assert seen.status == 1
        assert (len(seen.json["sobres"]), sorted(seen.json["en_duda"])) == (1, sorted(ids))
        assert {(one["estado"], one["sii"], one["juicio"]) for one in seen.json["documentos"]} == {
            ("incierto", "recibido", "en_duda")
        }
        assert (seen.json["senders"], seen.json["adelantados"]) == (1, None)
        assert await s.all_in(Estado.INCIERTO), "who only looks changes nothing"

        applied = await reconcile(s, "--aplicar", "--motivo", "volvió la luz")

        assert applied.json["adelantados"] == 1
        await s.until_all(Estado.ENVIADO)
        after = await reconcile(s)
        assert (after.status, after.json["en_orden"], after.json["sobres"]) == (0, True, [])
        assert s.sandbox.resumen()["repetidos"] == 0
        assert s.sandbox.resumen()["documentos"] == JUNTOS
        [intento, hecho] = await s.store.auditoria.list()
        assert (intento.accion, intento.motivo, hecho.fase) == ("reconcile.adelantar", "volvió la luz", "hecho")


async def test_an_envelope_that_never_arrived_is_sent_again_by_the_sender_in_the_same_bytes(
    patient: Settings, tmp_path: Path
) -> None:
    async with stage(patient, tmp_path) as s, sending(s.settings):
        await emit_into_doubt(s, Canal.FACTURA, "subiendo")

        seen = await reconcile(s)
        assert {one["sii"] for one in seen.json["documentos"]} == {"no_recibido"}
        assert s.sandbox.documentos() == [], "asking sends nothing"

        await reconcile(s, "--aplicar")
        await s.until_all(Estado.ENVIADO)
        [envio] = await s.envios()
        assert {one["sobre"] for one in s.sandbox.documentos()} == {envio.sha256}
        assert len(s.sandbox.documentos()) == JUNTOS


async def test_what_a_dead_sender_left_is_shown_and_that_nobody_lives_who_settles_it(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s:
        [id_] = await s.emit(s.boletas(1, 1), estado=Estado.ENVIANDO, envio="huerfano")
        await s.store.envios.add_intent(
            id_="huerfano",
            emisor=EMISOR_RUT,
            canal=Canal.BOLETA,
            documentos=[id_],
            archivo="x.xml",
            contenido=b"x",
            sha256="x",
            trabajador="sender@nadie:1:0000",
        )

        seen = await reconcile(s)

        assert (seen.status, seen.json["senders"]) == (1, 0)
        assert [(envio["id"], envio["estado"]) for envio in seen.json["sobres"]] == [("huerfano", "subiendo")]
        assert seen.json["en_duda"] == [id_]
        assert [envio.estado for envio in await s.envios()] == [EstadoEnvio.SUBIENDO]
        shown = await Posta(s.settings)("reconcile", "--limite", "0")
        assert "No hay un sender vivo, y sólo él resuelve dudas" in shown.salida
        assert "Por 1 documentos en duda no se preguntó: suba --limite" in shown.salida


async def test_a_company_is_asked_about_document_by_document_and_what_differs_is_named(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s:
        async with sending(s.settings):
            [sent] = await s.emit(s.boletas(1, 1))
            await s.until_all(Estado.ACEPTADO)
        [invented] = await s.emit(s.boletas(2, 1), estado=Estado.ACEPTADO)

        seen = await reconcile(s, "--emisor", EMISOR_RUT)

        assert seen.status == 1
        assert {one["id"]: one["juicio"] for one in seen.json["documentos"]} == {sent: "coincide", invented: "difiere"}
        assert (await reconcile(s)).json["documentos"] == [], "without a company only doubt is asked about"
        tomorrow = f"{now() + timedelta(days=2):%Y-%m-%d}"
        assert (await reconcile(s, "--emisor", EMISOR_RUT, "--desde", tomorrow)).json["documentos"] == []
        [only] = (await reconcile(s, "--emisor", EMISOR_RUT, "--limite", "1")).json["documentos"]
        assert only["id"] == invented, "the newest first"


async def test_while_the_sii_is_away_nothing_is_claimed_of_it(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path, averias=[{"clase": "caida", "operacion": None}]) as s:
        await s.emit(s.boletas(1, 5), estado=Estado.ACEPTADO)

        seen = await reconcile(s, "--emisor", EMISOR_RUT)

        assert [one["juicio"] for one in seen.json["documentos"]] == ["sin_respuesta"] * 5
        assert seen.status == 1


async def test_a_document_that_is_gone_leaves_a_gap_in_its_range(settings: Settings, tmp_path: Path) -> None:
    with running_processes(settings, tmp_path) as processes:
        async with rehearse(processes) as r:
            company = await r.found(5)
            await r.play({})
            sold = await r.sell(company, [venta_boleta()] * 3, "venta")
            await r.until_settled(company, 120)
            reconcile = partial(Posta(r.site.settings), "reconcile", "--json", "--emisor", company.rut)
            whole = await reconcile()
            assert (whole.status, whole.json["en_orden"], whole.json["folios"]) == (0, True, [])
            assert [one["juicio"] for one in whole.json["documentos"]] == ["coincide"] * 3

            await r.store._mongo.database.dtes.delete_one({"_id": sold[1].id})

            holed = await reconcile()
            assert holed.status == 1
            [gap] = holed.json["folios"]
            assert (gap["emisor"], gap["tipo"], gap["sin_documento"]) == (company.rut, 39, [sold[1].folio])


async def test_a_company_that_nobody_knows_is_named(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s:
        said = await Posta(s.settings)("reconcile", "--emisor", "11111111-1")
        assert said.status == 1
        assert "la empresa 11111111-1 no está registrada" in said.error


JUDGED: list[tuple[Estado, EnSii, Juicio]] = [
    (Estado.INCIERTO, EnSii.RECIBIDO, Juicio.EN_DUDA),
    (Estado.INCIERTO, EnSii.NO_RECIBIDO, Juicio.EN_DUDA),
    (Estado.INCIERTO, EnSii.DISTINTO, Juicio.DIFIERE),
    (Estado.ENVIADO, EnSii.NO_RECIBIDO, Juicio.COINCIDE),
    (Estado.ACEPTADO, EnSii.NO_RECIBIDO, Juicio.DIFIERE),
    (Estado.RECHAZADO, EnSii.RECIBIDO, Juicio.DIFIERE),
    (Estado.RECHAZADO, EnSii.NO_RECIBIDO, Juicio.COINCIDE),
    (Estado.PENDIENTE, EnSii.RECIBIDO, Juicio.DIFIERE),
    (Estado.GENERADO, EnSii.NO_RECIBIDO, Juicio.COINCIDE),
    (Estado.ACEPTADO, EnSii.SIN_RESPUESTA, Juicio.SIN_RESPUESTA),
]


@pytest.mark.parametrize(("estado", "sii", "juicio"), JUDGED)
def test_two_books_agree_differ_or_are_in_doubt(estado: Estado, sii: EnSii, juicio: Juicio) -> None:
    assert Comparado(make_record(estado=estado), sii).juicio is juicio

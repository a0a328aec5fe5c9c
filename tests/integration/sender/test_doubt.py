"""Uploads whose answer never came: settled by asking, never by a second upload of other bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.tipos import CANALES_SII, Canal
from shared.messages import Dte
from shared.settings import Settings
from tests.sender_stage import Stage, sending, stage

CANALES = list(CANALES_SII)

TAKEN: list[dict[str, Any]] = [
    {"clase": "corte", "momento": "despues"},
    {"clase": "html", "momento": "despues"},
    {"clase": "vacio", "momento": "despues"},
]
"""Faults after which the SII has the file."""

NOT_TAKEN: list[dict[str, Any]] = [{"clase": "corte", "momento": "antes"}, {"clase": "caida"}]


async def emit_one(s: Stage, canal: Canal, folio: int) -> str:
    documento = s.empresa.boleta(folio) if canal is Canal.BOLETA else s.empresa.factura(folio)
    return (await s.emit([documento]))[0]


def went_through_doubt(dte: Dte) -> bool:
    return Estado.INCIERTO in [paso.estado for paso in dte.historia]


@pytest.mark.parametrize("canal", CANALES)
async def test_a_file_that_arrived_without_an_answer_is_found_and_accepted(
    settings: Settings, tmp_path: Path, canal: Canal
) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings):
        for folio, averia in enumerate(TAKEN, start=1):
            await s.sandbox.play(averias=[{**averia, "veces": 1, "canal": canal}])
            dte = await s.until(await emit_one(s, canal, folio), Estado.ACEPTADO)
            assert went_through_doubt(dte)
        resumen = s.sandbox.resumen()
        assert resumen["documentos"] == len(TAKEN)
        # Boletas are asked for and not sent again; DTEUpload is given the same bytes and knows them.
        assert resumen["bytes_repetidos"] == (0 if canal is Canal.BOLETA else len(TAKEN))
        assert [envio.subidas for envio in await s.envios()] == [1 if canal is Canal.BOLETA else 2] * len(TAKEN)
        await s.check_invariants()


@pytest.mark.parametrize("canal", CANALES)
async def test_a_file_that_never_arrived_is_sent_again_with_the_same_bytes(
    settings: Settings, tmp_path: Path, canal: Canal
) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings):
        for folio, averia in enumerate(NOT_TAKEN, start=1):
            await s.sandbox.play(averias=[{**averia, "veces": 1, "canal": canal}])
            dte = await s.until(await emit_one(s, canal, folio), Estado.ACEPTADO)
            assert went_through_doubt(dte)
        envios = await s.envios()
        assert [envio.subidas for envio in envios] == [2] * len(NOT_TAKEN)
        missed = [sum(r.operacion == "no_recibido" for r in envio.respuestas) for envio in envios]
        assert missed == ([2] * len(envios) if canal is Canal.BOLETA else [0] * len(envios))
        assert s.sandbox.resumen()["repetidos"] == 0
        await s.check_invariants()


async def test_an_unknown_status_is_doubt_too_and_the_repeated_bytes_settle_it(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path, averias=[{"clase": "status", "codigo": 55, "veces": 1}]) as s:
        async with sending(s.settings):
            dte = await s.until(await emit_one(s, Canal.FACTURA, 1), Estado.ACEPTADO)
        error = next(paso.error for paso in dte.historia if paso.estado is Estado.INCIERTO)
        assert error is not None
        assert (error.causa, error.codigo) == (Causa.DESCONOCIDO, "55")
        assert error.remedio
        await s.check_invariants()


async def test_repeated_bytes_that_are_refused_prove_that_nothing_was_taken(settings: Settings, tmp_path: Path) -> None:
    averias = [{"clase": "corte", "momento": "antes", "veces": 1}, {"clase": "status", "codigo": 7, "veces": 1}]
    async with stage(settings, tmp_path, averias=averias) as s, sending(s.settings):
        ids = await s.emit(s.facturas(1, 4))
        await s.until_all(Estado.ACEPTADO)
        dtes = [await s.dte(id_) for id_ in ids]
        assert all(went_through_doubt(dte) for dte in dtes)
        assert len({dte.envio for dte in dtes}) == 2  # each half in an envelope of its own
        await s.check_invariants()


@pytest.mark.parametrize("codigo", [0, 99])
async def test_a_file_that_the_sii_had_already_keeps_its_original_track_id(
    settings: Settings, tmp_path: Path, codigo: int
) -> None:
    async with stage(settings, tmp_path, averias=[{"clase": "status", "codigo": codigo, "veces": 1}]) as s:
        async with sending(s.settings):
            dte = await s.until(await emit_one(s, Canal.FACTURA, 1), Estado.ACEPTADO)
        assert dte.track_id == s.sandbox.documentos()[0]["trackid"]
        await s.check_invariants()

"""`posta pausa` as a person types it."""

from __future__ import annotations

import pytest

from services.monitor.formato import format_rut
from shared.administracion.main import open_pausas
from shared.errors import Invalid
from shared.messages import ClasePausa, EmisorGuardado
from shared.settings import Settings
from tests.dte_data import EMISOR, EMISOR_RUT
from tests.emitter_world import open_store
from tests.integration.test_cli import Posta


@pytest.fixture
def posta(settings: Settings) -> Posta:
    return Posta(settings)


async def test_a_channel_is_paused_listed_and_resumed_and_the_audit_tells_who_and_why(posta: Posta) -> None:
    puesta = await posta("pausa", "poner", "--canal", "factura", "--motivo", "el SII  avisó de mantención")
    assert (puesta.status, "el canal factura" in puesta.salida) == (0, True), puesta.error
    (fila,) = (await posta("pausa", "list", "--json")).json
    assert (fila["clase"], fila["objeto"], fila["motivo"]) == ("canal", "factura", "el SII avisó de mantención")
    assert "factura" in (await posta("pausa", "list")).salida
    otra = await posta("pausa", "poner", "--canal", "factura", "--motivo", "otra vez")
    assert (otra.status, fila["quien"] in otra.error, "mantención" in otra.error) == (1, True, True)
    assert (await posta("pausa", "quitar", "--canal", "factura")).status == 0
    assert (await posta("pausa", "list", "--json")).json == []
    asientos = (await posta("auditoria", "list", "--json")).json
    acts = [(a["accion"], a["objeto"], a["fase"], a["motivo"]) for a in asientos]
    assert acts == [
        ("pausa.poner", "canal:factura", "intento", "el SII  avisó de mantención"),
        ("pausa.poner", "canal:factura", "hecho", "el SII  avisó de mantención"),
        ("pausa.quitar", "canal:factura", "intento", ""),
        ("pausa.quitar", "canal:factura", "hecho", ""),
    ]


async def test_a_company_is_paused_by_its_rut_however_it_is_written(posta: Posta, settings: Settings) -> None:
    async with open_store(settings) as store:
        datos = EMISOR.model_dump(mode="json")
        await store.companies.save_emisor(EmisorGuardado(rut=EMISOR_RUT, datos=datos, resoluciones={}))
        puesta = await posta("pausa", "poner", "--emisor", format_rut(EMISOR_RUT), "--motivo", "certificado en duda")
        assert puesta.status == 0, puesta.error
        (pausa,) = await store.pausas.all()
        assert (pausa.clase, pausa.objeto) == (ClasePausa.EMISOR, EMISOR_RUT)
        assert (await posta("pausa", "quitar", "--emisor", EMISOR_RUT)).status == 0
        assert await store.pausas.all() == []


@pytest.mark.parametrize(
    ("arguments", "status", "dicho"),
    [
        (("poner", "--canal", "boleta"), 1, "motivo: diga por qué"),
        (("poner", "--motivo", "x"), 2, "--canal, o --emisor"),
        (("quitar", "--canal", "boleta"), 1, "no está en pausa"),
    ],
)
async def test_what_is_wrong_is_named_with_its_remedy(
    posta: Posta, arguments: tuple[str, ...], status: int, dicho: str
) -> None:
    answer = await posta("pausa", *arguments)
    assert (answer.status, dicho in answer.error) == (status, True), answer.error


@pytest.mark.parametrize(
    ("clase", "objeto", "motivo", "dicho"),
    [
        (ClasePausa.CANAL, "boleta", "x" * 201, "tiene 201"),
        (ClasePausa.CANAL, "boletas", "x", "boleta, factura, dtebox"),
        (ClasePausa.EMISOR, "76192083-1", "x", "dígito verificador"),
        (ClasePausa.EMISOR, "11111111-1", "x", "posta emisor list"),
    ],
)
async def test_nothing_is_paused_that_is_not_there(
    settings: Settings, clase: ClasePausa, objeto: str, motivo: str, dicho: str
) -> None:
    async with open_pausas(settings, motivo) as pausas:
        with pytest.raises(Invalid, match=dicho):
            await pausas.pause(clase, objeto)
        assert await pausas.list() == []

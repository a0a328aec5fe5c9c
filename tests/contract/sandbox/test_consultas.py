"""getEstUp and getEstDte: every code that a question can get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.sandbox.registro import Empresa as EmpresaRegistrada
from services.sandbox.registro import FolioAnulado, Registro
from shared.dte.tipos import Canal, TipoDte
from tests.contract.sandbox.cliente import Cliente
from tests.sandbox_data import Empresa, Reloj, without
from tests.sandbox_server import SandboxServer, sandbox_server
from tests.ventas import venta_de

OTRO_RUT = "76192083-9"


async def _send(cliente: Cliente, *dtes: Any, **cambios: Any) -> tuple[str, str]:
    """Upload an envelope of invoices; its track id, and the token in use."""
    token = await cliente.login()
    sobre = cliente.empresa.sobre(*dtes, canal=Canal.FACTURA, **cambios)
    return (await cliente.upload_dte(sobre, token))["TRACKID"], token


async def test_a_processed_envelope_is_counted_by_type(cliente: Cliente) -> None:
    empresa = cliente.empresa
    leve = empresa.respoil(empresa.factura(2), without("GiroRecep"))
    mala = empresa.factura(3).xml.replace(b"<PrcItem>70<", b"<PrcItem>71<")
    trackid, token = await _send(cliente, empresa.factura(1), leve, mala)
    respuesta = await cliente.est_up(trackid, token)
    assert (respuesta["ESTADO"], respuesta["GLOSA"], respuesta["TRACKID"]) == ("EPR", "Envio Procesado", trackid)
    assert respuesta["NUM_ATENCION"].endswith(" ( 2026/03/02 12:00:00)")
    contadores = ("TIPO_DOCTO", "INFORMADOS", "ACEPTADOS", "RECHAZADOS", "REPAROS")
    assert [respuesta[nombre] for nombre in contadores] == ["33", "3", "1", "1", "1"]


async def test_an_envelope_passes_through_its_states_in_the_time_that_a_verdict_takes(
    cliente: Cliente, sandbox: SandboxServer, reloj: Reloj
) -> None:
    await sandbox.play(demora_veredicto=50)
    trackid, token = await _send(cliente, cliente.empresa.factura(1))
    vistos = []
    for _ in range(6):
        respuesta = await cliente.est_up(trackid, token)
        vistos.append(respuesta["ESTADO"])
        assert ("INFORMADOS" in respuesta) is (respuesta["ESTADO"] == "EPR")
        reloj.advance(seconds=10)
    assert vistos == ["REC", "SOK", "CRT", "FOK", "PDR", "EPR"]


async def test_the_verdict_of_an_upload_does_not_depend_on_the_process_that_took_it(
    carpeta: Path, empresa: Empresa, reloj: Reloj
) -> None:
    async with sandbox_server(carpeta, reloj, demora_veredicto=60) as antes, Cliente.connect(antes.url, empresa) as uno:
        trackid, token = await _send(uno, empresa.factura(1))
        assert (await uno.est_up(trackid, token))["ESTADO"] == "REC"
    reloj.advance(seconds=60)
    async with sandbox_server(carpeta, reloj) as despues, Cliente.connect(despues.url, empresa) as otro:
        assert (await otro.est_up(trackid, token))["ESTADO"] == "003"
        assert (await otro.est_up(trackid, await otro.login()))["ESTADO"] == "EPR"
        repetida = await otro.upload_dte(empresa.sobre(empresa.factura(1), canal=Canal.FACTURA), await otro.login())
        assert repetida["STATUS"] in ("0", "99")
        assert despues.resumen()["aceptados"] == 1


@pytest.mark.parametrize(("cambios", "estado"), [({"receptor": OTRO_RUT}, "RCT"), ({"firmante": "otro"}, "RFR")])
async def test_a_refused_envelope_says_at_which_step(cliente: Cliente, cambios: dict[str, Any], estado: str) -> None:
    if "firmante" in cambios:
        cambios = {"firmante": Empresa(cliente.empresa.authority, Reloj(), persona=OTRO_RUT).firmante}
    trackid, token = await _send(cliente, cliente.empresa.factura(1), **cambios)
    respuesta = await cliente.est_up(trackid, token)
    assert (respuesta["ESTADO"], "INFORMADOS" in respuesta) == (estado, False)


async def test_track_ids_are_numbers_whatever_their_zeros(cliente: Cliente) -> None:
    trackid, token = await _send(cliente, cliente.empresa.factura(1))
    assert (await cliente.est_up(trackid.lstrip("0"), token))["ESTADO"] == "EPR"


@pytest.mark.parametrize(
    ("trackid", "rut", "estado"),
    [
        ("9999999999", None, "VOF"),
        ("abc", None, "VOF"),
        ("", None, "VOF"),
        (None, OTRO_RUT, "-11"),
        (None, "-", "-13"),
        (None, "77123456-0", "-10"),
        (None, "x-y", "-10"),
    ],
)
async def test_a_question_about_the_wrong_envelope(
    cliente: Cliente, trackid: str | None, rut: str | None, estado: str
) -> None:
    enviado, token = await _send(cliente, cliente.empresa.factura(1))
    respuesta = await cliente.est_up(enviado if trackid is None else trackid, token, rut)
    assert respuesta["ESTADO"] == estado
    assert respuesta.get("ERR_CODE") == {"-11": "1", "VOF": None}.get(estado, "2")


async def test_a_user_without_permission_gets_no_answer(cliente: Cliente, sandbox: SandboxServer) -> None:
    trackid, token = await _send(cliente, cliente.empresa.factura(1))
    await sandbox.sii.register(Registro(empresas={cliente.empresa.rut: EmpresaRegistrada(usuarios=())}))
    assert (await cliente.est_up(trackid, token))["ESTADO"] == "-6"


async def test_a_token_is_missing_expired_or_unknown(cliente: Cliente, reloj: Reloj) -> None:
    trackid, token = await _send(cliente, cliente.empresa.factura(1))
    reloj.advance(hours=1)
    codigos = [(await cliente.est_up(trackid, dado))["ESTADO"] for dado in ("", token, "INVENTADO")]
    assert codigos == ["001", "002", "003"]


async def test_a_received_document_is_dok_and_any_difference_is_dnk(cliente: Cliente) -> None:
    factura = cliente.empresa.factura(1)
    _, token = await _send(cliente, factura)
    respuesta = await cliente.est_dte(factura, token)
    assert (respuesta["ESTADO"], respuesta["ERR_CODE"]) == ("DOK", "0")
    assert "Coinciden" in respuesta["GLOSA_ESTADO"]
    assert (await cliente.est_dte(factura, token, fecha="02-03-2026"))["ESTADO"] == "DOK"
    for cambio in ({"monto": "1"}, {"receptor": OTRO_RUT}, {"fecha": "01032026"}):
        respuesta = await cliente.est_dte(factura, token, **cambio)
        assert (respuesta["ESTADO"], respuesta["ERR_CODE"]) == ("DNK", "1")


async def test_a_document_that_a_note_corrected_is_told_by_what_the_note_did(cliente: Cliente) -> None:
    empresa, nota = cliente.empresa, venta_de(TipoDte.NOTA_CREDITO)
    facturas = [empresa.sign(folio, venta_de(TipoDte.FACTURA)) for folio in (7, 8, 9)]
    notas = [
        empresa.sign(codigo, nota | {"Referencia": nota["Referencia"] | {"FolioRef": 6 + codigo, "CodRef": codigo}})
        for codigo in (1, 2, 3)
    ]
    _, token = await _send(cliente, *facturas, *notas)
    estados = [await cliente.est_dte(factura, token) for factura in facturas]
    assert [(uno["ESTADO"], uno["ERR_CODE"]) for uno in estados] == [("ANC", "15"), ("TMC", "11"), ("MMC", "13")]
    debito = venta_de(TipoDte.NOTA_DEBITO)
    await _send(cliente, empresa.sign(1, debito | {"Referencia": debito["Referencia"] | {"FolioRef": 1}}))
    assert (await cliente.est_dte(notas[0], token))["ESTADO"] == "AND"
    assert (await cliente.est_dte(facturas[0], token, monto="1"))["ESTADO"] == "DNK"


async def test_a_document_is_not_received_until_its_verdict_nor_after_a_rejection(
    cliente: Cliente, sandbox: SandboxServer, reloj: Reloj
) -> None:
    sandbox.caf(cliente.empresa.rut, 33, 1, 10)
    await sandbox.play(demora_veredicto=10)
    buena, mala = cliente.empresa.factura(1), cliente.empresa.factura(2)
    _, token = await _send(cliente, buena, mala.xml.replace(b"<PrcItem>70<", b"<PrcItem>71<"))
    for esperados in (["FAU", "FAU"], ["DOK", "FAU"]):
        assert [(await cliente.est_dte(dte, token))["ESTADO"] for dte in (buena, mala)] == esperados
        reloj.advance(seconds=10)


async def test_a_folio_outside_every_caf_is_not_authorised(cliente: Cliente, sandbox: SandboxServer) -> None:
    sandbox.caf(cliente.empresa.rut, 33, 1, 10)
    token = await cliente.login()
    respuesta = await cliente.est_dte(cliente.empresa.factura(11), token)
    assert (respuesta["ESTADO"], respuesta["ERR_CODE"]) == ("FNA", "4")


async def test_an_annulled_folio_and_a_company_that_may_not_issue(cliente: Cliente, sandbox: SandboxServer) -> None:
    token = await cliente.login()
    rut = cliente.empresa.rut
    await sandbox.sii.register(Registro(anulados=(FolioAnulado(emisor=rut, tipo=33, folio=5),)))
    assert (await cliente.est_dte(cliente.empresa.factura(5), token))["ESTADO"] == "FAN"
    await sandbox.sii.register(Registro(abierto=False))
    assert (await cliente.est_dte(cliente.empresa.factura(5), token))["ESTADO"] == "EMP"


@pytest.mark.parametrize(
    ("cambios", "estado"),
    [
        ({"monto": "mucho"}, "-1"),
        ({"folio": ""}, "-1"),
        ({"tipo": "factura"}, "-1"),
        ({"fecha": "2026-03-02"}, "-1"),
        ({"fecha": "31022026"}, "-1"),
        ({"receptor": "1-1"}, "-3"),
        ({"emisor": "77123456-0"}, "-10"),
    ],
)
async def test_a_question_that_makes_no_sense_has_its_code(
    cliente: Cliente, cambios: dict[str, str], estado: str
) -> None:
    token = await cliente.login()
    assert (await cliente.est_dte(cliente.empresa.factura(1), token, **cambios))["ESTADO"] == estado
    assert (await cliente.est_dte(cliente.empresa.factura(1), "INVENTADO", **cambios))["ESTADO"] == "003"

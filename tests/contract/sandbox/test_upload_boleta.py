"""boleta.electronica.envio: JSON when it goes well, plain text when not, and afterwards the verdict with reasons."""

from __future__ import annotations

import re
from typing import Any

import pytest

from services.sandbox.registro import Empresa as EmpresaRegistrada
from services.sandbox.registro import Registro
from shared.dte.tipos import Canal
from tests.contract.sandbox.cliente import API, Cliente
from tests.dte_data import FIRMANTE_RUT
from tests.sandbox_data import Empresa, without
from tests.sandbox_server import SandboxServer


def _sobre(empresa: Empresa, *folios: int) -> bytes:
    return empresa.sobre(*(empresa.boleta(folio) for folio in folios))


async def test_a_good_file_is_received(cliente: Cliente) -> None:
    token = await cliente.login(Canal.BOLETA)
    response = await cliente.upload(_sobre(cliente.empresa, 1), token, Canal.BOLETA)
    recibido = response.json()
    assert response.status_code == 200
    assert re.fullmatch("[0-9]{15}", str(recibido.pop("trackid")))
    assert recibido == {
        "rut_emisor": cliente.empresa.rut,
        "rut_envia": FIRMANTE_RUT,
        "fecha_recepcion": "2026-03-02 12:00:00",
        "estado": "REC",
        "file": "EnvioDTE.xml",
    }


async def test_the_verdict_comes_with_counters_and_reasons(cliente: Cliente) -> None:
    token, empresa = await cliente.login(Canal.BOLETA), cliente.empresa
    mala = empresa.boleta(2).xml.replace(b"<MontoItem>1190<", b"<MontoItem>1191<")
    tarde = empresa.respoil(empresa.boleta(3), lambda texto: texto.replace("<IT1>T", "<IT1>t"))
    subida = await cliente.upload(empresa.sobre(empresa.boleta(1), mala, tarde), token, Canal.BOLETA)
    estado = (await cliente.get_envio(subida.json()["trackid"], token)).json()
    assert estado["estado"] == "EPR"
    assert estado["estadistica"] == [{"tipo": 39, "informados": 3, "aceptados": 1, "rechazados": 1, "reparos": 1}]
    rechazo, reparo = estado["detalle_rep_rech"]
    assert (rechazo["tipo"], rechazo["folio"], rechazo["estado"]) == (39, 2, "RCH")
    (error,) = rechazo["error"]
    assert {campo: error[campo] for campo in ("seccion", "linea", "nivel", "codigo", "descripcion")} == {
        "seccion": "DTE",
        "linea": 1,
        "nivel": 3,
        "codigo": 505,
        "descripcion": "Firma DTE Incorrecta",
    }
    assert (reparo["folio"], reparo["estado"], reparo["error"][0]["codigo"]) == (3, "RPR", 510)


async def test_an_envelope_in_process_shows_no_counters(cliente: Cliente, sandbox: SandboxServer) -> None:
    await sandbox.play(demora_veredicto=10)
    token = await cliente.login(Canal.BOLETA)
    trackid = (await cliente.upload(_sobre(cliente.empresa, 1), token, Canal.BOLETA)).json()["trackid"]
    estado = (await cliente.get_envio(trackid, token)).json()
    assert (estado["estado"], estado["estadistica"], estado["detalle_rep_rech"]) == ("REC", None, None)


@pytest.mark.parametrize(
    ("sobre", "estado"),
    [
        pytest.param(lambda e: _sobre(e, 1).replace(b"<NroLinDet>1<", b"<NroLinDet>x<"), "RSC", id="schema"),
        pytest.param(lambda _: b"no es XML", "RSC", id="no XML"),
        pytest.param(lambda e: e.sobre(e.boleta(1), receptor="76192083-9"), "RCT", id="caratula"),
        pytest.param(lambda e: _sobre(e, 1).replace(b"<NmbItem>T", b"<NmbItem>t"), "RFR", id="signature"),
    ],
)
async def test_a_refused_envelope_is_received_first_and_has_no_counters(
    cliente: Cliente, sobre: Any, estado: str
) -> None:
    token = await cliente.login(Canal.BOLETA)
    subida = await cliente.upload(sobre(cliente.empresa), token, Canal.BOLETA)
    assert subida.status_code == 200
    visto = (await cliente.get_envio(subida.json()["trackid"], token)).json()
    assert (visto["estado"], visto["estadistica"], visto["detalle_rep_rech"]) == (estado, None, None)


async def test_identical_bytes_are_taken_again_and_their_documents_rejected(
    cliente: Cliente, sandbox: SandboxServer
) -> None:
    token, sobre = await cliente.login(Canal.BOLETA), _sobre(cliente.empresa, 1)
    subidas = [(await cliente.upload(sobre, token, Canal.BOLETA)).json()["trackid"] for _ in range(2)]
    assert subidas[0] != subidas[1]
    segunda = (await cliente.get_envio(subidas[1], token)).json()
    assert segunda["detalle_rep_rech"][0]["error"][0]["codigo"] == 100
    resumen = sandbox.resumen()
    assert (resumen["aceptados"], resumen["repetidos"]) == (1, 1)


@pytest.mark.parametrize("token", [None, "INVENTADO"])
async def test_without_a_token_in_force_nothing_is_taken(cliente: Cliente, token: str | None) -> None:
    response = await cliente.upload(_sobre(cliente.empresa, 1), token, Canal.BOLETA)
    assert (response.status_code, response.text) == (401, "NO ESTA AUTENTICADO")


async def test_a_client_that_is_no_program_is_not_authenticated_whatever_its_token(cliente: Cliente) -> None:
    token = await cliente.login(Canal.BOLETA)
    headers = {"User-Agent": "Mozilla/5.0 (X11)"}
    response = await cliente.upload(_sobre(cliente.empresa, 1), token, Canal.BOLETA, headers=headers)
    assert (response.status_code, response.text) == (401, "NO ESTA AUTENTICADO")


@pytest.mark.parametrize(
    "cambios",
    [{"dvSender": "0"}, {"dvCompany": "0"}, {"rutSender": "76192083", "dvSender": "9"}, {"rutCompany": None}],
)
async def test_a_wrong_form_is_a_bad_request(cliente: Cliente, cambios: dict[str, Any]) -> None:
    token = await cliente.login(Canal.BOLETA)
    response = await cliente.upload(_sobre(cliente.empresa, 1), token, Canal.BOLETA, **cambios)
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("text/plain")


async def test_an_empty_file_is_a_bad_request(cliente: Cliente) -> None:
    token = await cliente.login(Canal.BOLETA)
    assert (await cliente.upload(b"", token, Canal.BOLETA)).status_code == 400


async def test_a_body_in_chunks_is_refused(cliente: Cliente) -> None:
    async def chunks() -> Any:
        yield b"--x--"

    token = await cliente.login(Canal.BOLETA)
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Cookie": f"TOKEN={token}"}
    response = await cliente.http.post(f"{API}.envio", content=chunks(), headers=headers)
    assert response.status_code == 400


async def test_a_sender_without_permission_is_refused_with_the_caratula(
    cliente: Cliente, sandbox: SandboxServer
) -> None:
    await sandbox.sii.register(Registro(empresas={cliente.empresa.rut: EmpresaRegistrada(usuarios=())}))
    token = await cliente.login(Canal.BOLETA)
    trackid = (await cliente.upload(_sobre(cliente.empresa, 1), token, Canal.BOLETA)).json()["trackid"]
    assert (await cliente.get_envio(trackid, token)).json()["estado"] == "RCT"


async def test_a_track_id_of_somebody_else_or_of_nobody_is_not_found(cliente: Cliente) -> None:
    token = await cliente.login(Canal.BOLETA)
    trackid = (await cliente.upload(_sobre(cliente.empresa, 1), token, Canal.BOLETA)).json()["trackid"]
    for rut, numero in (("76192083-9", trackid), (cliente.empresa.rut, trackid + 1), (cliente.empresa.rut, "abc")):
        assert (await cliente.get_envio(numero, token, rut)).status_code == 404


async def test_a_document_is_asked_for_by_all_that_identifies_it(cliente: Cliente, sandbox: SandboxServer) -> None:
    sandbox.caf(cliente.empresa.rut, 39, 1, 10)
    token, boleta = await cliente.login(Canal.BOLETA), cliente.empresa.boleta(1)
    antes = (await cliente.get_dte(boleta, token)).json()
    await cliente.upload(cliente.empresa.sobre(boleta), token, Canal.BOLETA)
    assert antes == {"codigo": "FAU", "descripcion": "Documento No Recibido por el SII"}
    assert (await cliente.get_dte(boleta, token)).json()["codigo"] == "DOK"
    assert (await cliente.get_dte(boleta, token, monto=1)).json()["codigo"] == "DNK"
    assert (await cliente.get_dte(boleta, token, folio=11)).json()["codigo"] == "FNA"


@pytest.mark.parametrize("falta", ["rut_receptor", "dv_receptor", "monto", "fechaEmision"])
async def test_a_question_with_a_parameter_missing_is_answered_in_plain_text_with_status_200(
    cliente: Cliente, falta: str
) -> None:
    response = await cliente.get_dte(cliente.empresa.boleta(1), await cliente.login(Canal.BOLETA), **{falta: None})
    assert (response.status_code, response.text) == (200, f"falta {falta}")


@pytest.mark.parametrize(
    "cambios", [{"monto": "x"}, {"fechaEmision": "2026-03-02"}, {"fechaEmision": "31-02-2026"}, {"dv_receptor": "0"}]
)
async def test_a_question_that_makes_no_sense_is_a_bad_request(cliente: Cliente, cambios: dict[str, str]) -> None:
    response = await cliente.get_dte(cliente.empresa.boleta(1), await cliente.login(Canal.BOLETA), **cambios)
    assert response.status_code == 400


async def test_questions_need_a_token(cliente: Cliente) -> None:
    assert (await cliente.get_dte(cliente.empresa.boleta(1), "INVENTADO")).status_code == 401
    assert (await cliente.get_envio(1, "INVENTADO")).status_code == 401


async def test_a_boleta_does_not_need_what_an_invoice_does(cliente: Cliente, sandbox: SandboxServer) -> None:
    sin_giro = cliente.empresa.respoil(cliente.empresa.boleta(1), without("CmnaOrigen"))
    await cliente.upload(cliente.empresa.sobre(sin_giro), await cliente.login(Canal.BOLETA), Canal.BOLETA)
    assert sandbox.resumen()["aceptados"] == 1

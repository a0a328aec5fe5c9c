"""The client against the sandbox, over HTTP, on both channels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.adapters.sii.client import Sii
from shared.adapters.sii.endpoints import endpoints_for
from shared.adapters.transport import Transport
from shared.clock import now
from shared.dte.caf import parse_caf
from shared.dte.causa import Causa
from shared.dte.documento import DteFirmado
from shared.dte.estado import Estado
from shared.dte.respuesta import Bloqueado, Incierto, NoAhora, Rechazado, Recibido, Resultado, YaRecibido
from shared.dte.tipos import CANALES_SII, Ambiente, Canal, CanalSii, Prioridad, TipoDte
from shared.dte.veredicto import (
    ConsultaBloqueada,
    Contador,
    NoRecibido,
    Procesado,
    Registrado,
    SinVeredicto,
)
from shared.messages import Dte, dte_id
from tests.dte_data import EMISOR_RUT
from tests.sandbox_data import Empresa, Reloj
from tests.sandbox_server import SandboxServer, sandbox_server

CANALES = list(CANALES_SII)


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[SandboxServer]:
    async with sandbox_server(tmp_path / "sii") as server:
        yield server


@pytest.fixture
def empresa(sandbox: SandboxServer) -> Empresa:
    cafs = {tipo: parse_caf(sandbox.caf(EMISOR_RUT, tipo, 1, 1000)) for tipo in TipoDte}
    return Empresa(sandbox.sii.authority, Reloj(now()), _cafs=cafs)


@pytest.fixture
async def sii(sandbox: SandboxServer) -> AsyncIterator[Sii]:
    client = Sii(Transport(timedelta(seconds=10)), endpoints_for(Ambiente.CERTIFICACION, sandbox.url))
    yield client
    await client.close()


def sign(empresa: Empresa, canal: CanalSii, folio: int) -> DteFirmado:
    return empresa.boleta(folio) if canal is Canal.BOLETA else empresa.factura(folio)


def record(firmado: DteFirmado, canal: CanalSii) -> Dte:
    moment = datetime.now(UTC)
    return Dte(
        id=dte_id(firmado.emisor, firmado.tipo, firmado.folio),
        canal=canal,
        prioridad=Prioridad.NORMAL,
        terminal="t1",
        tienda="1",
        caja="1",
        clave="k",
        huella="h",
        creado=moment,
        cambiado=moment,
        emisor=firmado.emisor,
        tipo=firmado.tipo,
        folio=firmado.folio,
        receptor=firmado.receptor,
        fecha=firmado.fecha,
        monto=firmado.monto,
        sha256=firmado.sha256,
        ted=firmado.ted,
    )


async def upload(sii: Sii, empresa: Empresa, canal: CanalSii, contenido: bytes) -> Resultado:
    return (await sii.upload(canal, empresa.rut, empresa.firmante, "Envio_1.xml", contenido)).valor


@pytest.mark.parametrize("canal", CANALES)
async def test_an_envelope_is_received_and_each_of_its_documents_accepted(
    sii: Sii, empresa: Empresa, canal: CanalSii
) -> None:
    documentos = [sign(empresa, canal, folio) for folio in (1, 2)]
    resultado = await upload(sii, empresa, canal, empresa.sobre(*documentos, canal=canal))
    assert isinstance(resultado, Recibido)
    dicho = await sii.ask_envio(canal, empresa.rut, empresa.firmante, resultado.track_id or "")
    assert dicho.valor == Procesado("EPR", (Contador(documentos[0].tipo, 2, 2, 0, 0),))
    assert dicho.http == 200
    assert "EPR" in dicho.cuerpo
    consulta = await sii.ask_dte(record(documentos[0], canal), empresa.firmante)
    assert isinstance(consulta.valor, Registrado)
    absent = record(sign(empresa, canal, 9), canal)
    assert isinstance((await sii.ask_dte(absent, empresa.firmante)).valor, NoRecibido)


async def test_identical_bytes_are_recognised_by_dteupload(sii: Sii, empresa: Empresa) -> None:
    sobre = empresa.sobre(empresa.factura(1), canal=Canal.FACTURA)
    first = await upload(sii, empresa, Canal.FACTURA, sobre)
    assert isinstance(first, Recibido)
    assert await upload(sii, empresa, Canal.FACTURA, sobre) == YaRecibido(first.track_id or "")


@pytest.mark.parametrize("canal", CANALES)
async def test_a_refused_token_is_renewed_once_and_the_upload_repeated(
    sii: Sii, empresa: Empresa, sandbox: SandboxServer, canal: CanalSii
) -> None:
    await sandbox.play(averias=[{"clase": "token_vencido", "veces": 1}])
    sobre = empresa.sobre(sign(empresa, canal, 1), canal=canal)
    assert isinstance(await upload(sii, empresa, canal, sobre), Recibido)
    await sandbox.play(averias=[{"clase": "token_vencido"}])
    other = empresa.sobre(sign(empresa, canal, 2), canal=canal)
    refused = await upload(sii, empresa, canal, other)
    assert isinstance(refused, NoAhora)
    assert refused.causa is Causa.TOKEN


@pytest.mark.parametrize("canal", CANALES)
async def test_a_refused_token_of_a_question_is_renewed_too(
    sii: Sii, empresa: Empresa, sandbox: SandboxServer, canal: CanalSii
) -> None:
    documento = sign(empresa, canal, 1)
    resultado = await upload(sii, empresa, canal, empresa.sobre(documento, canal=canal))
    assert isinstance(resultado, Recibido)
    once = {"clase": "token_vencido", "operacion": "consulta", "veces": 1}
    await sandbox.play(averias=[once])
    envio = await sii.ask_envio(canal, empresa.rut, empresa.firmante, resultado.track_id or "")
    assert isinstance(envio.valor, Procesado)
    await sandbox.play(averias=[once])
    assert isinstance((await sii.ask_dte(record(documento, canal), empresa.firmante)).valor, Registrado)


@pytest.mark.parametrize("canal", CANALES)
async def test_many_uploads_at_once_share_one_login(
    sii: Sii, empresa: Empresa, sandbox: SandboxServer, canal: CanalSii
) -> None:
    await sandbox.play(latencia={"semilla": {"min": 0.1, "max": 0.1}})
    sobres = [empresa.sobre(sign(empresa, canal, folio), canal=canal) for folio in range(1, 9)]
    resultados = await asyncio.gather(*(upload(sii, empresa, canal, sobre) for sobre in sobres))
    assert all(isinstance(resultado, Recibido) for resultado in resultados)
    assert sandbox.sii.escena._pedidos[canal, "token"] == 1  # type: ignore[index]


FAULTS: list[tuple[dict[str, object], type[object], Causa]] = [
    ({"clase": "html"}, Incierto, Causa.SIN_RESPUESTA),
    ({"clase": "html", "momento": "despues"}, Incierto, Causa.SIN_RESPUESTA),
    ({"clase": "vacio"}, Incierto, Causa.SIN_RESPUESTA),
    ({"clase": "caida"}, Incierto, Causa.SIN_RESPUESTA),
    ({"clase": "corte", "momento": "antes"}, Incierto, Causa.SIN_RESPUESTA),
    ({"clase": "corte", "momento": "despues"}, Incierto, Causa.SIN_RESPUESTA),
    ({"clase": "http", "codigo": 500}, Incierto, Causa.SIN_RESPUESTA),
    ({"clase": "http", "codigo": 400}, Rechazado, Causa.ESQUEMA),
    ({"clase": "limite", "retry_after": 7}, NoAhora, Causa.LIMITE),
]


@pytest.mark.parametrize("canal", CANALES)
async def test_each_fault_on_the_way_has_its_outcome(
    sii: Sii, empresa: Empresa, sandbox: SandboxServer, canal: CanalSii
) -> None:
    for folio, (averia, kind, causa) in enumerate(FAULTS, start=1):
        await sandbox.play(averias=[averia])
        resultado = await upload(sii, empresa, canal, empresa.sobre(sign(empresa, canal, folio), canal=canal))
        assert isinstance(resultado, kind), averia
        assert getattr(resultado, "causa", None) is causa


STATUSES: list[tuple[int, type[object], Causa]] = [
    (1, Bloqueado, Causa.SIN_PERMISO),
    (2, Rechazado, Causa.TAMANO),
    (3, NoAhora, Causa.TRANSMISION),
    (5, NoAhora, Causa.TOKEN),
    (6, Bloqueado, Causa.SIN_PERMISO),
    (7, Rechazado, Causa.ESQUEMA),
    (8, Rechazado, Causa.FIRMA),
    (9, NoAhora, Causa.SII_CAIDO),
    (106, Bloqueado, Causa.SIN_PERMISO),
    (55, Incierto, Causa.DESCONOCIDO),
]


async def test_each_status_of_dteupload_comes_through(sii: Sii, empresa: Empresa, sandbox: SandboxServer) -> None:
    sobre = empresa.sobre(empresa.factura(1), canal=Canal.FACTURA)
    for codigo, kind, causa in STATUSES:
        await sandbox.play(averias=[{"clase": "status", "codigo": codigo}])
        resultado = await upload(sii, empresa, Canal.FACTURA, sobre)
        assert isinstance(resultado, kind), codigo
        assert getattr(resultado, "causa", None) is causa


@pytest.mark.parametrize("canal", CANALES)
@pytest.mark.parametrize("operacion", ["semilla", "token"])
async def test_a_login_that_fails_has_sent_no_document(
    sii: Sii, empresa: Empresa, sandbox: SandboxServer, canal: CanalSii, operacion: str
) -> None:
    for averia in ({"clase": "caida"}, {"clase": "corte"}, {"clase": "html"}):
        await sandbox.play(averias=[{**averia, "operacion": operacion}])
        resultado = await upload(sii, empresa, canal, empresa.sobre(sign(empresa, canal, 1), canal=canal))
        assert isinstance(resultado, NoAhora)
        assert resultado.causa is Causa.SII_CAIDO
        consulta = (await sii.ask_envio(canal, empresa.rut, empresa.firmante, "1")).valor
        assert consulta == SinVeredicto(resultado.causa, resultado.codigo, resultado.glosa)


async def test_a_person_unknown_to_the_sii_is_blocked_before_anything_is_sent(
    sii: Sii, empresa: Empresa, sandbox: SandboxServer
) -> None:
    await sandbox.sii.register(sandbox.sii.registro.model_copy(update={"abierto": False}))
    for canal in CANALES_SII:
        resultado = await upload(sii, empresa, canal, b"<no-importa/>")
        assert isinstance(resultado, Bloqueado)
        assert resultado.causa is Causa.SIN_PERMISO
        consulta = (await sii.ask_dte(record(sign(empresa, canal, 1), canal), empresa.firmante)).valor
        assert isinstance(consulta, ConsultaBloqueada)


@pytest.mark.parametrize("canal", CANALES)
async def test_without_a_connection_nothing_was_sent_and_nothing_was_answered(
    canal: CanalSii, empresa: Empresa
) -> None:
    sii = Sii(Transport(timedelta(seconds=1)), endpoints_for(Ambiente.CERTIFICACION, "http://127.0.0.1:9"))
    resultado = await upload(sii, empresa, canal, b"<x/>")
    assert isinstance(resultado, NoAhora)
    assert resultado.causa is Causa.SIN_CONEXION
    consulta = (await sii.ask_dte(record(sign(empresa, canal, 1), canal), empresa.firmante)).valor
    assert isinstance(consulta, SinVeredicto)
    assert consulta.causa is Causa.SIN_CONEXION
    await sii.close()


@pytest.mark.parametrize("canal", CANALES)
async def test_a_question_that_is_cut_is_no_verdict(
    sii: Sii, empresa: Empresa, sandbox: SandboxServer, canal: CanalSii
) -> None:
    await sandbox.play(averias=[{"clase": "corte", "operacion": "consulta"}])
    envio = (await sii.ask_envio(canal, empresa.rut, empresa.firmante, "1")).valor
    dte = (await sii.ask_dte(record(sign(empresa, canal, 1), canal), empresa.firmante)).valor
    assert isinstance(envio, SinVeredicto)
    assert isinstance(dte, SinVeredicto)
    assert envio.causa is dte.causa is Causa.SIN_RESPUESTA


async def test_the_boleta_service_names_the_rejected_document_and_the_reason(sii: Sii, empresa: Empresa) -> None:
    bad = empresa.boleta(2).xml.replace(b"Venta al", b"venta al")
    resultado = await upload(sii, empresa, Canal.BOLETA, empresa.sobre(empresa.boleta(1), bad))
    assert isinstance(resultado, Recibido)
    consulta = (await sii.ask_envio(Canal.BOLETA, empresa.rut, empresa.firmante, resultado.track_id or "")).valor
    assert isinstance(consulta, Procesado)
    assert [(d.folio, d.estado) for d in consulta.detalles] == [(2, Estado.RECHAZADO)]
    assert consulta.detalles[0].causa is Causa.FIRMA


def test_the_real_hosts_are_the_published_ones() -> None:
    cert, prod = endpoints_for(Ambiente.CERTIFICACION), endpoints_for(Ambiente.PRODUCCION)
    assert cert.dteupload == "https://maullin.sii.cl/cgi_dte/UPL/DTEUpload"
    assert cert.boleta_envio == "https://pangal.sii.cl/recursos/v1/boleta.electronica.envio"
    assert cert.boleta_semilla == "https://apicert.sii.cl/recursos/v1/boleta.electronica.semilla"
    assert prod.dteupload == "https://palena.sii.cl/cgi_dte/UPL/DTEUpload"
    assert prod.boleta_envio == "https://rahue.sii.cl/recursos/v1/boleta.electronica.envio"
    track = prod.boleta_estado_envio("76192083-9", "123")
    assert track == "https://api.sii.cl/recursos/v1/boleta.electronica.envio/76192083-9-123"

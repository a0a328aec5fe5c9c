"""The client of a DTEBox against the sandbox's, over HTTP."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.ports import LOOPBACK, free_ports
from services.sandbox.registro import Empresa as EmpresaEnRegistro
from services.sandbox.registro import Registro
from shared.adapters.dtebox.client import Caja, Dtebox
from shared.adapters.transport import Transport
from shared.clock import now
from shared.dte.caf import parse_caf
from shared.dte.causa import Causa
from shared.dte.documento import DteFirmado
from shared.dte.dtebox import Solicitud, cut_solicitud, write_solicitud
from shared.dte.respuesta import Bloqueado, Incierto, NoAhora, Recibido, Resultado
from shared.dte.tipos import Ambiente, Canal, TipoDte
from shared.dte.veredicto import ConsultaBloqueada, EnTramite, NoRecibido, RechazadoSii, Registrado, SinVeredicto
from tests import dte_data
from tests.dte_data import EMISOR_RUT
from tests.sandbox_data import Empresa, Reloj, replacing
from tests.sandbox_server import SandboxServer, sandbox_server
from tests.sender_stage import to_record

LLAVE = "llave-de-la-caja"
TIPOS = [TipoDte.BOLETA, TipoDte.FACTURA]
FECHA = date(2014, 8, 22)


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[SandboxServer]:
    async with sandbox_server(tmp_path / "sii") as server:
        yield server


@pytest.fixture
def empresa(sandbox: SandboxServer) -> Empresa:
    cafs = {tipo: parse_caf(sandbox.caf(EMISOR_RUT, tipo, 1, 1000)) for tipo in TIPOS}
    return Empresa(sandbox.sii.authority, Reloj(now()), _cafs=cafs)


@pytest.fixture
async def dtebox() -> AsyncIterator[Dtebox]:
    client = Dtebox(Transport(timedelta(seconds=10)), Ambiente.CERTIFICACION)
    yield client
    await client.close()


@pytest.fixture
def caja(sandbox: SandboxServer) -> Caja:
    return Caja(f"{sandbox.url}/api/Core.svc/core", LLAVE)


def sign(empresa: Empresa, tipo: TipoDte, folio: int) -> DteFirmado:
    return empresa.boleta(folio) if tipo is TipoDte.BOLETA else empresa.factura(folio)


def request_for(firmado: DteFirmado, **cambios: bytes) -> bytes:
    solicitud = cut_solicitud(firmado.xml)
    changed = Solicitud(cambios.get("documento", solicitud.documento), cambios.get("ted", solicitud.ted))
    return write_solicitud(changed, Ambiente.CERTIFICACION, fecha=FECHA, numero=0)


async def send(dtebox: Dtebox, caja: Caja, firmado: DteFirmado, **cambios: bytes) -> Resultado:
    return (await dtebox.upload(caja, request_for(firmado, **cambios))).valor


async def ask(dtebox: Dtebox, caja: Caja, firmado: DteFirmado) -> object:
    return (await dtebox.ask_dte(caja, to_record(firmado))).valor


@pytest.mark.parametrize("core", ["core", "Core", "CORE"])
@pytest.mark.parametrize("tipo", TIPOS)
async def test_a_document_is_taken_and_accepted_with_the_stamp_that_the_customer_has(
    sandbox: SandboxServer, dtebox: Dtebox, empresa: Empresa, tipo: TipoDte, core: str
) -> None:
    caja, firmado = Caja(f"{sandbox.url}/api/Core.svc/{core}", LLAVE), sign(empresa, tipo, 1)
    dicho = await dtebox.upload(caja, request_for(firmado))
    assert (dicho.valor, dicho.http) == (Recibido(None), 200)
    verdict = await ask(dtebox, caja, firmado)
    assert isinstance(verdict, Registrado)
    assert verdict.track_id.isdecimal()
    assert [(d["folio"], d["estado"]) for d in sandbox.documentos()] == [(1, "aceptado")]
    assert sandbox.resumen()["monto_aceptado"] == firmado.monto


async def test_a_folio_is_not_there_then_in_process_then_refused(
    sandbox: SandboxServer, dtebox: Dtebox, empresa: Empresa, caja: Caja
) -> None:
    firmado = empresa.boleta(1)
    assert isinstance(await ask(dtebox, caja, firmado), NoRecibido)
    await sandbox.play(demora_veredicto=3600, sentencias=[{"veredicto": "RCH", "codigo": "CAF-3-517"}])
    assert await send(dtebox, caja, firmado) == Recibido(None)
    assert isinstance(await ask(dtebox, caja, firmado), EnTramite)
    await sandbox.play(adelanto=7200)
    refused = await ask(dtebox, caja, firmado)
    assert isinstance(refused, RechazadoSii)
    assert "CAF-3-517" in refused.glosa


async def test_a_repeated_folio_leaves_doubt_and_the_question_settles_it(
    sandbox: SandboxServer, dtebox: Dtebox, empresa: Empresa, caja: Caja
) -> None:
    firmado = empresa.boleta(1)
    await send(dtebox, caja, firmado)
    assert isinstance(await send(dtebox, caja, firmado), Incierto)
    assert isinstance(await ask(dtebox, caja, firmado), Registrado)
    assert len(sandbox.documentos()) == 1


async def test_what_a_box_does_not_take_leaves_nothing_there(
    sandbox: SandboxServer, dtebox: Dtebox, empresa: Empresa, caja: Caja
) -> None:
    boleta, otra = empresa.boleta(1), empresa.boleta(2)
    bare = cut_solicitud(boleta.xml).documento
    forged = cut_solicitud(boleta.xml).ted.replace(b"<F>1</F>", b"<F>2</F>")
    strange = empresa.boleta(1, caf=dte_data.make_caf(TipoDte.BOLETA))
    spoiled: list[dict[str, bytes]] = [
        {"documento": boleta.xml},  # stamped and signed
        {"documento": bare.decode("iso-8859-1").encode("utf-8")},
        {"documento": bare.replace(b"ISO-8859-1", b"UTF-8")},
        {"documento": b"hola"},
        {"documento": replacing("<TipoDTE>39", "<TipoDTE>99")(bare.decode("iso-8859-1")).encode("iso-8859-1")},
        {"ted": forged},
        {"ted": b""},
        {"ted": cut_solicitud(otra.xml).ted},
        {"ted": cut_solicitud(strange.xml).ted},
    ]
    for cambios in spoiled:
        assert isinstance(await send(dtebox, caja, boleta, **cambios), Incierto), cambios
    assert sandbox.documentos() == []
    assert isinstance(await ask(dtebox, caja, boleta), NoRecibido)


async def test_a_wrong_key_is_for_a_person_and_is_in_no_record(
    sandbox: SandboxServer, dtebox: Dtebox, empresa: Empresa, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await sandbox.sii.register(Registro(empresas={EMISOR_RUT: EmpresaEnRegistro(auth_key="la-verdadera")}))
    caja, firmado = Caja(f"{sandbox.url}/api/Core.svc/core", "una-llave-equivocada"), empresa.boleta(1)
    sent = await dtebox.upload(caja, request_for(firmado))
    asked = await dtebox.ask_dte(caja, to_record(firmado))
    assert isinstance(sent.valor, Bloqueado)
    assert isinstance(asked.valor, ConsultaBloqueada)
    assert sent.valor.causa is asked.valor.causa is Causa.DTEBOX
    assert caja.llave not in f"{caja!r} {sent} {asked}" + "".join(record.getMessage() for record in caplog.records)


async def test_a_wrong_address_answers_with_a_page_and_that_is_no_answer(
    sandbox: SandboxServer, dtebox: Dtebox, empresa: Empresa
) -> None:
    caja, firmado = Caja(f"{sandbox.url}/api/Core.svc/otro", LLAVE), empresa.boleta(1)
    sent, asked = await send(dtebox, caja, firmado), await ask(dtebox, caja, firmado)
    assert isinstance(sent, Incierto)
    assert isinstance(asked, SinVeredicto)
    assert sent.causa is asked.causa is Causa.DTEBOX


async def test_what_was_made_for_one_environment_never_leaves_in_the_other(
    sandbox: SandboxServer, dtebox: Dtebox, empresa: Empresa, caja: Caja
) -> None:
    firmado = empresa.boleta(1)
    of_production = write_solicitud(cut_solicitud(firmado.xml), Ambiente.PRODUCCION, fecha=FECHA, numero=0)
    assert isinstance((await dtebox.upload(caja, of_production)).valor, Bloqueado)
    production = Dtebox(Transport(timedelta(seconds=10)), Ambiente.PRODUCCION)
    assert isinstance((await production.upload(caja, of_production)).valor, Incierto)  # the box is of certificación
    assert isinstance(await ask(production, caja, firmado), ConsultaBloqueada)
    await production.close()
    assert sandbox.documentos() == []


FAULTS: list[tuple[dict[str, Any], type[object], int]] = [
    ({"clase": "html", "momento": "despues"}, Incierto, 1),
    ({"clase": "vacio", "momento": "despues"}, Incierto, 1),
    ({"clase": "corte", "momento": "antes"}, Incierto, 0),
    ({"clase": "corte", "momento": "subiendo"}, Incierto, 0),
    ({"clase": "corte", "momento": "respondiendo"}, Incierto, 1),
    ({"clase": "corte", "momento": "despues"}, Incierto, 1),
    ({"clase": "caida"}, Incierto, 0),
    ({"clase": "error_dtebox"}, Incierto, 0),
    ({"clase": "error_dtebox", "momento": "despues"}, Incierto, 1),
    ({"clase": "limite", "retry_after": 3}, NoAhora, 0),
    ({"clase": "http", "codigo": 401}, Bloqueado, 0),
    ({"clase": "goteo", "segundos": 120}, Incierto, 1),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault[0].values())))
async def test_each_fault_of_the_wire_has_its_outcome(
    sandbox: SandboxServer, empresa: Empresa, caja: Caja, fault: tuple[dict[str, Any], type[object], int]
) -> None:
    averia, outcome, taken = fault
    dtebox = Dtebox(Transport(timedelta(seconds=3)), Ambiente.CERTIFICACION)
    await sandbox.play(averias=[{**averia, "canal": Canal.DTEBOX}])
    assert isinstance(await send(dtebox, caja, empresa.boleta(1)), outcome)
    assert len(sandbox.documentos()) == taken
    await dtebox.close()


async def test_a_box_that_is_not_there_has_been_sent_nothing(dtebox: Dtebox, empresa: Empresa) -> None:
    (port,) = free_ports(1)
    caja = Caja(f"http://{LOOPBACK}:{port}/api/Core.svc/core", LLAVE)
    sent = await send(dtebox, caja, empresa.boleta(1))
    assert isinstance(sent, NoAhora)
    assert sent.causa is Causa.SIN_CONEXION
    assert isinstance(await ask(dtebox, caja, empresa.boleta(1)), SinVeredicto)

"""Each of the twelve documents through the door that is its own, to a verdict without objections."""

from __future__ import annotations

import pytest

from shared.dte.tipos import NOTAS, Canal, TipoDte
from tests.contract.sandbox.cliente import Cliente
from tests.sandbox_server import SandboxServer
from tests.ventas import VENTAS


async def receive_corrected(cliente: Cliente, tipo: TipoDte, token: str) -> None:
    """What the note refers to: folio 7, and the same for what that refers to."""
    dtes = []
    while tipo in NOTAS:
        tipo = TipoDte(VENTAS[tipo]["Referencia"]["TpoDocRef"])
        dtes.append(cliente.empresa.sign(7, VENTAS[tipo]))
    if dtes:
        recepcion = await cliente.upload_dte(cliente.empresa.sobre(*reversed(dtes), canal=Canal.FACTURA), token)
        assert recepcion["STATUS"] == "0"


@pytest.mark.parametrize("tipo", [tipo for tipo in TipoDte if tipo.canal is Canal.FACTURA])
async def test_every_document_of_the_factura_channel_is_accepted(
    cliente: Cliente, sandbox: SandboxServer, tipo: TipoDte
) -> None:
    token, empresa = await cliente.login(), cliente.empresa
    await receive_corrected(cliente, tipo, token)
    dte = empresa.sign(1, VENTAS[tipo])
    recepcion = await cliente.upload_dte(empresa.sobre(dte, canal=Canal.FACTURA), token)
    assert recepcion["STATUS"] == "0"
    estado = await cliente.est_up(recepcion["TRACKID"], token)
    assert (estado["ESTADO"], estado["ACEPTADOS"]) == ("EPR", "1")
    documento = next(uno for uno in sandbox.documentos(tipo=int(tipo)) if uno["folio"] == 1)
    assert (documento["estado"], documento["objeciones"]) == ("aceptado", [])
    assert (await cliente.est_dte(dte, token))["ESTADO"] == "DOK"


@pytest.mark.parametrize("tipo", [TipoDte.BOLETA, TipoDte.BOLETA_EXENTA])
async def test_every_document_of_the_boleta_channel_is_accepted(
    cliente: Cliente, sandbox: SandboxServer, tipo: TipoDte
) -> None:
    token, empresa = await cliente.login(Canal.BOLETA), cliente.empresa
    recepcion = await cliente.upload(empresa.sobre(empresa.sign(1, VENTAS[tipo])), token, Canal.BOLETA)
    estado = (await cliente.get_envio(recepcion.json()["trackid"], token)).json()
    assert estado["estado"] == "EPR"
    assert estado["estadistica"] == [
        {"tipo": int(tipo), "informados": 1, "aceptados": 1, "rechazados": 0, "reparos": 0}
    ]
    (documento,) = sandbox.documentos(tipo=int(tipo))
    assert (documento["estado"], documento["objeciones"]) == ("aceptado", [])


def _corrected_first(tipo: TipoDte) -> int:
    """How many documents lie under this one."""
    return 1 + _corrected_first(TipoDte(VENTAS[tipo]["Referencia"]["TpoDocRef"])) if tipo in NOTAS else 0


async def test_all_of_a_days_documents_go_in_one_envelope(cliente: Cliente, sandbox: SandboxServer) -> None:
    token, empresa = await cliente.login(), cliente.empresa
    tipos = [tipo for tipo in TipoDte if tipo.canal is Canal.FACTURA]
    dtes = [empresa.sign(7, VENTAS[tipo]) for tipo in sorted(tipos, key=_corrected_first)]
    recepcion = await cliente.upload_dte(empresa.sobre(*dtes, canal=Canal.FACTURA), token)
    assert (await cliente.est_up(recepcion["TRACKID"], token))["ESTADO"] == "EPR"
    assert {documento["tipo"] for documento in sandbox.documentos(estado="aceptado")} == {int(tipo) for tipo in tipos}

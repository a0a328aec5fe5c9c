"""Seed and token on both channels, with the code for whatever may be wrong with the request."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from services.sandbox.authority import open_authority
from services.sandbox.registro import Registro
from shared.dte.firma import sign_semilla
from shared.dte.tipos import CANALES_SII, Canal
from shared.dte.xml import parse_xml
from tests.contract.sandbox.cliente import AGENTE, API, Cliente
from tests.dte_data import FIRMANTE_RUT
from tests.sandbox_data import Empresa, Reloj
from tests.sandbox_server import SandboxServer

CANALES = pytest.mark.parametrize("canal", list(CANALES_SII))


@CANALES
async def test_a_signed_seed_gives_a_token(cliente: Cliente, canal: Canal) -> None:
    semilla = await cliente.get_semilla(canal)
    assert re.fullmatch("[0-9]{12}", semilla)
    respuesta = await cliente.ask_token(sign_semilla(semilla, cliente.empresa.firmante), canal)
    assert (respuesta["ESTADO"], respuesta["GLOSA"]) == ("00", "Token Creado")
    assert re.fullmatch("[A-Z0-9]{13}", respuesta["TOKEN"])


@CANALES
async def test_a_seed_works_once_and_for_two_minutes(cliente: Cliente, reloj: Reloj, canal: Canal) -> None:
    usada = sign_semilla(await cliente.get_semilla(canal), cliente.empresa.firmante)
    await cliente.ask_token(usada, canal)
    assert (await cliente.ask_token(usada, canal))["ESTADO"] == "08"
    vieja = sign_semilla(await cliente.get_semilla(canal), cliente.empresa.firmante)
    reloj.advance(minutes=2)
    assert (await cliente.ask_token(vieja, canal))["ESTADO"] == "08"
    inventada = sign_semilla("000000000078", cliente.empresa.firmante)
    assert (await cliente.ask_token(inventada, canal))["ESTADO"] == "08"


MUTACIONES = {
    "empty": (r"(?s).*", "", "01"),
    "not well formed": (r"</item>", "", "02"),
    "with a DTD": (r"<getToken>", "<!DOCTYPE x><getToken>", "02"),
    "another root": (r"getToken>", "pideToken>", "03"),
    "no signature": (r"(?s)<Signature .*</Signature>", "", "04"),
    "seed changed": (r"<Semilla>.", "<Semilla>x", "05"),
    "signature value changed": (r"<SignatureValue>....", "<SignatureValue>AAAA", "05"),
    "no seed": (r"<Semilla>.*</Semilla>", "", "06"),
    "no certificate": (r"(?s)<X509Data>.*</X509Data>", "", "11"),
    "certificate unreadable": (
        r"(?s)<X509Certificate>.*</X509Certificate>",
        "<X509Certificate>AAAA</X509Certificate>",
        "-3",
    ),
}


@CANALES
@pytest.mark.parametrize("mutacion", MUTACIONES)
async def test_what_is_wrong_with_a_request_for_a_token_has_its_code(
    cliente: Cliente, canal: Canal, mutacion: str
) -> None:
    patron, nuevo, estado = MUTACIONES[mutacion]
    firmada = sign_semilla(await cliente.get_semilla(canal), cliente.empresa.firmante).decode()
    mutada = re.sub(patron, nuevo, firmada, count=1 if mutacion != "another root" else 0)
    assert mutada != firmada
    respuesta = await cliente.ask_token(mutada.encode(), canal)
    assert respuesta["ESTADO"] == estado
    assert "TOKEN" not in respuesta


async def test_a_key_that_is_not_the_certificates_is_code_21(cliente: Cliente, sandbox: SandboxServer) -> None:
    otra = Empresa(sandbox.sii.authority, Reloj()).firmante
    firmada = sign_semilla(await cliente.get_semilla(), cliente.empresa.firmante).decode()
    certificado = base64.b64encode(otra.certificado_der).decode()
    mutada = re.sub(r"(?s)(<X509Certificate>).*(</X509Certificate>)", rf"\g<1>{certificado}\g<2>", firmada)
    assert (await cliente.ask_token(mutada.encode()))["ESTADO"] == "21"


async def test_a_certificate_of_an_unknown_authority_does_not_log_in(cliente: Cliente, tmp_path: Path) -> None:
    ajena = Empresa(open_authority(tmp_path / "ajena", Reloj()), Reloj())
    firmada = sign_semilla(await cliente.get_semilla(), ajena.firmante)
    assert (await cliente.ask_token(firmada))["ESTADO"] == "-3"


async def test_a_person_who_is_not_registered_does_not_log_in(cliente: Cliente, sandbox: SandboxServer) -> None:
    await sandbox.sii.register(Registro(abierto=False))
    firmada = sign_semilla(await cliente.get_semilla(), cliente.empresa.firmante)
    assert (await cliente.ask_token(firmada))["ESTADO"] == "-07"
    await sandbox.sii.register(Registro(abierto=False, personas=(FIRMANTE_RUT,)))
    assert len(await cliente.login()) == 13


async def test_tokens_of_one_channel_are_unknown_on_the_other(cliente: Cliente) -> None:
    de_boleta = await cliente.login(Canal.BOLETA)
    assert (await cliente.est_up("1", de_boleta))["ESTADO"] == "003"
    de_factura = await cliente.login(Canal.FACTURA)
    assert (await cliente.get_envio(1, de_factura)).status_code == 401


@pytest.mark.parametrize("servicio", ["CrSeed", "GetTokenFromSeed", "QueryEstUp", "QueryEstDte"])
async def test_every_soap_service_describes_itself(cliente: Cliente, servicio: str) -> None:
    response = await cliente.http.get(f"/DTEWS/{servicio}.jws?WSDL")
    definiciones = parse_xml(response.content)
    wsdl = {"w": "http://schemas.xmlsoap.org/wsdl/", "s": "http://schemas.xmlsoap.org/wsdl/soap/"}
    url = f"{cliente.http.base_url}/DTEWS/{servicio}.jws".replace("//DTEWS", "/DTEWS")
    assert definiciones.get("targetNamespace") == url
    assert definiciones.xpath("//s:address/@location", namespaces=wsdl) == [url]
    mensajes = definiciones.xpath("//w:message/@name", namespaces=wsdl)
    usados = definiciones.xpath("//w:portType//@message", namespaces=wsdl)
    assert sorted(f"impl:{mensaje}" for mensaje in mensajes) == sorted(usados)
    pagina = await cliente.http.get(f"/DTEWS/{servicio}.jws")
    assert "AXIS" in pagina.text


async def test_a_service_that_does_not_exist_is_not_found(cliente: Cliente) -> None:
    assert (await cliente.http.get("/DTEWS/CrFolio.jws?WSDL")).status_code == 404
    assert (await cliente.http.post("/DTEWS/CrFolio.jws")).status_code == 405


NS = "http://schemas.xmlsoap.org/soap/envelope/"


@pytest.mark.parametrize(
    ("cuerpo", "texto"),
    [
        ("esto no es XML", "SAXParseException"),
        ("<x/>", "Version Mismatch"),
        ('<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body/></e:Envelope>', "Version Mismatch"),
        (f'<e:Envelope xmlns:e="{NS}"/>', "Version Mismatch"),
        (f'<e:Envelope xmlns:e="{NS}"><e:Body/></e:Envelope>', "No such operation"),
        (f'<e:Envelope xmlns:e="{NS}"><e:Body><otra/></e:Body></e:Envelope>', "No such operation 'otra'"),
        (f'<e:Envelope xmlns:e="{NS}"><e:Body><getSeed><x/></getSeed></e:Body></e:Envelope>', "with 1 arguments"),
    ],
)
async def test_a_call_that_is_not_understood_is_a_fault(cliente: Cliente, cuerpo: str, texto: str) -> None:
    response = await cliente.http.post("/DTEWS/CrSeed.jws", content=cuerpo, headers={"SOAPAction": ""})
    assert response.status_code == 500
    assert "<faultcode>" in response.text
    assert texto in response.text


@pytest.mark.parametrize(
    ("servicio", "operacion"),
    [("CrSeed", "getSeed"), ("GetTokenFromSeed", "getToken"), ("QueryEstUp", "getEstUp"), ("QueryEstDte", "getEstDte")],
)
async def test_a_call_without_soapaction_is_a_fault(cliente: Cliente, servicio: str, operacion: str) -> None:
    response = await cliente.post_soap(servicio, operacion, headers={"Content-Type": "text/xml"})
    assert response.status_code == 500
    assert "no SOAPAction header!" in response.text


async def test_the_boleta_services_know_their_methods(cliente: Cliente) -> None:
    response = await cliente.http.post(f"{API}.semilla", headers={"User-Agent": AGENTE})
    assert (response.status_code, response.headers["content-type"]) == (405, "text/plain; charset=utf-8")

"""A client of the SII written from its manuals alone; it shares no line with Posta's own."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import httpx

from shared.dte.documento import DteFirmado
from shared.dte.firma import sign_semilla
from shared.dte.tipos import Canal
from shared.dte.xml import local_name, parse_xml
from tests.sandbox_data import Empresa

AGENTE = "Mozilla/4.0 (compatible; PROG 1.0; Prueba)"
API = "/recursos/v1/boleta.electronica"
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Reading the machine's certificates takes longer than most tests, and nothing here is encrypted."""
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass
class Cliente:
    """One person at one SII."""

    http: httpx.AsyncClient
    empresa: Empresa

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str, empresa: Empresa) -> AsyncIterator[Cliente]:
        async with httpx.AsyncClient(base_url=url, headers={"User-Agent": AGENTE}, timeout=20, verify=_NO_TLS) as http:
            yield cls(http, empresa)

    async def call(self, servicio: str, operacion: str, *parametros: str) -> dict[str, str]:
        """A SOAP call; the leaves of the RESPUESTA by name (the last of each name)."""
        response = await self.post_soap(servicio, operacion, *parametros)
        assert response.status_code == 200, response.text
        sobre = parse_xml(response.content)
        retorno = next(nodo for nodo in sobre.iter() if local_name(nodo) == f"{operacion}Return")
        return read_hojas((retorno.text or "").encode())

    async def post_soap(self, servicio: str, operacion: str, *parametros: str, **kwargs: Any) -> httpx.Response:
        partes = "".join(f"<p{n}>{escape(valor)}</p{n}>" for n, valor in enumerate(parametros))
        cuerpo = (
            f'<e:Envelope xmlns:e="{SOAP}"><e:Body><m:{operacion} xmlns:m="urn:x">{partes}</m:{operacion}>'
            "</e:Body></e:Envelope>"
        )
        headers = kwargs.pop("headers", {"SOAPAction": '""', "Content-Type": "text/xml; charset=utf-8"})
        return await self.http.post(f"/DTEWS/{servicio}.jws", content=cuerpo.encode(), headers=headers)

    async def get_semilla(self, canal: Canal = Canal.FACTURA) -> str:
        if canal is Canal.FACTURA:
            return (await self.call("CrSeed", "getSeed"))["SEMILLA"]
        return read_hojas((await self.http.get(f"{API}.semilla")).content)["SEMILLA"]

    async def ask_token(self, firmada: bytes, canal: Canal = Canal.FACTURA) -> dict[str, str]:
        if canal is Canal.FACTURA:
            return await self.call("GetTokenFromSeed", "getToken", firmada.decode())
        return read_hojas((await self.http.post(f"{API}.token", content=firmada)).content)

    async def login(self, canal: Canal = Canal.FACTURA) -> str:
        semilla = await self.get_semilla(canal)
        return (await self.ask_token(sign_semilla(semilla, self.empresa.firmante), canal))["TOKEN"]

    async def upload(
        self, sobre: bytes, token: str | None, canal: Canal = Canal.FACTURA, **cambios: Any
    ) -> httpx.Response:
        """The form; `cambios` replace fields (None leaves one out) or, as `headers`, headers."""
        headers = {"Cookie": f"TOKEN={token}"} if token is not None else {}
        headers |= cambios.pop("headers", {})
        sender, dv_sender = self.empresa.persona.split("-")
        company, dv_company = self.empresa.rut.split("-")
        campos = {"rutSender": sender, "dvSender": dv_sender, "rutCompany": company, "dvCompany": dv_company} | cambios
        data = {campo: valor for campo, valor in campos.items() if valor is not None}
        url = "/cgi_dte/UPL/DTEUpload" if canal is Canal.FACTURA else f"{API}.envio"
        files = {"archivo": ("EnvioDTE.xml", sobre, "text/xml")}
        return await self.http.post(url, data=data, files=files, headers=headers)

    async def upload_dte(self, sobre: bytes, token: str | None, **cambios: Any) -> dict[str, str]:
        """The leaves of RECEPCIONDTE."""
        response = await self.upload(sobre, token, **cambios)
        assert response.status_code == 200, response.text
        return read_hojas(response.content)

    async def est_up(self, trackid: str, token: str, rut: str | None = None) -> dict[str, str]:
        return await self.call("QueryEstUp", "getEstUp", *(rut or self.empresa.rut).split("-"), trackid, token)

    async def est_dte(self, dte: DteFirmado, token: str, **cambios: Any) -> dict[str, str]:
        datos = {
            "emisor": dte.emisor,
            "receptor": dte.receptor,
            "tipo": str(int(dte.tipo)),
            "folio": str(dte.folio),
            "fecha": f"{dte.fecha:%d%m%Y}",
            "monto": str(dte.monto),
        } | cambios
        ruts = [parte for rut in (self.empresa.persona, datos["emisor"], datos["receptor"]) for parte in rut.split("-")]
        return await self.call(
            "QueryEstDte", "getEstDte", *ruts, datos["tipo"], datos["folio"], datos["fecha"], datos["monto"], token
        )

    async def get_envio(self, trackid: int | str, token: str, rut: str | None = None) -> httpx.Response:
        camino = f"{API}.envio/{rut or self.empresa.rut}-{trackid}"
        return await self.http.get(camino, headers={"Cookie": f"TOKEN={token}"})

    async def get_dte(self, dte: DteFirmado, token: str, **cambios: Any) -> httpx.Response:
        rut, dv = dte.receptor.split("-")
        params: dict[str, Any] = {
            "rut_receptor": rut,
            "dv_receptor": dv,
            "monto": dte.monto,
            "fechaEmision": f"{dte.fecha:%d-%m-%Y}",
        }
        camino = f"{API}/{dte.emisor}-{dte.tipo:d}-{cambios.pop('folio', dte.folio)}/estado"
        activos = {nombre: valor for nombre, valor in (params | cambios).items() if valor is not None}
        return await self.http.get(camino, params=activos, headers={"Cookie": f"TOKEN={token}"})


def read_hojas(xml: bytes) -> dict[str, str]:
    """The leaf elements of an answer by local name."""
    return {local_name(nodo): (nodo.text or "").strip() for nodo in parse_xml(xml).iter() if len(nodo) == 0}

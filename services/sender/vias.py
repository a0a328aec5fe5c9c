"""A company's way to the SII through one channel: straight, with its certificate, or through its DTEBox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, assert_never
from urllib.parse import urlsplit

from services.sender.firmantes import Emision, Firmantes
from services.sender.gate import Archivo, Via
from shared.dte.causa import Causa
from shared.dte.dtebox import cut_solicitud, write_solicitud
from shared.dte.respuesta import Bloqueado, Dicho, Resultado
from shared.dte.sobre import sign_sobre
from shared.dte.tipos import Ambiente, Canal, CanalSii
from shared.dte.veredicto import ConsultaDte, ConsultaEnvio, SinVeredicto
from shared.errors import Invalid
from shared.messages import Dte, DteConXml, Resolucion

if TYPE_CHECKING:
    from shared.adapters.dtebox.client import Caja, Dtebox
    from shared.adapters.emisores import Emisores
    from shared.adapters.sii.client import Sii

_PREFIJO: Mapping[CanalSii, str] = {Canal.BOLETA: "EnvioBOLETA", Canal.FACTURA: "EnvioDTE"}


@dataclass(frozen=True, slots=True)
class ViaSii:
    """Envelopes signed by the company's certificate holder, to one of the SII's own doors."""

    sii: Sii
    canal: CanalSii
    emisor: str
    emision: Emision

    @property
    def caja(self) -> None:
        """No box stands on this way."""

    def seal(self, documentos: Sequence[DteConXml], envio: str, ahora: datetime, /) -> Archivo:
        contenido = sign_sobre(
            [documento.xml for documento in documentos],
            self.emision.caratula,
            self.emision.firmante,
            canal=self.canal,
            ahora=ahora,
            id=f"S{envio}",
        )
        return Archivo(f"{_PREFIJO[self.canal]}_{self.emisor}_{envio[:12]}.xml", contenido)

    async def upload(self, archivo: Archivo) -> Dicho[Resultado]:
        firmante = self.emision.firmante
        return await self.sii.upload(self.canal, self.emisor, firmante, archivo.nombre, archivo.contenido)

    async def ask_envio(self, track_id: str) -> Dicho[ConsultaEnvio]:
        return await self.sii.ask_envio(self.canal, self.emisor, self.emision.firmante, track_id)

    async def ask_dte(self, dte: Dte) -> Dicho[ConsultaDte]:
        return await self.sii.ask_dte(dte, self.emision.firmante)


@dataclass(frozen=True, slots=True)
class ViaDtebox:
    """One document for each request, to the company's box, under the resolution for its type."""

    dtebox: Dtebox
    ambiente: Ambiente
    acceso: Caja
    resoluciones: Mapping[Canal, Resolucion]

    @property
    def caja(self) -> str:
        return urlsplit(self.acceso.url).netloc.rpartition("@")[2].lower()

    def seal(self, documentos: Sequence[DteConXml], _envio: str, _ahora: datetime, /) -> Archivo | Bloqueado:
        """The request's exact body, which follows from the document's bytes and the resolution alone."""
        if len(documentos) != 1:
            raise Invalid.one("", "POSTA-BOX-01", "un DTEBox recibe los documentos de a uno")
        (documento,) = documentos
        resolucion = self.resoluciones.get(documento.tipo.canal)
        if resolucion is None:
            falta = f"{documento.emisor} no tiene resolución del SII para {documento.tipo.canal}"
            return Bloqueado(Causa.CARATULA, "sin_resolucion", falta)
        solicitud = cut_solicitud(documento.xml)
        contenido = write_solicitud(solicitud, self.ambiente, fecha=resolucion.fecha, numero=resolucion.numero)
        return Archivo(f"SendDocumentAsXML_{documento.id}.xml", contenido)

    async def upload(self, archivo: Archivo) -> Dicho[Resultado]:
        return await self.dtebox.upload(self.acceso, archivo.contenido)

    async def ask_envio(self, track_id: str) -> Dicho[ConsultaEnvio]:
        """Never asked: a box gives no track id when it takes a document."""
        return Dicho(SinVeredicto(Causa.DESCONOCIDO, "", f"un DTEBox responde por folio, no por {track_id}"))

    async def ask_dte(self, dte: Dte) -> Dicho[ConsultaDte]:
        return await self.dtebox.ask_dte(self.acceso, dte)


class Vias:
    """The ways of all companies. Which one a document takes was settled when it was signed: its channel says so."""

    def __init__(self, firmantes: Firmantes, emisores: Emisores, sii: Sii, dtebox: Dtebox, ambiente: Ambiente) -> None:
        self._firmantes = firmantes
        self._emisores = emisores
        self._sii = sii
        self._dtebox = dtebox
        self._ambiente = ambiente

    async def get(self, emisor: str, canal: Canal) -> Via | Bloqueado:
        """The way of a company's documents on this channel, or what a person has to put right first."""
        match canal:
            case Canal.BOLETA | Canal.FACTURA:
                emision = await self._firmantes.get(emisor, canal)
                return emision if isinstance(emision, Bloqueado) else ViaSii(self._sii, canal, emisor, emision)
            case Canal.DTEBOX:
                return await self._get_dtebox(emisor)
            case _ as never:
                assert_never(never)

    async def _get_dtebox(self, rut: str) -> ViaDtebox | Bloqueado:
        try:
            emisor, caja = await self._emisores.get_dtebox(rut)
        except Invalid as error:
            return Bloqueado(Causa.DTEBOX, error.fallas[0].codigo, str(error))
        return ViaDtebox(self._dtebox, self._ambiente, caja, emisor.resoluciones)

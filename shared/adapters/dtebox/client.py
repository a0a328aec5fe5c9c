"""A DTEBox as the sender sees it: give it a document, ask it for a document. It never raises.

The AuthKey is a header and nothing else: in no address, no log, no record and no exception.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.adapters.dicho import as_cut_upload, as_sin_veredicto, said
from shared.adapters.transport import Cut, Transport
from shared.dte.causa import Causa
from shared.dte.dtebox import LETRA, is_for
from shared.dte.respuesta import Bloqueado, Dicho, Resultado
from shared.dte.respuesta_dtebox import read_envio_dtebox, read_estado_dtebox
from shared.dte.tipos import Ambiente
from shared.dte.veredicto import ConsultaDte
from shared.messages import Dte


@dataclass(frozen=True, slots=True)
class Caja:
    """One company's box: the address of its service, and the key that it wants."""

    url: str
    llave: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        return {"AuthKey": self.llave, "Accept": "application/xml"}


class Dtebox:
    """The boxes of all companies in one environment."""

    def __init__(self, transport: Transport, ambiente: Ambiente) -> None:
        self._transport = transport
        self._ambiente = ambiente

    async def upload(self, caja: Caja, contenido: bytes) -> Dicho[Resultado]:
        """SendDocumentAsXML with these exact bytes. What was made for the other environment never leaves."""
        if not is_for(contenido, self._ambiente):
            ajena = f"la solicitud guardada no es de {self._ambiente}, el ambiente de esta instalación"
            return Dicho(Bloqueado(Causa.DESCONOCIDO, "ambiente", ajena))
        headers = caja.headers | {"Content-Type": "application/xml"}
        answer = await self._transport.post(f"{caja.url}/SendDocumentAsXML", headers, contenido)
        if isinstance(answer, Cut):
            return Dicho(as_cut_upload(answer))
        return said(read_envio_dtebox(answer.status, answer.headers, answer.body), answer)

    async def ask_dte(self, caja: Caja, dte: Dte) -> Dicho[ConsultaDte]:
        """FiscalStatus of a document: whether the box has it, and the SII's verdict."""
        clave = f"{LETRA[self._ambiente]}/{dte.emisor}/{dte.tipo:d}/{dte.folio}"
        answer = await self._transport.get(f"{caja.url}/FiscalStatus/{clave}", caja.headers)
        if isinstance(answer, Cut):
            return Dicho(as_sin_veredicto(answer))
        return said(read_estado_dtebox(answer.status, answer.body), answer)

    async def close(self) -> None:
        await self._transport.close()

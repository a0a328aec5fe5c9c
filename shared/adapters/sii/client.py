"""The SII as the sender sees it: upload an envelope, ask for an envelope, ask for a document. It never raises.

Each answer comes with what was literally said, for the record. A token that the SII refuses is renewed once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.adapters.dicho import as_cut_upload, as_sin_veredicto, said
from shared.adapters.sii import soap
from shared.adapters.sii.auth import SiiLogin, Tokens
from shared.adapters.sii.endpoints import Endpoints
from shared.adapters.transport import Answer, Cut, Transport
from shared.dte.causa import Causa
from shared.dte.consulta import (
    read_estado_dte,
    read_estado_dte_boleta,
    read_estado_envio,
    read_estado_envio_boleta,
)
from shared.dte.firma import Firmante
from shared.dte.respuesta import Bloqueado, Dicho, NoAhora, Resultado, Token, read_dteupload, read_envio_boleta
from shared.dte.rut import split_rut
from shared.dte.tipos import Canal, CanalSii
from shared.dte.veredicto import ConsultaBloqueada, ConsultaDte, ConsultaEnvio, SinVeredicto, TokenVencido
from shared.messages import Dte

T = TypeVar("T")


class Sii:
    """Both channels of one environment."""

    def __init__(self, transport: Transport, endpoints: Endpoints) -> None:
        self._transport = transport
        self._endpoints = endpoints
        self._tokens = Tokens(SiiLogin(transport, endpoints))

    async def upload(
        self, canal: CanalSii, emisor: str, firmante: Firmante, archivo: str, contenido: bytes
    ) -> Dicho[Resultado]:
        """Send the exact bytes of an envelope, under the file name `archivo`."""
        campos: dict[str, str] = {}
        for sufijo, rut in (("Sender", firmante.rut), ("Company", emisor)):
            campos[f"rut{sufijo}"], campos[f"dv{sufijo}"] = split_rut(rut)

        async def once(token: Token) -> Dicho[Resultado]:
            boleta = canal is Canal.BOLETA
            url = self._endpoints.boleta_envio if boleta else self._endpoints.dteupload
            headers = _cookie(token) | {"Accept": "application/json" if boleta else "*/*"}
            return _read_upload(canal, await self._transport.upload(url, headers, campos, archivo, contenido))

        return await self._authenticated(canal, firmante, once, _is_token_refused, _as_resultado)

    async def ask_envio(self, canal: CanalSii, emisor: str, firmante: Firmante, track_id: str) -> Dicho[ConsultaEnvio]:
        """The state of an envelope that was received."""

        async def once(token: Token) -> Dicho[ConsultaEnvio]:
            answer = await self._ask_envio(canal, emisor, track_id, token)
            if isinstance(answer, Cut):
                return Dicho(as_sin_veredicto(answer))
            read = read_estado_envio_boleta if canal is Canal.BOLETA else read_estado_envio
            return said(read(answer.status, answer.body), answer)

        return await self._authenticated(canal, firmante, once, _is_token_vencido, _as_consulta)

    async def ask_dte(self, dte: Dte, firmante: Firmante) -> Dicho[ConsultaDte]:
        """What the SII holds under a document's folio."""

        async def once(token: Token) -> Dicho[ConsultaDte]:
            answer = await self._ask_dte(dte, firmante, token)
            if isinstance(answer, Cut):
                return Dicho(as_sin_veredicto(answer))
            read = read_estado_dte_boleta if dte.tipo.canal is Canal.BOLETA else read_estado_dte
            return said(read(answer.status, answer.body), answer)

        return await self._authenticated(dte.tipo.canal, firmante, once, _is_token_vencido, _as_consulta)

    async def close(self) -> None:
        await self._tokens.close()
        await self._transport.close()

    async def _authenticated(
        self,
        canal: CanalSii,
        firmante: Firmante,
        once: Callable[[Token], Awaitable[Dicho[T]]],
        is_refused: Callable[[T], bool],
        failed: Callable[[NoAhora | Bloqueado], T],
    ) -> Dicho[T]:
        """Do it with the token in use; if the SII refuses that token, once more with a new one."""
        token = await self._tokens.get(canal, firmante)
        if not isinstance(token, Token):
            return Dicho(failed(token))
        dicho = await once(token)
        if not is_refused(dicho.valor):
            return dicho
        self._tokens.forget(canal, firmante, token)
        token = await self._tokens.get(canal, firmante)
        return await once(token) if isinstance(token, Token) else Dicho(failed(token))

    async def _ask_envio(self, canal: CanalSii, emisor: str, track_id: str, token: Token) -> Answer | Cut:
        match canal:
            case Canal.BOLETA:
                url = self._endpoints.boleta_estado_envio(emisor, track_id)
                return await self._transport.get(url, _cookie(token) | {"Accept": "application/json"})
            case Canal.FACTURA:
                url = self._endpoints.estado_envio
                body = soap.get_est_up(url, emisor, track_id, token.valor)
                return await self._transport.post(url, soap.HEADERS, body)

    async def _ask_dte(self, dte: Dte, firmante: Firmante, token: Token) -> Answer | Cut:
        match dte.tipo.canal:
            case Canal.BOLETA:
                url = self._endpoints.boleta_estado_dte(dte.emisor, dte.tipo, dte.folio)
                rut, dv = split_rut(dte.receptor)
                fecha = dte.fecha.strftime("%d-%m-%Y")
                params = {"rut_receptor": rut, "dv_receptor": dv, "monto": str(dte.monto), "fechaEmision": fecha}
                return await self._transport.get(url, _cookie(token) | {"Accept": "application/json"}, params)
            case Canal.FACTURA:
                url = self._endpoints.estado_dte
                body = soap.get_est_dte(
                    url,
                    consultante=firmante.rut,
                    emisor=dte.emisor,
                    receptor=dte.receptor,
                    tipo=dte.tipo,
                    folio=dte.folio,
                    fecha=dte.fecha,
                    monto=dte.monto,
                    token=token.valor,
                )
                return await self._transport.post(url, soap.HEADERS, body)


def _read_upload(canal: CanalSii, answer: Answer | Cut) -> Dicho[Resultado]:
    if isinstance(answer, Cut):
        return Dicho(as_cut_upload(answer))
    if canal is Canal.BOLETA:
        return said(read_envio_boleta(answer.status, answer.headers, answer.body), answer)
    return said(read_dteupload(answer.status, answer.body), answer)


def _is_token_refused(resultado: Resultado) -> bool:
    return isinstance(resultado, NoAhora) and resultado.causa is Causa.TOKEN


def _is_token_vencido(consulta: object) -> bool:
    return isinstance(consulta, TokenVencido)


def _as_resultado(failure: NoAhora | Bloqueado) -> Resultado:
    return failure


def _as_consulta(failure: NoAhora | Bloqueado) -> SinVeredicto | ConsultaBloqueada:
    if isinstance(failure, NoAhora):
        return SinVeredicto(failure.causa, failure.codigo, failure.glosa)
    return ConsultaBloqueada(failure.causa, failure.codigo, failure.glosa)


def _cookie(token: Token) -> dict[str, str]:
    return {"Cookie": f"TOKEN={token.valor}"}

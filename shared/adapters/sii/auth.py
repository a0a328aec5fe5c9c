"""Tokens: one login for all who need one at that moment, kept for some minutes, renewed when the SII says so.

Concurrent sessions of one certificate are limited at the SII, so a burst of uploads must share a single login.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from shared.adapters.sii import soap
from shared.adapters.sii.endpoints import Endpoints
from shared.adapters.transport import Answer, Cut, Transport
from shared.dte.causa import Causa
from shared.dte.firma import Firmante, sign_semilla
from shared.dte.respuesta import Bloqueado, NoAhora, Semilla, Token, read_semilla, read_token
from shared.dte.tipos import Canal, CanalSii

TTL = timedelta(minutes=5)
"""The SII publishes no lifetime; about an hour is reported. Short enough to be right, long enough to be shared."""

Login = Callable[[CanalSii, Firmante], Awaitable[Token | NoAhora | Bloqueado]]
_Clave = tuple[CanalSii, str]


@dataclass(frozen=True, slots=True)
class _Kept:
    token: Token
    until: float


class Tokens:
    """The tokens of one environment, by channel and certificate holder."""

    def __init__(self, login: Login, ttl: timedelta = TTL, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._login = login
        self._ttl = ttl.total_seconds()
        self._monotonic = monotonic
        self._kept: dict[_Clave, _Kept] = {}
        self._under_way: dict[_Clave, asyncio.Task[Token | NoAhora | Bloqueado]] = {}

    async def get(self, canal: CanalSii, firmante: Firmante) -> Token | NoAhora | Bloqueado:
        """The token in use, or a new one. Whoever asks during a login gets the outcome of that login."""
        clave = (canal, firmante.rut)
        kept = self._kept.get(clave)
        if kept is not None and self._monotonic() < kept.until:
            return kept.token
        if clave not in self._under_way:
            self._under_way[clave] = asyncio.create_task(self._renew(clave, firmante))
        return await asyncio.shield(self._under_way[clave])  # one caller's end is not the end of the login

    def forget(self, canal: CanalSii, firmante: Firmante, token: Token) -> None:
        """The SII refused this token. If it was replaced meanwhile, the new one stays."""
        kept = self._kept.get((canal, firmante.rut))
        if kept is not None and kept.token == token:
            del self._kept[canal, firmante.rut]

    async def close(self) -> None:
        """Stop logins that are under way."""
        for login in self._under_way.values():
            login.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _renew(self, clave: _Clave, firmante: Firmante) -> Token | NoAhora | Bloqueado:
        try:
            outcome = await self._login(clave[0], firmante)
            if isinstance(outcome, Token):
                self._kept[clave] = _Kept(outcome, self._monotonic() + self._ttl)
            return outcome
        finally:
            del self._under_way[clave]


class SiiLogin:
    """Seed, signed seed, token (Manual de Autenticación Automática; API SII V1 for boletas)."""

    def __init__(self, transport: Transport, endpoints: Endpoints) -> None:
        self._transport = transport
        self._endpoints = endpoints

    async def __call__(self, canal: CanalSii, firmante: Firmante) -> Token | NoAhora | Bloqueado:
        """A new token. A login that fails has sent no document: it is never uncertain."""
        answer = await self._ask_semilla(canal)
        semilla = _cut_off(answer) if isinstance(answer, Cut) else read_semilla(answer.status, answer.body)
        if not isinstance(semilla, Semilla):
            return semilla
        firmada = await asyncio.to_thread(sign_semilla, semilla.valor, firmante)
        answer = await self._ask_token(canal, firmada)
        return _cut_off(answer) if isinstance(answer, Cut) else read_token(answer.status, answer.body)

    async def _ask_semilla(self, canal: CanalSii) -> Answer | Cut:
        match canal:
            case Canal.BOLETA:
                return await self._transport.get(self._endpoints.boleta_semilla, {"Accept": "application/xml"})
            case Canal.FACTURA:
                url = self._endpoints.semilla
                return await self._transport.post(url, soap.HEADERS, soap.get_seed(url))

    async def _ask_token(self, canal: CanalSii, firmada: bytes) -> Answer | Cut:
        match canal:
            case Canal.BOLETA:
                headers = {"Accept": "application/xml", "Content-Type": "application/xml"}
                return await self._transport.post(self._endpoints.boleta_token, headers, firmada)
            case Canal.FACTURA:
                url = self._endpoints.token
                return await self._transport.post(url, soap.HEADERS, soap.get_token(url, firmada))


def _cut_off(cut: Cut) -> NoAhora:
    return NoAhora(Causa.SII_CAIDO if cut.sent else Causa.SIN_CONEXION, "", cut.detail)

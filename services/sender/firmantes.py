"""Who signs and sends for a company, and under which resolution; opened from the encrypted store when first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.clock import Clock
from shared.dte.causa import Causa
from shared.dte.firma import Firmante
from shared.dte.respuesta import Bloqueado
from shared.dte.rut import RUT_SII
from shared.dte.sobre import Caratula
from shared.dte.tipos import Canal
from shared.errors import Invalid
from shared.messages import EmisorGuardado

if TYPE_CHECKING:
    from shared.adapters.keystore import Boveda
    from shared.adapters.mongo import Companies

KEPT = timedelta(seconds=60)
"""A new certificate is in use after this time at the latest."""


OpenCertificado = Callable[[bytes, str], Firmante]


@dataclass(frozen=True, slots=True)
class Emision:
    """What a company needs to send through one channel."""

    firmante: Firmante
    caratula: Caratula


@dataclass(frozen=True, slots=True)
class _Kept:
    until: datetime
    emisor: EmisorGuardado
    firmante: Firmante


class Firmantes:
    """The certificates of all companies; each is looked up once a minute at most, and opened again when it changed."""

    def __init__(self, companies: Companies, boveda: Boveda, open_certificado: OpenCertificado, clock: Clock) -> None:
        self._companies = companies
        self._boveda = boveda
        self._open_certificado = open_certificado
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def get(self, rut: str, canal: Canal) -> Emision | Bloqueado:
        """Certificate and carátula of a company, or what a person has to put right first."""
        try:
            kept = await self._find(rut)
            kept.firmante.check_vigente(self._clock())
        except Invalid as error:
            return Bloqueado(Causa.CERTIFICADO, error.fallas[0].codigo, str(error))
        resolucion = kept.emisor.resoluciones.get(canal)
        if resolucion is None:
            return Bloqueado(Causa.CARATULA, "sin_resolucion", f"{rut} no tiene resolución del SII para {canal}")
        firmante = kept.firmante
        return Emision(firmante, Caratula(rut, firmante.rut, RUT_SII, resolucion.fecha, resolucion.numero))

    async def _find(self, rut: str) -> _Kept:
        kept = self._kept.get(rut)
        if kept is not None and self._clock() < kept.until:
            return kept
        emisor = await self._companies.get_emisor(rut)
        if emisor is None or emisor.certificado is None or emisor.certificado_password is None:
            raise Invalid.one("certificado", "sin_certificado", f"{rut} no tiene certificado digital")
        unchanged = kept is not None and kept.emisor == emisor
        firmante = kept.firmante if kept is not None and unchanged else await asyncio.to_thread(self._open, emisor)
        self._kept[rut] = _Kept(self._clock() + KEPT, emisor, firmante)
        return self._kept[rut]

    def _open(self, emisor: EmisorGuardado) -> Firmante:
        decrypt = self._boveda.decrypt
        return self._open_certificado(
            decrypt(emisor.certificado or b""), decrypt(emisor.certificado_password or b"").decode()
        )

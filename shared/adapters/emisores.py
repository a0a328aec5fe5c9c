"""Companies as they stand in the database, a few seconds old at most, and their certificates open in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.adapters.dtebox.client import Caja
from shared.clock import Clock
from shared.dte.firma import Firmante
from shared.errors import Invalid, Misconfigured

if TYPE_CHECKING:
    from shared.adapters.keystore import Boveda
    from shared.adapters.mongo import Companies
    from shared.messages import EmisorGuardado

OpenCertificado = Callable[[bytes, str], Firmante]

FRESCO = timedelta(seconds=5)
"""New data, limits or a new certificate of a company are in use after this time, without a restart."""
_CALIENTES = 20
"""Certificates that are opened before they are asked for; each takes a twentieth of a second."""


@dataclass(frozen=True, slots=True)
class _Leido:
    momento: datetime
    guardado: EmisorGuardado | None


class Emisores:
    """All companies of one process. A certificate is opened again only when another one was stored."""

    def __init__(self, companies: Companies, boveda: Boveda, open_certificado: OpenCertificado, clock: Clock) -> None:
        self._companies = companies
        self._boveda = boveda
        self._open_certificado = open_certificado
        self._clock = clock
        self._leidos: dict[str, _Leido] = {}
        self._abiertos: dict[str, tuple[bytes, Firmante]] = {}

    async def get(self, rut: str) -> EmisorGuardado | None:
        """The company, if there is one; Unavailable when MongoDB is away."""
        leido = self._leidos.get(rut)
        if leido is None or self._clock() - leido.momento > FRESCO:
            leido = self._leidos[rut] = _Leido(self._clock(), await self._companies.get_emisor(rut))
        return leido.guardado

    async def warm(self) -> None:
        """Open the certificates of the companies that are there, of so many: no first sale then waits for it."""
        for emisor in (await self._companies.list_emisores())[:_CALIENTES]:
            with suppress(Invalid, Misconfigured):  # its sales will say so
                await self.get_firmante(emisor.rut)

    def known(self, rut: str) -> EmisorGuardado | None:
        """What was last read of the company, without asking; None if it was never read."""
        leido = self._leidos.get(rut)
        return leido.guardado if leido else None

    async def get_firmante(self, rut: str) -> tuple[EmisorGuardado, Firmante]:
        """The company and who signs for it now. Invalid while it has no certificate in force, saying why."""
        try:
            return await self._open_vigente(rut)
        except Invalid:
            self._leidos.pop(rut, None)  # a person is putting it right at this moment: do not make them wait
            raise

    async def get_dtebox(self, rut: str) -> tuple[EmisorGuardado, Caja]:
        """The company and its DTEBox. Invalid while it has none."""
        guardado = await self.get(rut)
        if guardado is None or guardado.dtebox_url is None or guardado.dtebox_llave is None:
            self._leidos.pop(rut, None)  # a person is putting it right at this moment
            raise Invalid.one("dtebox", "sin_dtebox", f"{rut} no tiene DTEBox: fíjelo con «posta emisor dtebox»")
        return guardado, Caja(guardado.dtebox_url, self._boveda.decrypt(guardado.dtebox_llave).decode())

    async def _open_vigente(self, rut: str) -> tuple[EmisorGuardado, Firmante]:
        guardado = await self.get(rut)
        if guardado is None or guardado.certificado is None or guardado.certificado_password is None:
            self._leidos.pop(rut, None)  # whoever waits for its certificate sees it at once
            raise Invalid.one("certificado", "sin_certificado", f"{rut} no tiene certificado digital")
        antes, firmante = self._abiertos.get(rut, (None, None))
        if firmante is None or antes != guardado.certificado:
            firmante = await asyncio.to_thread(self._open, guardado.certificado, guardado.certificado_password)
            self._abiertos[rut] = guardado.certificado, firmante
        firmante.check_vigente(self._clock())
        return guardado, firmante

    def _open(self, certificado: bytes, password: bytes) -> Firmante:
        return self._open_certificado(self._boveda.decrypt(certificado), self._boveda.decrypt(password).decode())

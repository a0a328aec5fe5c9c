"""Who signs: each company's data and certificate, and the keys of its folios, opened once and kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.clock import Clock
from shared.dte.caf import CafAbierto, parse_caf
from shared.dte.firma import Firmante
from shared.dte.modelo import DatosEmisor
from shared.errors import Invalid, PostaError, Unavailable

if TYPE_CHECKING:
    from shared.adapters.keystore import Boveda
    from shared.adapters.mongo import Companies, Folios
    from shared.messages import EmisorGuardado

OpenCertificado = Callable[[bytes, str], Firmante]

_FRESCO = timedelta(seconds=5)
"""A new certificate or address of a company is in use after this time, without a restart."""


class CannotSign(Unavailable):
    """The company has no certificate in force: its sales are right, and wait until somebody imports one."""

    def __init__(self, rut: str, motivo: str) -> None:
        self.servicio = f"certificado de {rut}"
        PostaError.__init__(
            self, f"{rut} no puede firmar: {motivo}; importe un certificado vigente con «posta cert set»"
        )


@dataclass(frozen=True, slots=True)
class Empresa:
    """A company that can sign now."""

    datos: DatosEmisor
    firmante: Firmante


@dataclass(frozen=True, slots=True)
class _Leida:
    """What was read of a company, and when."""

    momento: datetime
    guardado: EmisorGuardado
    empresa: Empresa


class Empresas:
    """Companies ready to sign. A certificate is opened again only when another one was stored."""

    def __init__(self, companies: Companies, boveda: Boveda, open_certificado: OpenCertificado, clock: Clock) -> None:
        self._companies = companies
        self._boveda = boveda
        self._open_certificado = open_certificado
        self._clock = clock
        self._leidas: dict[str, _Leida] = {}

    async def get(self, rut: str) -> Empresa:
        """The company with its certificate open; CannotSign while it has none in force."""
        leida = self._leidas.get(rut)
        if leida is None or self._clock() - leida.momento > _FRESCO:
            leida = self._leidas[rut] = await self._read(rut, leida)
        try:
            leida.empresa.firmante.check_vigente(self._clock())
        except Invalid as error:
            raise CannotSign(rut, error.fallas[0].mensaje) from error
        return leida.empresa

    async def _read(self, rut: str, antes: _Leida | None) -> _Leida:
        guardado = await self._companies.get_emisor(rut)
        if guardado is None or guardado.certificado is None or guardado.certificado_password is None:
            self._leidas.pop(rut, None)
            raise CannotSign(rut, "la empresa no tiene certificado digital")
        if antes is not None and antes.guardado == guardado:
            return _Leida(self._clock(), guardado, antes.empresa)
        try:
            firmante = await asyncio.to_thread(self._open, guardado.certificado, guardado.certificado_password)
        except Invalid as error:
            raise CannotSign(rut, error.fallas[0].mensaje) from error
        return _Leida(self._clock(), guardado, Empresa(DatosEmisor.model_validate(guardado.datos), firmante))

    def _open(self, certificado: bytes, password: bytes) -> Firmante:
        return self._open_certificado(self._boveda.decrypt(certificado), self._boveda.decrypt(password).decode())


class Cafs:
    """CAF files with their keys, by the id of the range: read and decrypted once, for they never change."""

    def __init__(self, folios: Folios, boveda: Boveda) -> None:
        self._folios = folios
        self._boveda = boveda
        self._abiertos: dict[str, CafAbierto] = {}

    async def get(self, id_: str) -> CafAbierto:
        """The open CAF of a range from which folios were reserved."""
        abierto = self._abiertos.get(id_)
        if abierto is None:
            guardado = await self._folios.get(id_)
            abierto = self._abiertos[id_] = parse_caf(self._boveda.decrypt(guardado.archivo))
        return abierto

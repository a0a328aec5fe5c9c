"""Who signs: each company's data and certificate, and the keys of its folios, opened once and kept in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.dte.caf import CafAbierto, parse_caf
from shared.dte.firma import Firmante
from shared.dte.modelo import DatosEmisor
from shared.errors import Invalid, PostaError, Unavailable
from shared.messages import Proveedor

if TYPE_CHECKING:
    from shared.adapters.emisores import Emisores
    from shared.adapters.keystore import Boveda
    from shared.adapters.mongo import Folios


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
    proveedor: Proveedor


class Empresas:
    """Companies ready to sign."""

    def __init__(self, emisores: Emisores) -> None:
        self._emisores = emisores

    async def warm(self) -> None:
        """Open what the first sales would otherwise wait for. Unavailable when MongoDB is away."""
        await self._emisores.warm()

    async def get(self, rut: str) -> Empresa:
        """The company with its certificate open; CannotSign while it has none in force."""
        try:
            guardado, firmante = await self._emisores.get_firmante(rut)
        except Invalid as error:
            raise CannotSign(rut, error.fallas[0].mensaje) from error
        return Empresa(DatosEmisor.model_validate(guardado.datos), firmante, guardado.proveedor)


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
            archivo = await self._folios.get_archivo(id_)
            abierto = self._abiertos[id_] = parse_caf(self._boveda.decrypt(archivo))
        return abierto

"""What the SII has on its books about companies: who may sign and send for them, their resolution, annulled folios."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from shared.dte.rut import parse_rut

Rut = Annotated[str, AfterValidator(parse_rut)]
"""A RUT with its check digit checked, in its canonical form."""


class _Modelo(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Resolucion(_Modelo):
    """The resolution that lets a company issue; number 0 in certificación."""

    fecha: date
    numero: int


class Empresa(_Modelo):
    """One company. Without a list of users anybody may send for it; without a resolution any plausible one is taken."""

    usuarios: tuple[Rut, ...] | None = None
    resolucion: Resolucion | None = None
    auth_key: str | None = None
    """The key that its DTEBox wants; without it any plausible one is taken."""


class FolioAnulado(_Modelo):
    """A folio that its company annulled at the portal: it can never be used."""

    emisor: Rut
    tipo: int
    folio: int


class Registro(_Modelo):
    """The register. While it is `abierto`, who is not on it is welcome: any holder of a certificate, any company."""

    abierto: bool = True
    personas: tuple[Rut, ...] = ()
    empresas: dict[Rut, Empresa] = {}
    anulados: tuple[FolioAnulado, ...] = ()

    def knows_persona(self, rut: str) -> bool:
        """Whether this person may log in with a certificate."""
        return self.abierto or rut in self.personas

    def knows_empresa(self, rut: str) -> bool:
        """Whether this company may issue electronic documents."""
        return self.abierto or rut in self.empresas

    def allows(self, persona: str, empresa: str) -> bool:
        """Whether the person may send for the company."""
        usuarios = self._empresa(empresa).usuarios
        return usuarios is None or persona in usuarios

    def accepts_resolucion(self, empresa: str, fecha: date, numero: int, hoy: date) -> bool:
        """Whether this is the company's resolution; when that is not on the books, whether it may be one."""
        resolucion = self._empresa(empresa).resolucion
        if resolucion is not None:
            return (resolucion.fecha, resolucion.numero) == (fecha, numero)
        return PRIMERA_RESOLUCION <= fecha <= hoy

    def opens_caja(self, empresa: str, auth_key: str) -> bool:
        """Whether this is the key of the company's DTEBox; when that is not on the books, whether it may be one."""
        llave = self._empresa(empresa).auth_key
        return len(auth_key) >= LARGO_LLAVE if llave is None else auth_key == llave

    def is_anulado(self, emisor: str, tipo: int, folio: int) -> bool:
        return FolioAnulado(emisor=emisor, tipo=tipo, folio=folio) in self.anulados

    def _empresa(self, rut: str) -> Empresa:
        return self.empresas.get(rut, Empresa())


LARGO_LLAVE = 8
"""Characters of the shortest AuthKey."""
PRIMERA_RESOLUCION = date(2002, 1, 1)
"""No resolution on electronic invoices is older."""

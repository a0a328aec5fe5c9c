"""Who may do what: one table. Every route names its line of it with `@exige`, or it cannot be made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from shared.cuentas import Rol

F = TypeVar("F", bound=Callable[..., Any])


class Permiso(StrEnum):
    """An action, as the table knows it."""

    ABIERTO = "abierto"
    """Without logging in: the login itself, health."""
    METRICAS = "metricas"
    VER = "ver"
    REENVIAR = "reenviar"
    PAUSAR = "pausar"
    ALERTAS = "alertas"
    """Trying whether they arrive, and sending again those that did not."""
    EMPRESAS = "empresas"
    """Change companies, certificates, folios and tills."""
    CUENTA_PROPIA = "cuenta_propia"
    """A person's own password and sessions; a token has neither."""
    UMBRALES = "umbrales"
    CUENTAS = "cuentas"
    TOKENS = "tokens"
    AUDITORIA = "auditoria"


PERMISOS: Mapping[Permiso, Rol] = {
    Permiso.ABIERTO: Rol.LECTURA,
    Permiso.METRICAS: Rol.LECTURA,
    Permiso.VER: Rol.LECTURA,
    Permiso.REENVIAR: Rol.OPERADOR,
    Permiso.ALERTAS: Rol.OPERADOR,
    Permiso.PAUSAR: Rol.OPERADOR,
    Permiso.EMPRESAS: Rol.ADMINISTRADOR,
    Permiso.CUENTA_PROPIA: Rol.LECTURA,
    Permiso.UMBRALES: Rol.ADMINISTRADOR,
    Permiso.CUENTAS: Rol.ADMINISTRADOR,
    Permiso.TOKENS: Rol.ADMINISTRADOR,
    Permiso.AUDITORIA: Rol.ADMINISTRADOR,
}
"""The least role that each wants."""


@dataclass(frozen=True, slots=True)
class Exigencia:
    """What a route asks of whoever calls it."""

    permiso: Permiso
    pasivo: bool = False
    """The page calls it by itself: no sign that anybody is there."""


def exige(permiso: Permiso, *, pasivo: bool = False) -> Callable[[F], F]:
    """Marks an endpoint with what it asks."""

    def mark(endpoint: F) -> F:
        endpoint.__dict__["exigencia"] = Exigencia(permiso, pasivo)
        return endpoint

    return mark


def find_exigencia(endpoint: Callable[..., Any]) -> Exigencia:
    """What an endpoint asks. TypeError if it does not say: a mistake of the programmer, found at start."""
    exigencia = endpoint.__dict__.get("exigencia")
    if not isinstance(exigencia, Exigencia):
        raise TypeError(f"{endpoint.__qualname__} no declara su permiso: póngale @exige(Permiso.…)")
    return exigencia


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever makes a request: a person with a session, or a machine with a token."""

    nombre: str
    rol: Rol
    direccion: str
    sesion: str | None = None
    """Hash of the session's token; None for a machine."""
    csrf: str = ""
    debe_cambiar: bool = False
    """Nothing but another password, until there is one."""

    def puede(self, permiso: Permiso) -> bool:
        """Whether the table allows it."""
        if permiso == Permiso.CUENTA_PROPIA and self.sesion is None:
            return False
        return self.rol.includes(PERMISOS[permiso])

    @property
    def quien(self) -> str:
        """As the audit names it."""
        return f"{'' if self.sesion else 'token:'}{self.nombre}@{self.direccion}"

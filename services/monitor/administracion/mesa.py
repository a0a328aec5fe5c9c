"""Where somebody steers companies: the use cases in their own name, for a reason that stays on record."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.errors import Invalid

if TYPE_CHECKING:
    from services.monitor.acceso.permisos import Actor
    from shared.administracion.admin import Admin

MOTIVO_MAX = 200
OpenAdmin = Callable[[str, str], "Admin"]
"""Administration by this name for this reason. Misconfigured where there is no master key."""


class Mesa:
    """One for all: nothing of it is anybody's."""

    def __init__(self, open_admin: OpenAdmin) -> None:
        self._open_admin = open_admin

    def take(self, actor: Actor, motivo: str) -> Admin:
        """Administration by whoever asks. Invalid without a reason; Misconfigured without a master key."""
        motivo = motivo.strip()
        if not 0 < len(motivo) <= MOTIVO_MAX or not motivo.isprintable():
            mensaje = f"diga por qué, en 1 a {MOTIVO_MAX} caracteres: queda en la auditoría"
            raise Invalid.one("motivo", "POSTA-ADM-30", mensaje)
        return self._open_admin(actor.quien, motivo)


def require_archivo(contenido: bytes) -> bytes:
    """What was uploaded. Invalid if it is nothing, as when nobody chose a file."""
    if not contenido:
        raise Invalid.one("archivo", "POSTA-ADM-31", "no llegó ningún archivo, o está vacío: elija uno")
    return contenido

"""Whose a session or a token is. Kept in memory for a moment, so that a page costs no more questions than it has to.

While MongoDB is away, what it last said of a session counts until that session's own end: the page that tells of the
outage has to stay open. Nothing can be revoked in that time either, because that too is a write.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.clock import Clock
from shared.cuentas import Rol, hash_secret
from shared.errors import Unavailable

if TYPE_CHECKING:
    from shared.adapters.mongo import Store

_FRESCO = timedelta(seconds=2)
"""What another process revokes stops working here within this time."""
_RECORDADOS = 10_000
_USO = timedelta(minutes=1)
"""How exactly the last use of a session or a token is known."""


@dataclass(slots=True)
class Titular:
    """Whom a secret speaks for."""

    id: str
    """Hash of the session, or the token's id."""
    nombre: str
    rol: Rol
    vence: datetime
    visto: datetime
    csrf: str = ""
    debe_cambiar: bool = False


class Credenciales:
    """Looks secrets up."""

    def __init__(self, store: Store, clock: Clock, *, inactiva: timedelta) -> None:
        self._usuarios = store.usuarios
        self._sesiones = store.sesiones
        self._clock = clock
        self._inactiva = inactiva
        self._known: dict[str, tuple[datetime, Titular | None]] = {}

    async def find_sesion(self, token: str) -> Titular | None:
        """Whose session this is; None if it is nobody's or is over. Unavailable if that cannot be told."""
        hash_ = hash_secret(token)
        titular = await self._recall(f"sesion:{hash_}", lambda: self._read_sesion(hash_))
        if titular is None or titular.visto + self._inactiva <= self._clock():
            return None
        return titular

    async def find_token(self, token: str) -> Titular | None:
        """Whose token this is; None if it is nobody's, or was revoked, or is over."""
        hash_ = hash_secret(token)
        return await self._recall(f"token:{hash_}", lambda: self._read_token(hash_))

    async def note_sesion(self, titular: Titular) -> None:
        """Somebody is there."""
        if await self._is_news(titular):
            await self._sesiones.touch(titular.id, titular.visto)

    async def note_token(self, titular: Titular) -> None:
        if await self._is_news(titular):
            await self._usuarios.note_use(titular.id, titular.visto)

    def forget(self) -> None:
        """Ask anew about everybody: something was revoked."""
        ahora = self._clock() - _FRESCO
        self._known = {key: (ahora, titular) for key, (_, titular) in self._known.items()}

    async def _is_news(self, titular: Titular) -> bool:
        ahora = self._clock()
        if titular.visto + _USO > ahora:
            return False
        titular.visto = ahora
        return True

    async def _recall(self, key: str, read: Callable[[], Awaitable[Titular | None]]) -> Titular | None:
        ahora = self._clock()
        asked, titular = self._known.get(key, (None, None))
        if asked is None or asked + _FRESCO <= ahora:
            try:
                titular = await read()
            except Unavailable:
                if titular is None:
                    raise
            self._remember(key, ahora, titular)
        return titular if titular is not None and titular.vence > ahora else None

    def _remember(self, key: str, ahora: datetime, titular: Titular | None) -> None:
        self._known.pop(key, None)
        while len(self._known) >= _RECORDADOS:
            del self._known[next(iter(self._known))]
        self._known[key] = (ahora, titular)

    async def _read_sesion(self, hash_: str) -> Titular | None:
        sesion = await self._sesiones.find(hash_)
        usuario = await self._usuarios.get(sesion.usuario) if sesion else None
        if sesion is None or usuario is None or not usuario.activo or usuario.version != sesion.version:
            return None
        return Titular(
            id=hash_,
            nombre=usuario.nombre,
            rol=usuario.rol,
            vence=sesion.vence,
            visto=sesion.vista,
            csrf=sesion.csrf,
            debe_cambiar=usuario.debe_cambiar,
        )

    async def _read_token(self, hash_: str) -> Titular | None:
        token = await self._usuarios.find_token(hash_)
        if token is None or token.revocado:
            return None
        visto = token.usado or token.creado - _USO
        return Titular(id=token.id, nombre=token.nombre, rol=token.rol, vence=token.vence, visto=visto)

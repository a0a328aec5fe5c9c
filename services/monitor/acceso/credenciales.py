"""Whose a session or a token is. Kept in memory for a moment, so that a page costs no more questions than it has to.

All that are in use are asked about together: ten pages that are looked at cost the database what one does.

While MongoDB is away, what it last said of a session counts until that session's own end: the page that tells of the
outage has to stay open. Nothing can be revoked in that time either, because that too is a write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.clock import Clock
from shared.cuentas import Rol, Sesion, TokenApi, Usuario, hash_secret
from shared.errors import Unavailable

if TYPE_CHECKING:
    from shared.adapters.mongo import Store

_SESION, _TOKEN = "sesion:", "token:"
_FRESCO = timedelta(seconds=2)
"""What another process revokes stops working here within this time."""
_EN_USO = timedelta(seconds=15)
"""Whoever has not come for so long is not asked about with the others: an open page comes every five seconds."""
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


@dataclass(slots=True)
class _Sabido:
    """What MongoDB last said of one secret."""

    titular: Titular | None
    preguntado: datetime
    usado: datetime
    """When somebody last came with it."""


class Credenciales:
    """Looks secrets up."""

    def __init__(self, store: Store, clock: Clock, *, inactiva: timedelta) -> None:
        self._usuarios = store.usuarios
        self._sesiones = store.sesiones
        self._clock = clock
        self._inactiva = inactiva
        self._known: dict[str, _Sabido] = {}
        """By kind and hash; whoever came last stands last."""
        self._asking = asyncio.Lock()

    async def find_sesion(self, token: str) -> Titular | None:
        """Whose session this is; None if it is nobody's or is over. Unavailable if that cannot be told."""
        titular = await self._recall(f"{_SESION}{hash_secret(token)}")
        if titular is None or titular.visto + self._inactiva <= self._clock():
            return None
        return titular

    async def find_token(self, token: str) -> Titular | None:
        """Whose token this is; None if it is nobody's, or was revoked, or is over."""
        return await self._recall(f"{_TOKEN}{hash_secret(token)}")

    async def note_sesion(self, titular: Titular) -> None:
        """Somebody is there."""
        if await self._is_news(titular):
            await self._sesiones.touch(titular.id, titular.visto)

    async def note_token(self, titular: Titular) -> None:
        if await self._is_news(titular):
            await self._usuarios.note_use(titular.id, titular.visto)

    def forget(self) -> None:
        """Ask anew about everybody: something was revoked."""
        for sabido in self._known.values():
            sabido.preguntado -= _FRESCO

    async def _is_news(self, titular: Titular) -> bool:
        ahora = self._clock()
        if titular.visto + _USO > ahora:
            return False
        titular.visto = ahora
        return True

    async def _recall(self, key: str) -> Titular | None:
        if self._is_stale(key):
            async with self._asking:  # whoever waited here has been asked about by the one before
                if self._is_stale(key):
                    await self._ask(key)
        ahora, sabido = self._clock(), self._known.pop(key)
        self._known[key] = sabido
        sabido.usado, titular = ahora, sabido.titular
        return titular if titular is not None and titular.vence > ahora else None

    def _is_stale(self, key: str) -> bool:
        sabido = self._known.get(key)
        return sabido is None or sabido.preguntado + _FRESCO <= self._clock()

    async def _ask(self, key: str) -> None:
        """Ask about this one and about all that are in use. Unavailable if nothing at all is known of this one."""
        ahora = self._clock()
        keys = {key, *(k for k, known in self._known.items() if known.titular and known.usado + _EN_USO > ahora)}
        try:
            said = await self._read(keys)
        except Unavailable:
            known = self._known.get(key)
            if known is None or known.titular is None:
                raise
            said = {k: sabido.titular for k in keys if (sabido := self._known.get(k)) is not None}
        for k, titular in said.items():
            self._remember(k, ahora, titular)

    def _remember(self, key: str, ahora: datetime, titular: Titular | None) -> None:
        sabido = self._known.get(key)
        if sabido is not None:
            sabido.titular, sabido.preguntado = titular, ahora
            return
        while len(self._known) >= _RECORDADOS:
            del self._known[next(iter(self._known))]
        self._known[key] = _Sabido(titular, ahora, ahora)

    async def _read(self, keys: Collection[str]) -> dict[str, Titular | None]:
        hashes = {key: key.partition(":")[2] for key in keys}
        sesiones = await self._read_sesiones([hashes[key] for key in keys if key.startswith(_SESION)])
        tokens = await self._read_tokens([hashes[key] for key in keys if key.startswith(_TOKEN)])
        return {key: (sesiones if key.startswith(_SESION) else tokens).get(hashes[key]) for key in keys}

    async def _read_sesiones(self, hashes: Collection[str]) -> dict[str, Titular]:
        sesiones = await self._sesiones.find_all(hashes) if hashes else {}
        usuarios = await self._usuarios.get_all({sesion.usuario for sesion in sesiones.values()}) if sesiones else {}
        return {
            hash_: _of_sesion(sesion, usuario)
            for hash_, sesion in sesiones.items()
            if (usuario := usuarios.get(sesion.usuario)) and usuario.activo and usuario.version == sesion.version
        }

    async def _read_tokens(self, hashes: Collection[str]) -> dict[str, Titular]:
        tokens = await self._usuarios.find_tokens(hashes) if hashes else {}
        return {hash_: _of_token(token) for hash_, token in tokens.items() if not token.revocado}


def _of_sesion(sesion: Sesion, usuario: Usuario) -> Titular:
    return Titular(
        id=sesion.hash,
        nombre=usuario.nombre,
        rol=usuario.rol,
        vence=sesion.vence,
        visto=sesion.vista,
        csrf=sesion.csrf,
        debe_cambiar=usuario.debe_cambiar,
    )


def _of_token(token: TokenApi) -> Titular:
    visto = token.usado or token.creado - _USO
    return Titular(id=token.id, nombre=token.nombre, rol=token.rol, vence=token.vence, visto=visto)

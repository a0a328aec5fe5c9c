"""Logging in and out, and the patience with whoever guesses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.adapters.contrasenas import hash_contrasena, needs_rehash, verify_contrasena
from shared.adapters.mongo.auditoria import Fase
from shared.clock import Clock
from shared.cuentas import Sesion, Usuario, create_secret, hash_secret
from shared.log import get_logger

if TYPE_CHECKING:
    from services.monitor.acceso.credenciales import Credenciales
    from shared.adapters.mongo import Store

log = get_logger("posta.monitor")

POR_CUENTA = 5
"""Wrong passwords of one account before it has to wait."""
POR_DIRECCION = 20
"""Wrong passwords from one address, whatever the accounts."""
CONTRASENA_MAX = 128
"""Longer ones are not looked at: hashing takes time."""


@dataclass(frozen=True, slots=True)
class Dentro:
    """Logged in; the token is here and in the browser's cookie, nowhere else."""

    token: str = field(repr=False)
    vence: timedelta


@dataclass(frozen=True, slots=True)
class Fuera:
    """Name or password are wrong. Which, nobody is told."""


@dataclass(frozen=True, slots=True)
class Bloqueado:
    """Too many attempts; `espera` until the next one."""

    espera: timedelta


Resultado = Dentro | Fuera | Bloqueado


class Ingreso:
    """One monitor's login. Existing and unknown accounts are treated alike: in words, and in how long it takes."""

    def __init__(self, store: Store, credenciales: Credenciales, clock: Clock, *, maxima: timedelta) -> None:
        self._store = store
        self._credenciales = credenciales
        self._clock = clock
        self._maxima = maxima

    async def has_accounts(self) -> bool:
        return await self._store.usuarios.any()

    async def enter(self, nombre: str, contrasena: str, direccion: str) -> Resultado:
        """Try once. Unavailable when MongoDB is away."""
        nombre = normalize(nombre)
        hasta = [
            await self._store.sesiones.count_attempt(clave, limite, self._clock())
            for clave, limite in ((f"direccion:{direccion}", POR_DIRECCION), (_clave(nombre), POR_CUENTA))
        ]
        locked = [momento for momento in hasta if momento is not None]
        if locked:
            log.warning("acceso_bloqueado", direccion=direccion)
            return Bloqueado(max(max(locked) - self._clock(), timedelta(seconds=1)))
        usuario = await self._store.usuarios.get(nombre) if len(contrasena) <= CONTRASENA_MAX else None
        right = await verify_contrasena(contrasena[:CONTRASENA_MAX], usuario.hash if usuario else None)
        if usuario is None or not right or not usuario.activo:
            log.warning("acceso_fallido", direccion=direccion)
            return Fuera()
        return await self._begin(usuario, contrasena, direccion)

    async def leave(self, token: str) -> None:
        """End the session with this token; harmless if there is none."""
        await self._store.sesiones.remove(hash_secret(token))
        self._credenciales.forget()

    async def _begin(self, usuario: Usuario, contrasena: str, direccion: str) -> Dentro:
        await self._store.sesiones.forgive(_clave(usuario.nombre))
        await self._store.sesiones.take_back(f"direccion:{direccion}")
        if needs_rehash(usuario.hash):
            await self._store.usuarios.rehash(usuario, await hash_contrasena(contrasena))
        token, ahora = create_secret(), self._clock()
        sesion = Sesion(
            hash=hash_secret(token),
            usuario=usuario.nombre,
            version=usuario.version,
            csrf=create_secret(),
            creada=ahora,
            vista=ahora,
            vence=ahora + self._maxima,
        )
        await self._store.auditoria.append(
            quien=f"{usuario.nombre}@{direccion}",
            motivo="",
            accion="sesion.entrar",
            objeto=usuario.nombre,
            fase=Fase.HECHO,
        )
        await self._store.sesiones.add(sesion)
        return Dentro(token, self._maxima)


def normalize(nombre: str) -> str:
    """The name of an account however it is typed."""
    return nombre.strip().lower()[:64]


def _clave(nombre: str) -> str:
    return f"cuenta:{hash_secret(nombre)}"  # people type their password into the wrong field

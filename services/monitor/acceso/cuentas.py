"""Accounts and tokens: what an administrator does, at the command line or on the page. Every change is audited."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from services.monitor.acceso.ingreso import CONTRASENA_MAX, normalize
from shared.adapters.contrasenas import hash_contrasena, verify_contrasena
from shared.clock import Clock
from shared.cuentas import Rol, TokenApi, Usuario, create_secret, hash_secret
from shared.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.adapters.mongo import Store
    from shared.adapters.mongo.auditoria import Registro

CONTRASENA_MIN = 12
DIAS = 365
_DIAS_MAX = 3650
_NOMBRE = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


@dataclass(frozen=True, slots=True)
class TokenCreado:
    """A new token. Its secret is here and nowhere else."""

    token: TokenApi
    secreto: str = field(repr=False)


class Cuentas:
    """Invalid names field and remedy, before anything has changed; Unavailable: nothing was done."""

    def __init__(self, store: Store, registro: Registro, clock: Clock, changed: Callable[[], None]) -> None:
        """`changed` is called when somebody may have lost a right."""
        self._store = store
        self._usuarios = store.usuarios
        self._registro = registro
        self._clock = clock
        self._changed = changed

    async def create(self, nombre: str, contrasena: str, rol: Rol, *, provisoria: bool = False) -> Usuario:
        """A new account. `provisoria`: whoever logs in with this password has to change it first."""
        nombre = normalize(nombre)
        if not _NOMBRE.fullmatch(nombre):
            raise _invalid("nombre", "01", "2 a 40 letras sin acento, números, punto, guion o guion bajo")
        check_contrasena(nombre, contrasena)
        usuario = Usuario(
            nombre=nombre,
            hash=await hash_contrasena(contrasena),
            rol=rol,
            creado=self._clock(),
            debe_cambiar=provisoria,
        )
        async with self._registro.act("usuario.create", nombre, rol=rol):
            try:
                await self._usuarios.add(usuario)
            except Conflict as error:
                raise _invalid("nombre", "02", f"ya hay una cuenta «{nombre}»") from error
        return usuario

    async def has_any(self) -> bool:
        return await self._usuarios.any()

    async def list_usuarios(self) -> list[Usuario]:
        return await self._usuarios.all()

    async def set_contrasena(self, nombre: str, contrasena: str, *, provisoria: bool = False) -> None:
        """A new password; the account's sessions end, and so does a lock-out."""
        usuario = await self._find(nombre)
        check_contrasena(usuario.nombre, contrasena)
        hash_ = await hash_contrasena(contrasena)
        async with self._registro.act("usuario.passwd", usuario.nombre):
            await self._usuarios.set_hash(usuario.nombre, hash_, debe_cambiar=provisoria)
        await self._end_sessions(usuario.nombre)

    async def change_own(self, nombre: str, actual: str, nueva: str) -> None:
        """The same by whoever knows the present one."""
        usuario = await self._find(nombre)
        if not await verify_contrasena(actual[:CONTRASENA_MAX], usuario.hash):
            raise _invalid("actual", "03", "la contraseña actual no es ésa")
        if nueva == actual:
            raise _invalid("nueva", "11", "es la misma de antes: elija otra")
        await self.set_contrasena(nombre, nueva)

    async def set_rol(self, nombre: str, rol: Rol) -> None:
        """Another role; the account's sessions end."""
        usuario = await self._find(nombre)
        if rol is not Rol.ADMINISTRADOR:
            await self._require_another(usuario)
        async with self._registro.act("usuario.rol", usuario.nombre, antes=usuario.rol, rol=rol):
            await self._usuarios.set_rol(usuario.nombre, rol)
        await self._end_sessions(usuario.nombre)

    async def set_activo(self, nombre: str, *, activo: bool) -> None:
        """Whether it can log in; disabled, its sessions end."""
        usuario = await self._find(nombre)
        if not activo:
            await self._require_another(usuario)
        async with self._registro.act("usuario.enable" if activo else "usuario.disable", usuario.nombre):
            await self._usuarios.set_activo(usuario.nombre, activo=activo)
        await self._end_sessions(usuario.nombre)

    async def end_sessions(self, nombre: str) -> None:
        """Log an account out everywhere."""
        usuario = await self._find(nombre)
        async with self._registro.act("sesion.salir_todas", usuario.nombre):
            await self._usuarios.end_sessions(usuario.nombre)
        await self._end_sessions(usuario.nombre)

    async def create_token(self, nombre: str, rol: Rol, dias: int = DIAS) -> TokenCreado:
        """A way in for a machine, for so many days; its secret is given this once."""
        nombre = nombre.strip()
        if not (0 < len(nombre) <= 60 and nombre.isprintable()):
            raise _invalid("nombre", "04", "para qué es el token, en 1 a 60 caracteres")
        if not 0 < dias <= _DIAS_MAX:
            raise _invalid("dias", "05", f"de 1 a {_DIAS_MAX} días")
        secreto, ahora = f"posta_api_{create_secret()}", self._clock()
        token = TokenApi(
            id=secrets.token_hex(6),
            nombre=nombre,
            rol=rol,
            hash=hash_secret(secreto),
            creado=ahora,
            creado_por=self._registro.quien,
            vence=ahora + timedelta(days=dias),
        )
        async with self._registro.act(
            "token.create", token.id, nombre=nombre, rol=rol, vence=f"{token.vence:%Y-%m-%d}"
        ):
            await self._usuarios.add_token(token)
        return TokenCreado(token, secreto)

    async def list_tokens(self) -> list[TokenApi]:
        return await self._usuarios.list_tokens()

    async def revoke_token(self, id_: str) -> None:
        """Make it worthless."""
        async with self._registro.act("token.revoke", id_):
            if not await self._usuarios.revoke_token(id_):
                raise _invalid("id", "06", f"no hay un token «{id_}»: véalos con «posta token list»")
        self._changed()

    async def _find(self, nombre: str) -> Usuario:
        usuario = await self._usuarios.get(normalize(nombre))
        if usuario is None:
            raise _invalid("nombre", "07", f"no hay una cuenta «{nombre}»: véalas con «posta usuario list»")
        return usuario

    async def _require_another(self, usuario: Usuario) -> None:
        """Somebody must be left who can administer. Two at once may slip through: the command line always can."""
        if usuario.rol is Rol.ADMINISTRADOR and usuario.activo and await self._usuarios.count_administradores() < 2:
            raise _invalid("nombre", "08", f"«{usuario.nombre}» es el único administrador: nombre antes a otro")

    async def _end_sessions(self, nombre: str) -> None:
        """They are over by the account's version; what is stored of them is cleared away."""
        self._changed()
        await self._store.sesiones.remove_of(nombre)
        await self._store.sesiones.forgive(f"cuenta:{hash_secret(nombre)}")


def check_contrasena(nombre: str, contrasena: str) -> None:
    """Length over composition (NIST SP 800-63B §5.1.1.2). Invalid if it is too short, or what would be tried first."""
    if not CONTRASENA_MIN <= len(contrasena) <= CONTRASENA_MAX:
        raise _invalid("contrasena", "09", f"de {CONTRASENA_MIN} a {CONTRASENA_MAX} caracteres; sirve una frase")
    if nombre in contrasena.lower() or len(set(contrasena)) < 5:
        raise _invalid("contrasena", "10", "es demasiado fácil de adivinar: que no tenga el nombre, y varíe más")


def _invalid(ruta: str, numero: str, mensaje: str) -> Invalid:
    return Invalid.one(ruta, f"POSTA-CTA-{numero}", mensaje)

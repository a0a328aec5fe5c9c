"""The first account of a stack on this machine, so that whoever started it gets into its monitor."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from services.monitor.main import open_cuentas
from shared.cuentas import Rol
from shared.settings import Settings

_NOMBRE = "admin"
_ARCHIVO = "administrador.txt"


async def create_first_account(settings: Settings, carpeta: Path, address: str) -> list[str]:
    """An administrator, if there is no account yet; gives what to tell the user: where, who, and the password, once."""
    archivo = carpeta / _ARCHIVO
    async with open_cuentas(settings, "primer arranque") as cuentas:
        if await cuentas.has_any():
            return (
                [f"Entre al monitor en {address} con su cuenta"] if not archivo.exists() else [_hint(address, archivo)]
            )
        contrasena = secrets.token_urlsafe(15)
        _write(archivo, f"monitor: {address}\nusuario: {_NOMBRE}\ncontraseña: {contrasena}\n")
        await cuentas.create(_NOMBRE, contrasena, Rol.ADMINISTRADOR, provisoria=True)
    return [
        _hint(address, archivo),
        f"Contraseña, que no se mostrará otra vez y hay que cambiar al entrar: {contrasena}",
    ]


async def create_reader_token(settings: Settings) -> str:
    """A day's token that may look, for a program of ours."""
    async with open_cuentas(settings, "demo") as cuentas:
        return (await cuentas.create_token("demo", Rol.LECTURA, dias=1)).secreto


def _hint(address: str, archivo: Path) -> str:
    return f"Entre al monitor en {address} como «{_NOMBRE}»; la contraseña del primer arranque está en {archivo}"


def _write(archivo: Path, text: str) -> None:
    archivo.unlink(missing_ok=True)
    with os.fdopen(os.open(archivo, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)

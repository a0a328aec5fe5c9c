"""Commands of the monitor's accounts and tokens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from services.cli.console import Json, Motivo, show_rows, stack_settings
from shared.cuentas import Rol
from shared.settings import read_secret

if TYPE_CHECKING:
    from services.monitor.acceso.cuentas import Cuentas

T = TypeVar("T")

usuario_app = typer.Typer(help="Cuentas de las personas que usan el monitor.")
token_app = typer.Typer(help="Tokens con que los programas usan la API del monitor.")

Nombre = Annotated[str, typer.Argument(metavar="NOMBRE", show_default=False)]
Archivo = Annotated[
    Path | None,
    typer.Option(
        "--password-file", exists=True, dir_okay=False, help="Archivo con la contraseña; sin él, se pregunta."
    ),
]

Provisoria = Annotated[bool, typer.Option("--provisoria", help="Quien entre con ella tendrá que cambiarla primero.")]


def _with_cuentas(work: Callable[[Cuentas], Coroutine[Any, Any, T]], motivo: str = "") -> T:
    from services.monitor.main import open_cuentas

    async def run() -> T:
        async with open_cuentas(stack_settings(), motivo) as cuentas:
            return await work(cuentas)

    return asyncio.run(run())


def _read_contrasena(archivo: Path | None) -> str:
    """From the file, or typed twice without being seen; never an argument, which every program could read."""
    if archivo is not None:
        return read_secret(archivo, "--password-file")
    typed: str = typer.prompt("Contraseña", hide_input=True, confirmation_prompt="Otra vez")
    return typed


@usuario_app.command("create")
def usuario_create(
    nombre: Nombre,
    *,
    rol: Annotated[Rol, typer.Option(help="Qué puede hacer.")] = Rol.LECTURA,
    password_file: Archivo = None,
    provisoria: Provisoria = False,
    motivo: Motivo = "",
) -> None:
    """Crea una cuenta."""
    contrasena = _read_contrasena(password_file)
    usuario = _with_cuentas(lambda cuentas: cuentas.create(nombre, contrasena, rol, provisoria=provisoria), motivo)
    typer.echo(f"Cuenta {usuario.nombre} creada, con el rol {usuario.rol}")


@usuario_app.command("list")
def usuario_list(as_json: Json = False) -> None:
    """Las cuentas y su estado."""
    rows = [u.model_dump(exclude={"hash", "version"}) for u in _with_cuentas(lambda cuentas: cuentas.list_usuarios())]
    show_rows(rows, as_json=as_json)


@usuario_app.command("passwd")
def usuario_passwd(
    nombre: Nombre, *, password_file: Archivo = None, provisoria: Provisoria = False, motivo: Motivo = ""
) -> None:
    """Cambia la contraseña: sus sesiones terminan, y un bloqueo por intentos también."""
    contrasena = _read_contrasena(password_file)
    _with_cuentas(lambda cuentas: cuentas.set_contrasena(nombre, contrasena, provisoria=provisoria), motivo)
    typer.echo(f"Contraseña de {nombre} cambiada")


@usuario_app.command("role")
def usuario_role(nombre: Nombre, rol: Rol, motivo: Motivo = "") -> None:
    """Cambia el rol: sus sesiones terminan."""
    _with_cuentas(lambda cuentas: cuentas.set_rol(nombre, rol), motivo)
    typer.echo(f"{nombre} tiene el rol {rol}")


@usuario_app.command("disable")
def usuario_disable(nombre: Nombre, motivo: Motivo = "") -> None:
    """Cierra una cuenta: sus sesiones terminan y no puede entrar."""
    _with_cuentas(lambda cuentas: cuentas.set_activo(nombre, activo=False), motivo)
    typer.echo(f"Cuenta {nombre} desactivada")


@usuario_app.command("enable")
def usuario_enable(nombre: Nombre, motivo: Motivo = "") -> None:
    """Abre de nuevo una cuenta."""
    _with_cuentas(lambda cuentas: cuentas.set_activo(nombre, activo=True), motivo)
    typer.echo(f"Cuenta {nombre} activa")


@token_app.command("create")
def token_create(
    nombre: Annotated[str, typer.Argument(metavar="NOMBRE", help="Para qué es.", show_default=False)],
    *,
    rol: Annotated[Rol, typer.Option(help="Qué puede hacer.")] = Rol.LECTURA,
    dias: Annotated[int, typer.Option(help="Días que vale.", min=1)] = 365,
    motivo: Motivo = "",
    as_json: Json = False,
) -> None:
    """Crea un token y lo muestra, esta única vez."""
    creado = _with_cuentas(lambda cuentas: cuentas.create_token(nombre, rol, dias), motivo)
    if as_json:
        typer.echo(json.dumps({"id": creado.token.id, "token": creado.secreto}))
        return
    typer.echo(f"Token {creado.token.id}, hasta el {creado.token.vence:%d-%m-%Y}. No se mostrará otra vez:", err=True)
    typer.echo(creado.secreto)


@token_app.command("list")
def token_list(as_json: Json = False) -> None:
    """Los tokens, y cuándo se usó cada uno por última vez."""
    rows = [token.model_dump(exclude={"hash"}) for token in _with_cuentas(lambda cuentas: cuentas.list_tokens())]
    show_rows(rows, as_json=as_json)


@token_app.command("revoke")
def token_revoke(id_: Annotated[str, typer.Argument(metavar="ID")], motivo: Motivo = "") -> None:
    """Anula un token."""
    _with_cuentas(lambda cuentas: cuentas.revoke_token(id_), motivo)
    typer.echo(f"Token {id_} anulado")

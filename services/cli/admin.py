"""Commands of administration: companies, certificates and tills."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from services.cli.console import Archivo, Json, Motivo, PasswordFile, show_rows, stack_settings
from shared.messages import Proveedor
from shared.settings import read_secret

if TYPE_CHECKING:
    from shared.administracion.admin import Admin

T = TypeVar("T")

emisor_app = typer.Typer(help="Empresas que emiten.")
cert_app = typer.Typer(help="Certificados con que firman las empresas.")
terminal_app = typer.Typer(help="Cajas que emiten por una empresa.")


def with_admin(work: Callable[[Admin], Coroutine[Any, Any, T]], motivo: str = "") -> T:
    """What `work` gives, with the administration's use cases over this installation's database."""
    from shared.administracion.main import open_admin

    async def run() -> T:
        async with open_admin(stack_settings(), motivo) as admin:
            return await work(admin)

    return asyncio.run(run())


@emisor_app.command("create")
def emisor_create(archivo: Archivo, motivo: Motivo = "") -> None:
    """Registra una empresa, o cambia sus datos, desde un archivo JSON (vea README, «Primeros pasos»)."""
    from shared.administracion.alta import parse_alta

    alta = parse_alta(archivo.read_bytes())
    emisor = with_admin(
        lambda admin: admin.create_emisor(
            alta.datos, alta.resoluciones, proveedor=alta.proveedor, limite_por_minuto=alta.limite_por_minuto
        ),
        motivo,
    )
    typer.echo(f"Empresa {emisor.rut} registrada")


@emisor_app.command("list")
def emisor_list(as_json: Json = False) -> None:
    """Las empresas registradas."""
    emisores = with_admin(lambda admin: admin.list_emisores())
    rows = [
        {
            "rut": emisor.rut,
            "razon_social": emisor.datos["razon_social"],
            "canales": ", ".join(emisor.resoluciones),
            "proveedor": emisor.proveedor,
            "dtebox": emisor.dtebox_url,
            "limite_por_minuto": emisor.limite_por_minuto,
            "certificado": "sí" if emisor.certificado else "falta",
            "vence": emisor.certificado_vence and f"{emisor.certificado_vence:%Y-%m-%d}",
        }
        for emisor in emisores
    ]
    show_rows(rows, as_json=as_json)


@emisor_app.command("dtebox")
def emisor_dtebox(
    rut: str,
    url: Annotated[str, typer.Option(help="Dirección del DTEBox, como https://box.ejemplo.cl/api/Core.svc/core.")],
    auth_key_file: Annotated[Path, typer.Option(help="Archivo con la AuthKey del DTEBox.")],
    motivo: Motivo = "",
) -> None:
    """Fija el DTEBox de una empresa, también mientras todo corre. Lo usan las empresas con «proveedor» «dtebox»."""
    llave = read_secret(auth_key_file, "--auth-key-file")
    emisor = with_admin(lambda admin: admin.set_dtebox(rut, url, llave), motivo)
    usa = "lo usa" if emisor.proveedor is Proveedor.DTEBOX else "lo usará cuando su «proveedor» sea «dtebox»"
    typer.echo(f"DTEBox de {emisor.rut} guardado; la empresa {usa}")


@cert_app.command("set")
def cert_set(rut: str, archivo: Archivo, password_file: PasswordFile, motivo: Motivo = "") -> None:
    """Fija el certificado (PKCS#12) con que firma una empresa, también mientras todo corre."""
    password = read_secret(password_file, "--password-file")
    firmante = with_admin(lambda admin: admin.set_certificado(rut, archivo.read_bytes(), password), motivo)
    typer.echo(f"{rut} firma con el certificado de {firmante.rut}, válido hasta {firmante.vence:%d-%m-%Y}")


@cert_app.command("retire")
def cert_retire(rut: str, motivo: Motivo = "") -> None:
    """Retira el certificado de una empresa: en segundos no firma nada, y sus ventas esperan otro."""
    with_admin(lambda admin: admin.retire_certificado(rut), motivo)
    typer.echo(f"{rut} ya no tiene certificado: no firma hasta que tenga otro")


@terminal_app.command("create")
def terminal_create(
    emisor: str,
    tienda: str,
    caja: str,
    *,
    por_segundo: Annotated[
        float | None, typer.Option(help="Ventas por segundo, si no ha de valer el límite común.")
    ] = None,
    motivo: Motivo = "",
    as_json: Json = False,
) -> None:
    """Crea un terminal y muestra su llave, esta única vez."""
    creado = with_admin(lambda admin: admin.create_terminal(emisor, tienda, caja, por_segundo=por_segundo), motivo)
    if as_json:
        typer.echo(json.dumps({"id": creado.terminal.id, "llave": creado.llave}))
    else:
        typer.echo(f"Terminal {creado.terminal.id}. Su llave, que no se mostrará otra vez:", err=True)
        typer.echo(creado.llave)


@terminal_app.command("list")
def terminal_list(as_json: Json = False) -> None:
    """Los terminales y su estado."""
    rows = [t.model_dump(exclude={"hash"}) for t in with_admin(lambda admin: admin.list_terminales())]
    show_rows(rows, as_json=as_json)


@terminal_app.command("revoke")
def terminal_revoke(id_: Annotated[str, typer.Argument(metavar="ID")], motivo: Motivo = "") -> None:
    """Anula la llave de un terminal."""
    with_admin(lambda admin: admin.revoke_terminal(id_), motivo)
    typer.echo(f"Terminal {id_} revocado")

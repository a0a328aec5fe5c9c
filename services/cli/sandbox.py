"""Commands at the counter of the sandbox: certificates and CAFs for tests."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.console import PasswordFile, Salida, stack_settings
from shared.settings import read_secret

sandbox_app = typer.Typer(help="El SII de pruebas: certificados y CAF.")


@sandbox_app.command("cert")
def sandbox_cert(
    rut: Annotated[str, typer.Option(help="RUT de la persona titular.")],
    password_file: PasswordFile,
    salida: Salida,
) -> None:
    """Hace un certificado de prueba (PKCS#12)."""
    from services.sandbox.main import write_cert

    write_cert(stack_settings().carpeta, rut, read_secret(password_file, "--password-file"), salida)
    typer.echo(f"Certificado de {rut} en {salida}")


@sandbox_app.command("caf")
def sandbox_caf(
    rut: Annotated[str, typer.Option(help="RUT de la empresa.")],
    tipo: Annotated[int, typer.Option(help="Tipo de documento, por ejemplo 39.")],
    desde: Annotated[int, typer.Option(help="Primer folio.")],
    hasta: Annotated[int, typer.Option(help="Último folio.")],
    salida: Salida,
) -> None:
    """Autoriza un rango de folios de prueba (CAF)."""
    from services.sandbox.main import write_caf

    write_caf(stack_settings().carpeta, rut, tipo, desde=desde, hasta=hasta, salida=salida)
    typer.echo(f"CAF de {rut}, tipo {tipo}, folios {desde} a {hasta}, en {salida}")

"""Commands of the master key, which encrypts certificates and folios at rest."""

from __future__ import annotations

import typer

from services.cli.admin import with_admin
from services.cli.console import Motivo

llave_app = typer.Typer(help="La llave maestra, que cifra certificados y folios.")


@llave_app.command("rotate")
def llave_rotate(motivo: Motivo = "") -> None:
    """Cambia la llave maestra por una nueva, mientras todo corre. Interrumpido, se repite.

    Los procesos de esta máquina leen el archivo de nuevo por sí solos. Si hay procesos en otras, reparta primero
    un archivo con la llave nueva delante de la anterior, y use «posta llave reencrypt».
    """
    cuantos = with_admin(lambda admin: admin.llave.rotate(), motivo)
    typer.echo(f"{cuantos} secretos cifrados con la llave nueva; respalde su archivo")


@llave_app.command("reencrypt")
def llave_reencrypt(motivo: Motivo = "") -> None:
    """Cifra todo con la primera llave del archivo; después se pueden quitar de él las siguientes."""
    cuantos = with_admin(lambda admin: admin.llave.reencrypt(), motivo)
    typer.echo(f"{cuantos} secretos tenían otra llave; ahora todos tienen la primera del archivo")

"""Commands for folios: CAFs in, and how they stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.admin import with_admin
from services.cli.console import Json, Motivo, show_rows

if TYPE_CHECKING:
    from services.emitter.admin import Admin

caf_app = typer.Typer(help="Rangos de folios autorizados.")


@caf_app.command("import")
def caf_import(
    archivos: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)], motivo: Motivo = ""
) -> None:
    """Importa archivos CAF, con todas sus comprobaciones."""

    async def import_all(admin: Admin) -> None:
        for archivo in archivos:
            caf = await admin.cafs.import_caf(archivo.read_bytes())
            typer.echo(f"{archivo}: {caf.emisor}, tipo {caf.tipo:d}, folios {caf.desde} a {caf.hasta}")

    with_admin(import_all, motivo)


@caf_app.command("list")
def caf_list(as_json: Json = False) -> None:
    """Los rangos de folios y lo que queda de cada uno."""
    rows = [
        {
            "emisor": caf.emisor,
            "tipo": int(caf.tipo),
            "desde": caf.desde,
            "hasta": caf.hasta,
            "disponibles": caf.disponibles,
            "reservados": caf.reservados,
            "fecha": caf.fecha,
        }
        for caf in with_admin(lambda admin: admin.cafs.list_cafs())
    ]
    show_rows(rows, as_json=as_json)

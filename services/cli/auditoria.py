"""Commands of the audit: what was changed by whom, and whether the record of it is whole."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from services.cli.admin import with_admin
from services.cli.console import Json, show_rows

auditoria_app = typer.Typer(help="Quién cambió qué, cuándo y por qué.")


@auditoria_app.command("list")
def auditoria_list(
    desde: Annotated[int, typer.Option(help="Número del primer asiento.")] = 1,
    limite: Annotated[int, typer.Option(help="Cuántos se muestran, los últimos.", min=1)] = 100,
    as_json: Json = False,
) -> None:
    """Los últimos asientos. Un intento sin resultado quedó cortado: no se sabe si el cambio se hizo."""
    asientos = with_admin(lambda admin: admin.registro.auditoria.list(desde=desde, limite=limite))
    if as_json:
        typer.echo(json.dumps([asiento.model_dump(mode="json") for asiento in asientos], ensure_ascii=False))
        return
    rows = [
        {
            "n": asiento.n,
            "momento": f"{asiento.momento:%Y-%m-%d %H:%M:%S}Z",
            "quien": asiento.quien,
            "accion": asiento.accion,
            "objeto": asiento.objeto,
            "fase": f"{asiento.fase} de {asiento.intento}" if asiento.intento else asiento.fase,
            "motivo": asiento.motivo,
        }
        for asiento in asientos
    ]
    show_rows(rows, as_json=False)


@auditoria_app.command("verify")
def auditoria_verify(
    contiene: Annotated[
        str | None, typer.Option(metavar="HASH", help="Un hash guardado aparte, que la cadena debe contener.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Comprueba la cadena entera: termina con 1 y dice qué asiento la rompe."""
    verificacion = with_admin(lambda admin: admin.registro.auditoria.verify(contiene=contiene))
    if as_json:
        campos = ("asientos", "cabeza", "n", "falla")
        typer.echo(json.dumps({campo: getattr(verificacion, campo) for campo in campos}, ensure_ascii=False))
    elif not verificacion.falla:
        typer.echo(f"{verificacion.asientos} asientos, cadena íntegra; guarde aparte el hash del último:")
        typer.echo(verificacion.cabeza)
    if verificacion.falla:
        typer.secho(f"posta: auditoría rota: {verificacion.falla}", fg="red", err=True)
        raise typer.Exit(1)

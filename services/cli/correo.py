"""Commands of the exchange copy: how a company sends it, and the copies that wait for a person."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from services.cli.admin import emisor_app, with_admin
from services.cli.console import Json, Motivo, show_rows, stack_settings
from shared.correo import Seguridad
from shared.messages import EstadoIntercambio
from shared.settings import read_secret

if TYPE_CHECKING:
    from services.sender.intercambio.admin import AdminCopias
    from shared.messages import CorreoEmisor, Intercambio

T = TypeVar("T")

intercambio_app = typer.Typer(help="Copias de los documentos para los clientes (intercambio).")

Causa = Annotated[str | None, typer.Option(help="Sólo las que esperan por esta causa.")]
Emisor = Annotated[str | None, typer.Option(help="Sólo las de esta empresa.", metavar="RUT")]


@emisor_app.command("correo")
def emisor_correo(
    rut: str,
    *,
    servidor: Annotated[str | None, typer.Option(help="Servidor de correo, como smtp.empresa.cl.")] = None,
    puerto: Annotated[int | None, typer.Option(help="Por omisión, el usual: 587, o 465 con ssl.")] = None,
    seguridad: Annotated[Seguridad | None, typer.Option(help="«ninguna» sólo en esta máquina.")] = None,
    usuario: Annotated[str | None, typer.Option(help="Con quién se entra al servidor.")] = None,
    clave_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Archivo que contiene su clave.")
    ] = None,
    remitente: Annotated[str | None, typer.Option(help="Dirección desde la que se escribe.")] = None,
    activo: Annotated[bool | None, typer.Option("--encender/--apagar", help="Si los clientes reciben copia.")] = None,
    pdf: Annotated[bool | None, typer.Option("--pdf/--sin-pdf", help="Si va también el PDF.")] = None,
    motivo: Motivo = "",
    as_json: Json = False,
) -> None:
    """Fija cómo una empresa envía por correo la copia a sus clientes; sin opciones, lo muestra."""
    from shared.administracion.correo import CambioCorreo

    clave = None if clave_file is None else read_secret(clave_file, "--clave-file")
    cambio = CambioCorreo(activo, servidor, puerto, seguridad, usuario, clave, remitente, pdf)
    if cambio == CambioCorreo():
        correo = with_admin(lambda admin: admin.correo.get(rut))
    else:
        correo = with_admin(lambda admin: admin.correo.change(rut, cambio), motivo)
    show_rows([] if correo is None else [_row_of(correo)], as_json=as_json)


@intercambio_app.command("list")
def intercambio_list(
    *,
    estado: Annotated[EstadoIntercambio | None, typer.Option(help="Sólo las que están así.")] = None,
    causa: Causa = None,
    emisor: Emisor = None,
    detalle: Annotated[bool, typer.Option("--detalle", help="Una por una, sin la dirección.")] = False,
    as_json: Json = False,
) -> None:
    """Las copias por estado y causa; con --detalle, una por una."""
    from shared.adapters.mongo.intercambios import FiltroCopias
    from shared.correo import CausaCorreo

    filtro = FiltroCopias(estado=estado, causa=causa, emisor=emisor)
    if detalle:
        show_rows([_resumen_of(c) for c in _with_copias(lambda copias: copias.find(filtro))], as_json=as_json)
        return
    groups = _with_copias(lambda copias: copias.group(filtro))
    remedios = {c.value: c.remedio for c in CausaCorreo}
    rows = [{"estado": e, "causa": c, "cuantas": n, "remedio": remedios.get(c, "")} for e, c, n in groups]
    show_rows(rows, as_json=as_json)


@intercambio_app.command("show")
def intercambio_show(documento: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """La copia de un documento, en JSON: adónde va, cómo está y qué hacer."""
    copia = _with_copias(lambda copias: copias.show(documento))
    typer.echo(json.dumps(copia.model_dump(mode="json", exclude_none=True), ensure_ascii=False, indent=2))


@intercambio_app.command("replay")
def intercambio_replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    *,
    causa: Causa = None,
    emisor: Emisor = None,
    todo: Annotated[bool, typer.Option("--todo", help="Todas las apartadas.")] = False,
    correo: Annotated[str | None, typer.Option(help="A otra dirección, también si el documento no trae.")] = None,
    motivo: Motivo = "",
) -> None:
    """Reenvía las copias apartadas que se nombran o calzan: el mismo sobre, con intentos nuevos."""
    from shared.adapters.mongo.intercambios import FiltroCopias

    filtro = FiltroCopias(ids=ids or None, causa=causa, emisor=emisor)
    if (filtro == FiltroCopias()) != todo:
        raise typer.BadParameter("nombre los documentos, dé un filtro, o use --todo")
    cuantas = _with_copias(lambda copias: copias.replay(filtro, correo), motivo)
    typer.echo(f"{cuantas} copias vuelven a enviarse")


def _with_copias(work: Callable[[AdminCopias], Coroutine[Any, Any, T]], motivo: str = "") -> T:
    from services.sender.intercambio.main import open_copias

    async def run() -> T:
        async with open_copias(stack_settings(), motivo) as copias:
            return await work(copias)

    return asyncio.run(run())


def _row_of(correo: CorreoEmisor) -> dict[str, Any]:
    """Everything but the password."""
    return {
        "rut": correo.rut,
        "copias": "sí" if correo.activo else "no",
        "servidor": f"{correo.host}:{correo.puerto}",
        "seguridad": correo.seguridad,
        "usuario": correo.usuario or "",
        "remitente": correo.remitente,
        "pdf": "sí" if correo.pdf else "no",
    }


def _resumen_of(copia: Intercambio) -> dict[str, Any]:
    return {
        "id": copia.id,
        "estado": copia.estado,
        "intentos": copia.intentos,
        "causa": copia.error.causa if copia.error else "",
        "respuesta": f"{copia.error.codigo} {copia.error.glosa}".strip() if copia.error else "",
    }

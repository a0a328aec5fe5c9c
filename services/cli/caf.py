"""Commands for folios: CAFs in, for whom they are, how they stand, what became of every folio."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.admin import with_admin
from services.cli.console import Json, Motivo, show_rows
from shared.errors import Misconfigured, PostaError, Unavailable, explain

if TYPE_CHECKING:
    from shared.adapters.mongo.folio_records import CafGuardado, Tramo
    from shared.administracion.admin import Admin
    from shared.administracion.huecos import Revision
    from shared.dte.existencias import Destino, Existencia

caf_app = typer.Typer(help="Rangos de folios autorizados.")

Rango = Annotated[str, typer.Argument(metavar="RANGO", help="RUT-TIPO-DESDE, como en «posta caf list».")]
Tienda = Annotated[str | None, typer.Option(help="La tienda cuyas ventas usan estos folios.")]
Terminal = Annotated[str | None, typer.Option(metavar="ID", help="El único terminal que usa estos folios.")]


@caf_app.command("import")
def caf_import(
    archivos: Annotated[list[Path], typer.Argument(metavar="ARCHIVO...")],
    *,
    tienda: Tienda = None,
    terminal: Terminal = None,
    motivo: Motivo = "",
    as_json: Json = False,
) -> None:
    """Importa archivos CAF, cada uno con todas sus comprobaciones; uno malo no detiene a los demás (estado 1)."""

    async def import_all(admin: Admin) -> list[dict[str, Any]]:
        return [await _import_one(admin, archivo, tienda, terminal) for archivo in archivos]

    results = with_admin(import_all, motivo)
    if as_json:
        show_rows(results, as_json=True)
    else:
        for result in results:
            typer.secho(
                f"{result['archivo']}: {result['mensaje']}",
                fg=None if result["importado"] else "red",
                err=not result["importado"],
            )
    if not all(result["importado"] for result in results):
        raise typer.Exit(1)


@caf_app.command("list")
def caf_list(as_json: Json = False) -> None:
    """Los rangos, lo que queda de cada uno, y para cuántos días alcanza lo que hay para ese tipo, tienda o terminal."""

    async def read(admin: Admin) -> tuple[list[CafGuardado], list[Existencia], list[CafGuardado]]:
        return await admin.cafs.list_cafs(), await admin.cafs.list_existencias(), await admin.cafs.list_stranded()

    cafs, existencias, stranded = with_admin(read)
    by_destino = {existencia.destino: existencia for existencia in existencias}
    describe = _describe if as_json else _describe_briefly
    show_rows([describe(caf, by_destino.get(caf.destino)) for caf in cafs], as_json=as_json)
    for caf in stranded:
        advice = f"{caf.id}: su terminal fue revocado; reparta sus folios con «posta caf assign {caf.id} --libre»"
        typer.secho(advice, fg="yellow", err=True)


@caf_app.command("assign")
def caf_assign(
    rango: Rango,
    *,
    tienda: Tienda = None,
    terminal: Terminal = None,
    libre: Annotated[bool, typer.Option("--libre", help="Para toda la empresa.")] = False,
    motivo: Motivo = "",
) -> None:
    """Reserva lo que queda de un rango para una tienda o un terminal, o lo devuelve a toda la empresa."""
    if libre is bool(tienda or terminal):
        raise typer.BadParameter("indique --tienda, --terminal o --libre")
    caf = with_admin(lambda admin: admin.cafs.assign(rango, tienda=tienda, terminal=terminal), motivo)
    typer.echo(f"Los {caf.disponibles} folios que quedan de {caf.id} son para {_for_whom(caf.destino)}")


@caf_app.command("void")
def caf_void(
    rango: Annotated[str, typer.Argument(metavar="RANGO", help="RUT-TIPO, o el rango como en «posta caf list».")],
    folios: Annotated[str, typer.Argument(metavar="FOLIO[-FOLIO]")],
    motivo: Annotated[str, typer.Option("--motivo", help="Por qué; queda en el rango y en la auditoría.")],
) -> None:
    """Anula folios que nadie ha usado: Posta no los emitirá nunca. También hay que anularlos en el sitio del SII."""
    primero, _, ultimo = folios.partition("-")
    if not (primero.isdecimal() and (ultimo or primero).isdecimal()):
        raise typer.BadParameter(f"«{folios}» no es un folio ni un tramo: escriba 15, o 15-20")
    desde, hasta = int(primero), int(ultimo or primero)
    caf = with_admin(lambda admin: admin.cafs.void(rango, desde, hasta, motivo), motivo)
    typer.echo(f"Folios {folios} de {caf.id} anulados: Posta no los emitirá")
    typer.echo("Anúlelos también en el sitio del SII (Anulación de folios): para el SII siguen autorizados", err=True)


@caf_app.command("gaps")
def caf_gaps(as_json: Json = False) -> None:
    """Qué fue de los folios entregados de cada rango. Estado 1 si alguno no tiene explicación, lo que no debe ser."""
    revisiones = with_admin(lambda admin: admin.cafs.review())
    show_rows([_describe_review(revision, as_json=as_json) for revision in revisiones], as_json=as_json)
    for line in (line for revision in revisiones for line in _advise(revision)):
        typer.secho(line, fg="yellow", err=True)
    if not all(revision.cuadra for revision in revisiones):
        raise typer.Exit(1)


async def _import_one(admin: Admin, archivo: Path, tienda: str | None, terminal: str | None) -> dict[str, Any]:
    try:
        contenido = await asyncio.to_thread(archivo.read_bytes)
        caf = await admin.cafs.import_caf(contenido, tienda=tienda, terminal=terminal)
    except (Unavailable, Misconfigured):
        raise
    except OSError as error:
        return _failed(archivo, f"no se puede leer: {explain(error)}")
    except PostaError as error:
        return _failed(archivo, str(error))
    said = f"{caf.emisor}, tipo {caf.tipo:d}, folios {caf.desde} a {caf.hasta}, para {_for_whom(caf.destino)}"
    return {"archivo": str(archivo), "importado": True, "id": caf.id, "mensaje": said}


def _failed(archivo: Path, mensaje: str) -> dict[str, Any]:
    return {"archivo": str(archivo), "importado": False, "id": None, "mensaje": mensaje}


def _for_whom(destino: Destino) -> str:
    if destino.terminal is not None:
        return f"el terminal {destino.terminal} de {destino.tienda}"
    return "toda la empresa" if destino.tienda is None else f"la tienda {destino.tienda}"


def _describe(caf: CafGuardado, existencia: Existencia | None) -> dict[str, Any]:
    return {
        "id": caf.id,
        "emisor": caf.emisor,
        "tipo": int(caf.tipo),
        "desde": caf.desde,
        "hasta": caf.hasta,
        "tienda": caf.destino.tienda,
        "terminal": caf.destino.terminal,
        "fecha": caf.fecha,
        "vence": caf.vence,
        "siguiente": caf.siguiente,
        "disponibles": caf.disponibles,
        "reservados": caf.reservados,
        "usados": caf.usados,
        "anulados": sum(tramo.cuantos for tramo in caf.anulados),
        "por_dia": existencia and round(existencia.por_dia, 1),
        "dias": existencia and existencia.dias and round(existencia.dias, 1),
        "nivel": existencia and existencia.nivel,
    }


def _describe_briefly(caf: CafGuardado, existencia: Existencia | None) -> dict[str, Any]:
    """What fits into a terminal."""
    row = _describe(caf, existencia)
    return {
        "rango": caf.id,
        "hasta": caf.hasta,
        "para": _for_whom(caf.destino),
        "vence": caf.vence or "no",
        "quedan": caf.disponibles,
        **{
            name: "" if row[name] is None else row[name]
            for name in ("reservados", "usados", "por_dia", "dias", "nivel")
        },
    }


def _describe_review(revision: Revision, *, as_json: bool) -> dict[str, Any]:
    caf = revision.caf
    row: dict[str, Any] = {
        "rango": caf.id,
        "usados": caf.usados - sum(tramo.cuantos for tramo in revision.perdidos),
        "reservados": caf.reservados,
    }
    found = {"devueltos": revision.devueltos, "anulados": caf.anulados, "sin_explicacion": revision.perdidos}
    if not as_json:  # for a person, what asks for something is said below the table
        return row | {name: _as_text(tramos) for name, tramos in found.items()}
    found |= {
        "rechazados": revision.rechazados,
        "vencidos": revision.vencidos,
        "contradictorios": revision.contradictorios,
    }
    motivos = [anulacion.motivo for anulacion in caf.anulados]
    return row | {"siguiente": caf.siguiente, "motivos": motivos} | {n: _as_pairs(t) for n, t in found.items()}


def _as_pairs(tramos: Iterable[Tramo]) -> list[tuple[int, int]]:
    return [(tramo.desde, tramo.hasta) for tramo in tramos]


def _as_text(tramos: Iterable[Tramo]) -> str:
    return ", ".join(f"{t.desde}-{t.hasta}" if t.cuantos > 1 else f"{t.desde}" for t in tramos)


def _advise(revision: Revision) -> Iterable[str]:
    """What a person does about each kind of folio that asks for it."""
    return [f"{revision.caf.id}: {_as_text(tramos)}: {advice}" for tramos, advice in revision.consejos]

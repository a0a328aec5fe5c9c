"""Commands about what waits for a person: see it, and send it again as an operation that others carry on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from services.cli.console import Json, Motivo, in_chile, show_hora, show_rows, stack_settings
from shared.dte.tipos import Canal, TipoDte

if TYPE_CHECKING:
    from services.monitor.replay import Expediente, Replay
    from shared.adapters.mongo.parados import FiltroParados

T = TypeVar("T")

dlq_app = typer.Typer(help="Documentos que esperan a una persona.")

Causa = Annotated[str | None, typer.Option(help="Sólo los que esperan por esta causa.")]
Emisor = Annotated[str | None, typer.Option(help="Sólo los de esta empresa.", metavar="RUT")]
Tipo = Annotated[int | None, typer.Option(help="Sólo los de este tipo, por ejemplo 33.")]
CanalOpcion = Annotated[Canal | None, typer.Option("--canal", help="Sólo los de este canal.")]
Desde = Annotated[datetime | None, typer.Option(help="Sólo los que esperan desde esta hora de Chile o después.")]
Hasta = Annotated[datetime | None, typer.Option(help="Sólo los que esperan desde antes de esta hora de Chile.")]


@asynccontextmanager
async def _replay() -> AsyncIterator[Replay]:
    from services.monitor.main import open_replay

    async with open_replay(stack_settings()) as replay:
        yield replay


def _with_replay(work: Callable[[Replay], Coroutine[Any, Any, T]]) -> T:
    async def run() -> T:
        async with _replay() as replay:
            return await work(replay)

    return asyncio.run(run())


@dlq_app.command("list")
def dlq_list(
    *,
    causa: Causa = None,
    emisor: Emisor = None,
    tipo: Tipo = None,
    canal: CanalOpcion = None,
    desde: Desde = None,
    hasta: Hasta = None,
    as_json: Json = False,
) -> None:
    """Los documentos que esperan a una persona, por causa, con lo que hay que hacer."""
    filtro = _to_filtro(None, tipo, causa=causa, emisor=emisor, canal=canal, desde=desde, hasta=hasta)
    causas = _with_replay(lambda replay: replay.list_causas(filtro))
    rows = [causa.model_dump(mode="json" if as_json else "python") for causa in causas]
    if not as_json:
        rows = [{**row, **{name: show_hora(row[name]) for name in ("primero", "ultimo", "reenviado")}} for row in rows]
    show_rows(rows, as_json=as_json)


@dlq_app.command("show")
def dlq_show(documento: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """Un documento: su causa, lo que respondió el SII, su historia y qué hacer."""
    expediente = _with_replay(lambda replay: replay.show(documento))
    typer.echo(expediente.model_dump_json() if as_json else _describe(expediente))


@dlq_app.command("replay")
def dlq_replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    *,
    causa: Causa = None,
    emisor: Emisor = None,
    tipo: Tipo = None,
    canal: CanalOpcion = None,
    desde: Desde = None,
    hasta: Hasta = None,
    todo: Annotated[bool, typer.Option("--todo", "--todos", help="Todo lo que espera a una persona.")] = False,
    ritmo: Annotated[float, typer.Option(help="Documentos por segundo.")] = 10.0,
    sin_canario: Annotated[
        bool, typer.Option("--sin-canario", help="Sin etapas, y sin detenerse aunque la causa vuelva.")
    ] = False,
    motivo: Motivo = "",
    as_json: Json = False,
) -> None:
    """Reenvía lo que se nombra o calza: primero uno, después diez, después el resto.

    Se detiene si la causa vuelve. Ctrl-C deja de mirar, no detiene: lo lleva el monitor, y «posta dlq stop» lo detiene.
    """
    from services.cli.dlq_seguir import follow
    from services.monitor.replay import Pedido
    from shared.lifecycle import operator_name

    filtro = _to_filtro(ids or None, tipo, causa=causa, emisor=emisor, canal=canal, desde=desde, hasta=hasta)
    if filtro.asks_nothing == (not todo):
        raise typer.BadParameter("nombre los documentos, dé un filtro, o use --todo")
    pedido = Pedido(filtro, todo=todo, ritmo=ritmo, canario=not sin_canario)

    async def run(replay: Replay) -> bool:
        operacion = await replay.start(pedido, quien=operator_name(), motivo=motivo)
        return await follow(replay, operacion, as_json=as_json)

    if not _with_replay(run):
        raise typer.Exit(1)


@dlq_app.command("operaciones")
def dlq_operaciones(
    operacion: Annotated[str | None, typer.Argument(metavar="[ID]", help="Qué fue de cada documento de ésta.")] = None,
    as_json: Json = False,
) -> None:
    """Los reenvíos, el último primero; o qué fue de cada documento de uno."""
    if operacion is not None:
        from services.cli.dlq_seguir import show_informe

        show_informe(_with_replay(lambda replay: replay.report(operacion)), as_json=as_json)
        return
    found = _with_replay(lambda replay: replay.list_operaciones())
    if as_json:
        typer.echo(json.dumps([o.model_dump(mode="json") for o in found], ensure_ascii=False))
        return
    rows = [
        {
            "id": o.id,
            "estado": o.estado,
            "creado": show_hora(o.creado),
            "documentos": o.total,
            "causas": ", ".join(o.causas),
            "devueltas": ", ".join(o.devueltas),
            "quien": o.quien,
            "motivo": o.motivo,
        }
        for o in found
    ]
    show_rows(rows, as_json=False)


@dlq_app.command("stop")
def dlq_stop(operacion: Annotated[str, typer.Argument(metavar="ID")], motivo: Motivo = "") -> None:
    """Detiene un reenvío: lo ya enviado sigue su curso, el resto sigue esperando a una persona."""
    from shared.lifecycle import operator_name

    _with_replay(lambda replay: replay.stop(operacion, quien=operator_name(), motivo=motivo))
    typer.echo(f"Operación {operacion} detenida; «posta dlq operaciones {operacion}» dice qué fue de cada documento")


def _to_filtro(ids: list[str] | None, tipo: int | None, **rest: Any) -> FiltroParados:
    """The options as a filter; `desde` and `hasta` are hours of Chile."""
    from shared.adapters.mongo.parados import FiltroParados

    if tipo is not None and tipo not in list(TipoDte):
        raise typer.BadParameter(f"--tipo {tipo}: es uno de {', '.join(str(int(t)) for t in TipoDte)}")
    given = {**rest, "desde": in_chile(rest["desde"]), "hasta": in_chile(rest["hasta"])}
    return FiltroParados(ids=ids, tipo=None if tipo is None else TipoDte(tipo), **given)


def _describe(expediente: Expediente) -> str:
    """A document's file as text: what it is, why it waits, its life, and the SII's own words."""
    documento = expediente.ficha.documento
    error = documento.error
    lines = [
        f"{documento.id}  {documento.tipo_nombre}, {documento.estado}, {documento.intentos} intentos",
        f"causa     {error.causa if error else '(ninguna)'}",
        *([f"el SII    {error.codigo} {error.glosa}".rstrip()] if error and (error.codigo or error.glosa) else []),
        f"qué hacer {expediente.que_hacer}",
        "",
        "historia",
    ]
    for paso in expediente.ficha.pasos:
        error = paso.error
        why = f"  {error.causa} {error.codigo} {error.glosa}".rstrip() if error else ""
        again = f"  reenviado por la operación {paso.operacion}" if paso.operacion else ""
        lines.append(f"  {show_hora(paso.momento)}  {paso.estado}{why}{again}")
    for respuesta in expediente.respuestas:
        status = "sin HTTP" if respuesta.http is None else f"HTTP {respuesta.http}"
        lines += [
            "",
            f"respuesta del SII, {show_hora(respuesta.momento)}, {respuesta.operacion}, {status}",
            respuesta.cuerpo,
        ]
    return "\n".join(lines)
